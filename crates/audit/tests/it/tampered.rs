//! Every way of tampering is found, and the first bad record named.

#![allow(clippy::disallowed_methods, reason = "the tests damage the files from outside")]

use crate::support::{Bench, call, copy};
use audit::{
    Audit, AuditError, OutcomeReceipt, VerifierKey, VerifyError, VerifyRequest, VerifySource, export,
    leaf_hash, verify,
};
use domain::Digest;
use std::cell::Cell;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

const FRAME_BYTES: usize = 20;

/// A closed log of several segments, checkpoints every ten records, and copies of it to spoil.
struct Victim {
    bench: Bench,
    key: VerifierKey,
    receipts: Vec<OutcomeReceipt>,
    /// A signed checkpoint that was kept elsewhere half-way, and the last one.
    early_note: String,
    last_note: String,
    records: u64,
    copies: Cell<u32>,
}

fn victim() -> Victim {
    let mut bench = Bench::new();
    bench.config.pace.segment_bytes = 24 * 1024;
    bench.config.pace.checkpoint_records = 10;
    let (log, _) = bench.open().unwrap();
    let mut receipts: Vec<OutcomeReceipt> = (0..15).map(|number| call(&log, "ana", number)).collect();
    let early_note = log.checkpoint_note();
    receipts.extend((15..30).map(|number| call(&log, "dev", number)));
    log.close();
    let last_note = log.checkpoint_note();
    let (key, records) = (log.public_key().clone(), log.checkpoint().size);
    Victim { bench, key, receipts, early_note, last_note, records, copies: Cell::new(0) }
}

impl Victim {
    fn copy(&self) -> Copy {
        self.copies.set(self.copies.get() + 1);
        Copy(copy(self.bench.directory(), self.bench.home.path().join(format!("copy-{}", self.copies.get()))))
    }
}

struct Copy(PathBuf);

impl Copy {
    fn segments(&self) -> Vec<(u64, PathBuf)> {
        let mut segments: Vec<(u64, PathBuf)> = fs::read_dir(&self.0)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "seg"))
            .map(|path| (path.file_stem().unwrap().to_str().unwrap().parse().unwrap(), path))
            .collect();
        segments.sort();
        segments
    }

    /// The segment that holds a record, its bytes, and the places of its frames.
    fn segment_of(&self, index: u64) -> (PathBuf, Vec<u8>, Vec<Range<usize>>, u64) {
        let (first, path) = self.segments().into_iter().rfind(|(first, _)| *first <= index).unwrap();
        let bytes = fs::read(&path).unwrap();
        let mut frames = Vec::new();
        let mut at = 32;
        while bytes.get(at..at + 4) == Some(b"smr1") {
            let length = u32::from_be_bytes(bytes[at + 4..at + 8].try_into().unwrap()) as usize;
            frames.push(at..at + FRAME_BYTES + length);
            at += FRAME_BYTES + length;
        }
        (path, bytes, frames, first)
    }

    /// Changes the frame of a record.
    fn change(&self, index: u64, change: impl FnOnce(&mut [u8])) {
        let (path, mut bytes, frames, first) = self.segment_of(index);
        change(&mut bytes[frames[(index - first) as usize].clone()]);
        fs::write(path, bytes).unwrap();
    }

    /// Rewrites the frames of the segment that holds a record; positions and checks are made to fit again.
    fn rewrite(&self, index: u64, change: impl FnOnce(usize, &mut Vec<Vec<u8>>)) {
        let (path, bytes, frames, first) = self.segment_of(index);
        let mut parts: Vec<Vec<u8>> = frames.into_iter().map(|frame| bytes[frame].to_vec()).collect();
        change((index - first) as usize, &mut parts);
        for (number, part) in parts.iter_mut().enumerate() {
            part[FRAME_BYTES + 4..FRAME_BYTES + 12].copy_from_slice(&(first + number as u64).to_be_bytes());
            part[8..12].copy_from_slice(&0u32.to_be_bytes());
            fix_check(part);
        }
        fs::write(path, [&bytes[..32], &parts.concat()].concat()).unwrap();
    }

    fn request(&self) -> VerifyRequest {
        VerifyRequest::directory(&self.0)
    }

    fn bad(&self, request: &VerifyRequest) -> VerifyError {
        verify(request).expect_err(&format!("{} was accepted", self.0.display()))
    }

    /// The first bad index, from the directory alone.
    fn first_bad(&self) -> u64 {
        let error = self.bad(&self.request());
        error.first_bad_index().unwrap_or_else(|| panic!("no index: {error}"))
    }
}

