//! The log as C2SP tiles, verified by code that is not ours: from the files alone, a record's inclusion
//! and the consistency of two checkpoints.

#![allow(clippy::disallowed_methods, reason = "the tests read the files as an auditor does")]

use crate::support::{Bench, call, run, who};
use audit::{OperatorEvent, Person, TilePath, VerifyError, export_tiles};
use signed_note::{Note, StandardVerifier, VerifierList};
use std::fs;
use std::path::{Path, PathBuf};
use tlog_tiles::checkpoint::Checkpoint;
use tlog_tiles::tile::{Tile, TileHashReader, TileReader};
use tlog_tiles::tlog::{self, Hash};

/// The published folder, as a stock reader sees it.
struct Published(PathBuf);

impl TileReader for Published {
    fn height(&self) -> u8 {
        8
    }

    fn read_tiles(&self, tiles: &[Tile]) -> Result<Vec<Vec<u8>>, tlog_tiles::Error> {
        Ok(tiles.iter().map(|tile| fs::read(self.0.join(c2sp_path(tile))).unwrap()).collect())
    }

    fn save_tiles(&self, _: &[Tile], _: &[Vec<u8>]) {}
}

/// The stock library writes a tile's height into its path, as Go's checksum database does; C2SP leaves it out.
fn c2sp_path(tile: &Tile) -> String {
    tile.path().replacen("tile/8/", "tile/", 1)
}

impl Published {
    /// The checkpoint, after its signature was verified with the published key.
    fn checkpoint(&self) -> (u64, Hash) {
        let key = fs::read_to_string(self.0.join("checkpoint.pub")).unwrap();
        let verifier = StandardVerifier::new(key.trim()).unwrap();
        let note = Note::from_bytes(&fs::read(self.0.join("checkpoint")).unwrap()).unwrap();
        let (verified, _) = note.verify(&VerifierList::new(vec![Box::new(verifier)])).unwrap();
        assert_eq!(verified.len(), 1);
        let checkpoint = Checkpoint::from_bytes(note.text()).unwrap();
        (checkpoint.size(), *checkpoint.hash())
    }

    /// The record, out of its bundle.
    fn entry(&self, index: u64, size: u64) -> Vec<u8> {
        let width = (size - index / 256 * 256).min(256) as u16;
        let path = TilePath::Entries { index: index / 256, width };
        let bundle = fs::read(self.0.join(path.to_string())).unwrap();
        let mut rest = bundle.as_slice();
        for _ in 0..index % 256 {
            rest = &rest[2 + usize::from(u16::from_be_bytes([rest[0], rest[1]]))..];
        }
        rest[2..2 + usize::from(u16::from_be_bytes([rest[0], rest[1]]))].to_vec()
    }
}

fn publish(bench: &Bench, name: &str) -> Published {
    let out = bench.home.path().join(name);
    let exported = export_tiles(bench.directory(), &out).unwrap();
    let published = Published(out);
    assert_eq!(published.checkpoint().0, exported.records);
    published
}

/// What an auditor does with two published folders of one log. Returns how many proofs held.
fn audit(old: &Published, new: &Published) -> u64 {
    let ((old_size, old_root), (size, root)) = (old.checkpoint(), new.checkpoint());
    let hashes = TileHashReader::new(size, root, new);
    let proof = tlog::prove_tree(size, old_size, &hashes).unwrap();
    tlog::check_tree(&proof, size, root, old_size, old_root).unwrap();
    let mut held = 1;
    for index in (0..size).step_by(37).chain([size - 1]) {
        let proof = tlog::prove_record(size, index, &hashes).unwrap();
        let leaf = tlog::record_hash(&new.entry(index, size));
        tlog::check_record(&proof, size, root, index, leaf).unwrap();
        let other = tlog::record_hash(b"another record");
        assert!(tlog::check_record(&proof, size, root, index, other).is_err());
        held += 1;
    }
    held
}

#[test]
fn a_stock_verifier_proves_inclusion_and_consistency_from_the_tiles_also_after_an_erasure() {
    let mut bench = Bench::new();
    bench.config.pace.segment_bytes = 128 * 1024;
    let (log, _) = bench.open().unwrap();
    (0..200).for_each(|number| drop(call(&log, "wilhelmina", number)));
    log.close();
    drop(log);
    let old = publish(&bench, "old");
    let (log, _) = bench.open().unwrap();
    (200..400).for_each(|number| drop(call(&log, "ana", number)));
    let person = Person::of(&who("wilhelmina").principal);
    let event = OperatorEvent::SubjectErased { by: None, person: person.clone(), reason: None };
    run(log.record(event)).unwrap();
    assert!(log.erase(&person.tenant, &person.person).unwrap());
    log.close();
    let new = publish(&bench, "new");
    let size = new.checkpoint().0;
    assert!(size > 800 && new.0.join("tile/1/000.p/3").exists(), "{size}");
    println!("{} passed", audit(&old, &new));

    // What the running log gives out is what the folder holds.
    let tile: TilePath = "tile/0/001".parse().unwrap();
    assert_eq!(log.tile(&tile).unwrap(), fs::read(new.0.join("tile/0/001")).unwrap());
    let beyond = TilePath::Hashes { level: 0, index: size / 256, width: 256 };
    assert!(log.tile(&beyond).is_err());
    assert!(log.tile(&TilePath::Entries { index: u64::MAX, width: 1 }).is_err());
}

#[test]
fn a_log_whose_hashes_do_not_give_the_signed_root_is_not_published() {
    let bench = Bench::new();
    let (log, _) = bench.open().unwrap();
    (0..5).for_each(|number| drop(call(&log, "ana", number)));
    log.close();
    let tree = bench.directory().join("tree");
    let mut bytes = fs::read(&tree).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    fs::write(&tree, bytes).unwrap();
    let error = export_tiles(bench.directory(), &bench.home.path().join("out")).unwrap_err();
    assert!(matches!(error, VerifyError::BadRange { .. }), "{error}");
    assert!(!Path::new(&bench.home.path().join("out")).exists());
}

#[test]
fn tiles_are_not_mixed_with_what_is_there() {
    let bench = Bench::new();
    let (log, _) = bench.open().unwrap();
    call(&log, "ana", 1);
    log.close();
    let out = bench.home.path().join("out");
    fs::create_dir(&out).unwrap();
    fs::write(out.join("other"), b"x").unwrap();
    assert!(matches!(export_tiles(bench.directory(), &out).unwrap_err(), VerifyError::Io { .. }));
}
