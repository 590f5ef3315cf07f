//! RFC 6962: known roots, every proof up to 64 leaves.

use super::*;
use std::convert::Infallible;

/// The eight leaves that the certificate-transparency projects use for their test vectors.
const LEAVES: [&str; 8] =
    ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
/// Their roots for the first 1 to 8 leaves.
const ROOTS: [&str; 8] = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

fn hex(hash: &Hash) -> String {
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

struct Grown {
    stored: Vec<Hash>,
    roots: Vec<Hash>,
    leaves: Vec<Hash>,
}

/// A tree of `size` leaves with all its roots on the way.
fn grow(size: u64) -> Grown {
    let mut range = CompactRange::default();
    let mut grown = Grown { stored: Vec::new(), roots: vec![range.root()], leaves: Vec::new() };
    for index in 0..size {
        let leaf = leaf_hash(&index.to_be_bytes());
        range.push(leaf, |hash| grown.stored.push(hash));
        grown.leaves.push(leaf);
        grown.roots.push(range.root());
    }
    grown
}

impl Grown {
    fn nodes(&self) -> impl FnMut(u32, u64) -> Result<Hash, Infallible> + '_ {
        |level, index| Ok(self.stored[position_of(level, index) as usize])
    }
}

#[test]
fn the_empty_tree_has_the_root_of_rfc_6962() {
    let root = hex(&CompactRange::default().root());
    assert_eq!(root, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

#[test]
fn one_to_eight_leaves_have_the_known_roots() {
    let mut range = CompactRange::default();
    for (leaf, root) in LEAVES.iter().zip(ROOTS) {
        range.push(leaf_hash(&bytes(leaf)), |_| ());
        assert_eq!(hex(&range.root()), root);
    }
}

#[test]
fn stored_subtrees_stand_where_the_formula_says() {
    let grown = grow(300);
    assert_eq!(grown.stored.len() as u64, stored_count(300));
    for size in 0..=300 {
        let root = root_at(size, grown.nodes()).unwrap_or_else(|never| match never {});
        assert_eq!(root, grown.roots[size as usize], "size {size}");
    }
}

#[test]
fn every_inclusion_proof_up_to_64_leaves_verifies_and_no_other() {
    let grown = grow(64);
    for size in 1..=64u64 {
        let root = &grown.roots[size as usize];
        for index in 0..size {
            let Ok(path) = inclusion_path(index, size, grown.nodes());
            let leaf = &grown.leaves[index as usize];
            assert!(verify_inclusion(leaf, index, size, &path, root), "{index} in {size}");
            assert!(!verify_inclusion(&[7; 32], index, size, &path, root));
            assert!(!verify_inclusion(leaf, index, size, &path, &[7; 32]));
            for other in (0..=size).filter(|other| *other != index) {
                assert!(!verify_inclusion(leaf, other, size, &path, root), "{index} as {other} in {size}");
            }
            for at in 0..path.len() {
                let mut changed = path.clone();
                changed[at][0] ^= 1;
                assert!(!verify_inclusion(leaf, index, size, &changed, root));
                assert!(!verify_inclusion(leaf, index, size, &path[..at], root));
            }
            let longer = [path.as_slice(), &[[0; 32]]].concat();
            assert!(!verify_inclusion(leaf, index, size, &longer, root));
        }
    }
}

#[test]
fn every_consistency_proof_up_to_64_leaves_verifies_and_no_other() {
    let grown = grow(64);
    for new in 1..=64u64 {
        for old in 1..=new {
            let Ok(path) = consistency_path(old, new, grown.nodes());
            let (old_root, new_root) = (&grown.roots[old as usize], &grown.roots[new as usize]);
            assert!(verify_consistency(old, old_root, new, new_root, &path), "{old} to {new}");
            assert!(!verify_consistency(old, &[7; 32], new, new_root, &path), "{old} to {new}");
            assert!(!verify_consistency(old, old_root, new, &[7; 32], &path), "{old} to {new}");
            for at in 0..path.len() {
                let mut changed = path.clone();
                changed[at][0] ^= 1;
                assert!(!verify_consistency(old, old_root, new, new_root, &changed));
                assert!(!verify_consistency(old, old_root, new, new_root, &path[..at]));
            }
            let longer = [path.as_slice(), &[[0; 32]]].concat();
            assert!(!verify_consistency(old, old_root, new, new_root, &longer));
        }
    }
    assert!(verify_consistency(0, &grown.roots[0], 5, &grown.roots[5], &[]));
    assert!(!verify_consistency(5, &grown.roots[5], 4, &grown.roots[4], &[]));
}