/// What an attacker without the signing key can still make right.
fn fix_check(frame: &mut [u8]) {
    let leaf = leaf_hash(&frame[FRAME_BYTES..]);
    let check = Digest::of(&[&frame[4..12], &leaf].concat());
    frame[12..20].copy_from_slice(&check.as_bytes()[..8]);
}

fn open_error(victim: &Victim, copy: &Copy) -> AuditError {
    let mut config = victim.bench.config.clone();
    config.directory.clone_from(&copy.0);
    Audit::open(config, &victim.bench.keys, victim.bench.clock.clone()).expect_err("it opened")
}

#[test]
fn the_whole_log_verifies_against_everything_kept_elsewhere() {
    let victim = victim();
    let copy = victim.copy();
    assert!(copy.segments().len() >= 3, "several segments");
    let verified = verify(&copy.request()).unwrap();
    assert_eq!(
        (verified.records, verified.signed_records, verified.torn_bytes),
        (victim.records, victim.records, 0)
    );
    assert!(verified.checkpoints_checked >= 6);
    for note in [&victim.early_note, &victim.last_note] {
        for receipt in &victim.receipts {
            let request = VerifyRequest {
                checkpoint: Some(note.clone()),
                receipts: vec![receipt.to_file()],
                public_key: Some(victim.key.clone()),
                ..copy.request()
            };
            verify(&request).unwrap();
        }
    }
}

#[test]
fn a_flipped_bit_anywhere_is_named() {
    let victim = victim();
    let mut dice = 88_172_645_463_325_252u64;
    for index in 0..victim.records {
        for _ in 0..3 {
            dice ^= dice << 13;
            dice ^= dice >> 7;
            dice ^= dice << 17;
            let copy = victim.copy();
            copy.change(index, |frame| {
                let at = dice as usize % (frame.len() * 8);
                frame[at / 8] ^= 1 << (at % 8);
            });
            assert_eq!(copy.first_bad(), index);
            fs::remove_dir_all(&copy.0).unwrap();
        }
    }
}

#[test]
fn a_changed_record_whose_check_was_made_to_fit_is_named() {
    let victim = victim();
    for index in [0, 7, 23, 41, victim.records - 1] {
        let copy = victim.copy();
        copy.change(index, |frame| {
            *frame.last_mut().unwrap() = b']';
            fix_check(frame);
        });
        assert_eq!(copy.first_bad(), index);
        // Without the stored leaf hashes, the checkpoints around it say where it is.
        fs::remove_file(copy.0.join("tree")).unwrap();
        let error = copy.bad(&copy.request());
        let VerifyError::BadRange { index: from, last } = error else { panic!("{error}") };
        assert!(from <= index && index <= last && last - from < 10, "{index} in {from}..={last}");
    }
}

#[test]
fn a_changed_record_is_found_even_if_the_stored_hashes_follow() {
    let victim = victim();
    let copy = victim.copy();
    copy.change(23, |frame| {
        *frame.last_mut().unwrap() = b']';
        fix_check(frame);
    });
    let (_, bytes, frames, first) = copy.segment_of(23);
    let leaf = leaf_hash(&bytes[frames[(23 - first) as usize].clone()][FRAME_BYTES..]);
    let tree = copy.0.join("tree");
    let mut stored = fs::read(&tree).unwrap();
    let at = (2 * 23 - 23u64.count_ones() as usize) * 32;
    stored[at..at + 32].copy_from_slice(&leaf);
    fs::write(&tree, stored).unwrap();
    let error = copy.bad(&copy.request());
    let VerifyError::BadRange { index, last } = error else { panic!("{error}") };
    assert!(index <= 23 && 23 <= last && last - index < 10);
}

#[test]
fn an_earlier_change_is_named_before_a_later_one() {
    let victim = victim();
    let copy = victim.copy();
    copy.change(22, |frame| {
        *frame.last_mut().unwrap() = b']';
        fix_check(frame);
    });
    copy.change(26, |frame| frame[100] ^= 1);
    assert_eq!(copy.first_bad(), 22);
}

#[test]
fn a_removed_record_is_named() {
    let victim = victim();
    for index in [0, 5, 20, victim.records - 2] {
        let copy = victim.copy();
        let (path, mut bytes, frames, first) = copy.segment_of(index);
        bytes.drain(frames[(index - first) as usize].clone());
        fs::write(path, bytes).unwrap();
        assert_eq!(copy.first_bad(), index, "removed");
        let copy = victim.copy();
        copy.rewrite(index, |number, frames| drop(frames.remove(number)));
        assert_eq!(copy.first_bad(), index, "removed and renumbered");
    }
}

#[test]
fn swapped_and_reordered_records_are_named() {
    let victim = victim();
    let copy = victim.copy();
    let (path, bytes, frames, _) = copy.segment_of(3);
    let swapped = [
        &bytes[..frames[3].start],
        &bytes[frames[6].clone()],
        &bytes[frames[4].start..frames[5].end],
        &bytes[frames[3].clone()],
        &bytes[frames[6].end..],
    ]
    .concat();
    fs::write(path, swapped).unwrap();
    assert_eq!(copy.first_bad(), 3);
    let copy = victim.copy();
    copy.rewrite(3, |number, frames| frames.swap(number, number + 4));
    assert_eq!(copy.first_bad(), 3, "swapped and renumbered");
    let copy = victim.copy();
    copy.rewrite(4, |number, frames| frames[number..number + 5].reverse());
    assert_eq!(copy.first_bad(), 4, "reordered and renumbered");
}

#[test]
fn an_inserted_and_a_doubled_record_are_named() {
    let victim = victim();
    let copy = victim.copy();
    copy.rewrite(9, |number, frames| frames.insert(number, frames[number].clone()));
    // The copy of record 9 at 9 is record 9; the first wrong one is at 10.
    assert_eq!(copy.first_bad(), 10);
}

#[test]
fn a_missing_segment_is_named() {
    let victim = victim();
    for number in 0..3 {
        let copy = victim.copy();
        let (first, path) = copy.segments()[number].clone();
        fs::remove_file(path).unwrap();
        assert_eq!(copy.first_bad(), first);
    }
}

/// Cuts the log after `keep` records, and what was signed later with it.
fn truncate(copy: &Copy, keep: u64, note: &str) {
    for (first, path) in copy.segments() {
        if first >= keep && first > 0 {
            fs::remove_file(&path).unwrap();
            let _notes = fs::remove_file(path.with_extension("notes"));
        }
    }
    let (path, bytes, frames, first) = copy.segment_of(keep - 1);
    fs::write(&path, &bytes[..frames[(keep - 1 - first) as usize].end]).unwrap();
    let notes = path.with_extension("notes");
    let kept: String = fs::read_to_string(&notes)
        .unwrap()
        .split_inclusive('\n')
        .collect::<Vec<_>>()
        .chunks(5)
        .filter(|note| note[1].trim().parse::<u64>().unwrap() <= keep)
        .map(|note| note.concat())
        .collect();
    fs::write(notes, kept).unwrap();
    fs::write(copy.0.join("checkpoint"), note).unwrap();
}

#[test]
fn a_truncated_tail_is_found_against_the_directorys_own_checkpoint() {
    let victim = victim();
    let copy = victim.copy();
    let (path, bytes, frames, _) = copy.segment_of(victim.records - 1);
    fs::write(&path, &bytes[..frames[frames.len() - 2].end]).unwrap();
    let error = copy.bad(&copy.request());
    assert!(matches!(error, VerifyError::Truncated { .. }), "{error}");
    assert_eq!(error.first_bad_index(), Some(victim.records - 1));
    let error = open_error(&victim, &copy);
    assert!(matches!(error, AuditError::Shorter { .. }), "{error}");
    // In the middle of a record it is the same.
    fs::write(&path, &bytes[..frames[frames.len() - 1].end - 10]).unwrap();
    assert_eq!(copy.first_bad(), victim.records - 1);
    assert!(matches!(open_error(&victim, &copy), AuditError::Shorter { .. }));
}

#[test]
fn a_tail_cut_with_its_checkpoints_is_found_against_any_kept_elsewhere() {
    let victim = victim();
    let copy = victim.copy();
    let size = |note: &str| note.lines().nth(1).unwrap().parse::<u64>().unwrap();
    let keep = size(&victim.early_note);
    truncate(&copy, keep, &victim.early_note);
    assert_eq!(verify(&copy.request()).unwrap().records, keep, "alone it looks whole");
    let with_note = VerifyRequest { checkpoint: Some(victim.last_note.clone()), ..copy.request() };
    assert_eq!(copy.bad(&with_note).first_bad_index(), Some(keep));
    for receipt in victim.receipts.iter().filter(|receipt| receipt.outcome_index() >= keep) {
        let request = VerifyRequest { receipts: vec![receipt.to_file()], ..copy.request() };
        assert_eq!(copy.bad(&request).first_bad_index(), Some(keep));
    }
}

#[test]
fn a_log_rewritten_with_the_nodes_own_keys_is_found_against_a_receipt() {
    let victim = victim();
    // The attacker has the node's keys and lets the product write another history.
    let other = Bench::new();
    let mut config = other.config.clone();
    config.directory = other.home.path().join("other");
    let (log, _) = Audit::open(config.clone(), &victim.bench.keys, other.clock.clone()).unwrap();
    (0..30).for_each(|number| drop(call(&log, "mallory", number)));
    log.close();
    let forged = Copy(config.directory);
    verify(&forged.request()).unwrap();
    let request = VerifyRequest { receipts: vec![victim.receipts[3].to_file()], ..forged.request() };
    assert_eq!(forged.bad(&request).first_bad_index(), Some(victim.receipts[3].outcome_index()));
    let request = VerifyRequest { checkpoint: Some(victim.last_note.clone()), ..forged.request() };
    assert!(forged.bad(&request).first_bad_index().is_some());
}

#[test]
fn one_false_receipt_among_good_ones_is_found() {
    let victim = victim();
    let copy = victim.copy();
    let receipts: Vec<_> = victim.receipts.iter().map(|receipt| receipt.to_file()).collect();
    let with = |receipts| VerifyRequest { receipts, ..copy.request() };
    verify(&with(receipts.clone())).unwrap();
    for number in [0, receipts.len() / 2, receipts.len() - 1] {
        let mut changed = receipts.clone();
        changed[number].leaf = receipts[(number + 1) % receipts.len()].leaf.clone();
        let index = receipts[number].outcome_index;
        assert_eq!(copy.bad(&with(changed)).first_bad_index(), Some(index));
        let mut changed = receipts.clone();
        changed[number].intent_index = receipts[(number + 1) % receipts.len()].intent_index;
        assert!(matches!(copy.bad(&with(changed)), VerifyError::Receipt { .. }));
    }
}

#[test]
fn bad_signatures_and_forged_checkpoints_are_refused() {
    let victim = victim();
    let copy = victim.copy();
    let path = copy.0.join("checkpoint");
    let forged = victim.last_note.replacen(&format!("\n{}\n", victim.records), "\n9\n", 1);
    fs::write(&path, forged).unwrap();
    let error = copy.bad(&copy.request());
    assert!(matches!(error, VerifyError::Checkpoint { .. }), "{error}");
    assert!(matches!(open_error(&victim, &copy), AuditError::Checkpoint(_)));

    // Signed by another key, with that key beside it: only a key kept elsewhere shows it.
    let other = Bench::new();
    let (log, _) = other.open().unwrap();
    (0..3).for_each(|number| drop(call(&log, "mallory", number)));
    log.close();
    let forged = Copy(other.directory().to_owned());
    verify(&forged.request()).unwrap();
    let request = VerifyRequest { public_key: Some(victim.key.clone()), ..forged.request() };
    let error = forged.bad(&request);
    assert!(matches!(error, VerifyError::Checkpoint { .. }), "{error}");

    let copy = victim.copy();
    fs::remove_file(copy.0.join("checkpoint")).unwrap();
    assert!(matches!(copy.bad(&copy.request()), VerifyError::Checkpoint { .. }));
    assert!(matches!(open_error(&victim, &copy), AuditError::Checkpoint(_)));
}

#[test]
fn the_history_of_checkpoints_is_checked_too() {
    let victim = victim();
    let copy = victim.copy();
    let path = copy.0.join("00000000000000000000.notes");
    let mut notes = fs::read(&path).unwrap();
    let at = notes.len() - 20;
    notes[at] ^= 1;
    fs::write(path, notes).unwrap();
    assert!(matches!(copy.bad(&copy.request()), VerifyError::Checkpoint { .. }));
}

#[test]
fn a_changed_byte_in_the_last_segment_keeps_the_log_from_opening() {
    let victim = victim();
    for index in [victim.records - 1, victim.records - 3] {
        let copy = victim.copy();
        copy.change(index, |frame| frame[70] ^= 1);
        let error = open_error(&victim, &copy);
        assert!(error.to_string().contains(&format!("record {index}")), "{error}");
        let copy = victim.copy();
        copy.change(index, |frame| {
            frame[70] ^= 1;
            fix_check(frame);
        });
        let error = open_error(&victim, &copy);
        assert!(matches!(error, AuditError::Different { index: bad, .. } if bad == index), "{error}");
    }
}

#[test]
fn an_export_without_signatures_or_with_false_lengths_is_refused() {
    let victim = victim();
    let file = victim.bench.home.path().join("whole.export");
    export(victim.bench.directory(), &file).unwrap();
    let whole = fs::read(&file).unwrap();
    let notes = whole.windows(7).position(|window| window == b"\nnotes ").unwrap() + 1;
    let segment = whole.windows(9).position(|window| window == b"\nsegment ").unwrap() + 1;
    let with = |notes_line: &str| [&whole[..notes], notes_line.as_bytes(), &whole[segment..]].concat();
    let checked = |bytes: Vec<u8>| {
        fs::write(victim.bench.home.path().join("changed.export"), bytes).unwrap();
        let source = VerifySource::Export(victim.bench.home.path().join("changed.export"));
        verify(&VerifyRequest { source, ..VerifyRequest::directory("") })
    };
    let error = checked(with("notes 0\n")).unwrap_err();
    let more = victim.records - 1;
    assert!(matches!(error, VerifyError::Unsigned { index: 0, more: said } if said == more), "{error}");
    for length in ["9223372036854775807", "18446744073709551615", "999999999"] {
        checked(with(&format!("notes {length}\n"))).unwrap_err();
    }
}

#[test]
fn an_export_goes_through_no_link_and_over_no_file() {
    let victim = victim();
    let home = victim.bench.home.path();
    let (link, target) = (home.join("link.export"), home.join("of-somebody-else"));
    std::os::unix::fs::symlink(&target, &link).unwrap();
    let error = export(victim.bench.directory(), &link).unwrap_err();
    assert!(
        matches!(&error, VerifyError::Io { source, .. } if source.kind() == std::io::ErrorKind::AlreadyExists)
    );
    assert!(!target.exists());
    fs::write(&target, "kept").unwrap();
    export(victim.bench.directory(), &target).unwrap_err();
    assert_eq!(fs::read_to_string(&target).unwrap(), "kept");
}

#[test]
fn an_export_is_checked_like_the_directory() {
    let victim = victim();
    let file = victim.bench.home.path().join("log.export");
    let size = export(victim.bench.directory(), &file).unwrap();
    assert_eq!(fs::metadata(&file).unwrap().len(), size);
    let request = |path: &Path| VerifyRequest {
        source: VerifySource::Export(path.to_owned()),
        checkpoint: Some(victim.last_note.clone()),
        receipts: vec![victim.receipts[20].to_file()],
        public_key: None,
    };
    let verified = verify(&request(&file)).unwrap();
    assert_eq!((verified.records, verified.signed_records), (victim.records, victim.records));
    let bytes = fs::read(&file).unwrap();
    let frames: Vec<usize> =
        bytes.windows(4).enumerate().filter(|(_, window)| *window == b"smr1").map(|(at, _)| at).collect();
    for index in [0usize, 13, 50] {
        let mut changed = bytes.clone();
        changed[frames[index] + 90] ^= 4;
        fs::write(&file, changed).unwrap();
        assert_eq!(verify(&request(&file)).unwrap_err().first_bad_index(), Some(index as u64));
    }
    fs::write(&file, &bytes[..bytes.len() / 2]).unwrap();
    assert!(verify(&request(&file)).is_err());
    fs::write(&file, "something else\n").unwrap();
    assert!(matches!(verify(&request(&file)).unwrap_err(), VerifyError::NoLog { .. }));
}
