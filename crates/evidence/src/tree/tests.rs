//! The tree against RFC 6962's recursion, its vectors, and every small tree.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test's failure is its panic"
)]

use std::collections::HashMap;

use proptest::prelude::*;

use super::*;

/// RFC 6962 §2.1's MTH, word for word.
fn mth(leaves: &[Digest]) -> Digest {
    match leaves {
        [] => empty_root(),
        [one] => *one,
        _ => {
            let k = usize::try_from(split(leaves.len() as u64)).unwrap();
            node_hash(&mth(&leaves[..k]), &mth(&leaves[k..]))
        }
    }
}

fn leaves(count: u64) -> Vec<Digest> {
    (0..count).map(|n| leaf_hash(&n.to_be_bytes())).collect()
}

/// Certificate Transparency's own test vectors.
#[test]
fn rfc_6962_reference_vectors() {
    let inputs = [
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    ];
    let roots = [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];
    let mut frontier = Frontier::new();
    assert_eq!(frontier.root(), empty_root());
    for (input, expected) in inputs.iter().zip(roots) {
        frontier.push(leaf_hash(&hex::decode(input).unwrap()));
        assert_eq!(frontier.root().to_string(), expected);
    }
    let all: Vec<Digest> = inputs
        .iter()
        .map(|input| leaf_hash(&hex::decode(input).unwrap()))
        .collect();
    // PATH(0, D[8]) and PROOF(6, D[8]) of the same vectors.
    let path: Vec<String> = inclusion(0, 8, &mut of_leaves(&all))
        .unwrap()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        path,
        [
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ]
    );
    let proof: Vec<String> = consistency(6, 8, &mut of_leaves(&all))
        .unwrap()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        proof,
        [
            "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ]
    );
}

#[test]
fn an_entry_is_tag_then_fingerprint() {
    let entry = LogEntry {
        tag: Tag([7; 16]),
        d: Digest::new([9; 32]),
    };
    let bytes = entry.to_bytes();
    assert_eq!(bytes, *[[7; 16].as_slice(), &[9; 32]].concat());
    assert_eq!(LogEntry::from_bytes(&bytes), entry);
    assert_eq!(entry.leaf_hash(), Digest::sha256(&[&[0], &bytes[..]].concat()));
}

#[test]
fn every_inclusion_proof_up_to_66_leaves() {
    let all = leaves(66);
    for size in 1..=66 {
        let root = mth(&all[..usize::try_from(size).unwrap()]);
        assert_eq!(super::root(size, &mut of_leaves(&all)).unwrap(), root);
        for index in 0..size {
            let leaf = &all[usize::try_from(index).unwrap()];
            let proof = inclusion(index, size, &mut of_leaves(&all)).unwrap();
            assert_eq!(
                verify_inclusion(leaf, index, size, &proof, &root),
                Ok(()),
                "{index} of {size}"
            );
            let before = Frontier::before(index, size, &proof).unwrap();
            assert_eq!(
                before.root(),
                mth(&all[..usize::try_from(index).unwrap()]),
                "before {index} of {size}"
            );
            // No other index, size, leaf or length passes with it.
            for other in (0..size).filter(|other| *other != index) {
                assert!(
                    verify_inclusion(leaf, other, size, &proof, &root).is_err(),
                    "{index} as {other} of {size}"
                );
            }
            let mut long = proof.clone();
            long.push(root);
            assert!(matches!(
                verify_inclusion(leaf, index, size, &long, &root),
                Err(TreeError::WrongLength { .. })
            ));
            if let Some((_, short)) = proof.split_last() {
                assert!(verify_inclusion(leaf, index, size, short, &root).is_err());
            }
            for at in 0..proof.len() {
                let mut bent = proof.clone();
                bent[at] = *leaf;
                assert_eq!(
                    verify_inclusion(leaf, index, size, &bent, &root),
                    Err(TreeError::WrongRoot)
                );
            }
        }
        assert!(matches!(
            verify_inclusion(&all[0], size, size, &[], &root),
            Err(TreeError::OutOfTree { .. })
        ));
        assert!(matches!(
            Frontier::before(size, size, &[]),
            Err(TreeError::OutOfTree { .. })
        ));
        if size > 1 {
            assert!(matches!(
                Frontier::before(size - 1, size, &[]),
                Err(TreeError::WrongLength { .. })
            ));
        }
    }
}

#[test]
fn a_node_is_no_leaf() {
    // Without the 00/01 prefixes, the proof's inner node would pass for a leaf of a smaller tree.
    let all = leaves(4);
    let root = mth(&all);
    let inner = node_hash(&all[0], &all[1]);
    let sibling = node_hash(&all[2], &all[3]);
    let as_bytes: Vec<u8> = [all[0].as_bytes().as_slice(), all[1].as_bytes()].concat();
    assert_ne!(leaf_hash(&as_bytes), inner);
    assert_eq!(
        verify_inclusion(&leaf_hash(&as_bytes), 0, 2, &[sibling], &root),
        Err(TreeError::WrongRoot)
    );
}

#[test]
fn every_consistency_proof_up_to_66_leaves() {
    let all = leaves(66);
    let root_of = |size: u64| mth(&all[..usize::try_from(size).unwrap()]);
    for size in 0..=66 {
        let root = root_of(size);
        for earlier in 0..=size {
            let old = root_of(earlier);
            let proof = consistency(earlier, size, &mut of_leaves(&all)).unwrap();
            assert_eq!(
                verify_consistency(earlier, &old, size, &root, &proof),
                Ok(()),
                "{earlier} to {size}"
            );
            let forked = leaf_hash(b"forked");
            assert!(
                verify_consistency(earlier, &forked, size, &root, &proof).is_err(),
                "{earlier} to {size}"
            );
            // The empty tree is the beginning of any: only its own root is checked.
            if earlier > 0 {
                assert!(
                    verify_consistency(earlier, &old, size, &forked, &proof).is_err(),
                    "{earlier} to {size}"
                );
            }
            let mut long = proof.clone();
            long.push(root);
            assert!(matches!(
                verify_consistency(earlier, &old, size, &root, &long),
                Err(TreeError::WrongLength { .. })
            ));
            for at in 0..proof.len() {
                let mut bent = proof.clone();
                bent[at] = forked;
                assert_eq!(
                    verify_consistency(earlier, &old, size, &root, &bent),
                    Err(TreeError::WrongRoot)
                );
            }
        }
    }
    assert!(matches!(
        verify_consistency(3, &root_of(3), 2, &root_of(2), &[]),
        Err(TreeError::BadRange { .. })
    ));
}

#[test]
fn every_range_of_every_tree_up_to_33_leaves() {
    let all = leaves(33);
    for size in 0..=33u64 {
        let root = mth(&all[..usize::try_from(size).unwrap()]);
        for from in 0..=size {
            for to in from..=size {
                let range = &all[usize::try_from(from).unwrap()..usize::try_from(to).unwrap()];
                let proof = range_proof(from, to, size, &mut of_leaves(&all)).unwrap();
                let rebuilt = root_from_range(&proof, from, range.iter().copied(), size);
                assert_eq!(rebuilt, Ok(root), "{from} to {to} of {size}");
                // A leaf left out, doubled or changed leads elsewhere.
                if let Some((_, rest)) = range.split_last() {
                    assert_ne!(root_from_range(&proof, from, rest.iter().copied(), size), Ok(root));
                    let mut bent = range.to_vec();
                    bent[0] = leaf_hash(b"other");
                    assert_ne!(root_from_range(&proof, from, bent.into_iter(), size), Ok(root));
                }
            }
        }
    }
    assert!(range_proof(3, 2, 5, &mut of_leaves(&all)).is_err());
    assert!(range_proof(3, 6, 5, &mut of_leaves(&all)).is_err());
}

#[test]
fn stored_nodes_are_all_that_proofs_need() {
    // As a ledger does it: what `push` completes is kept, and no node is asked for that isn't.
    let all = leaves(100);
    let (mut frontier, mut stored) = (Frontier::new(), HashMap::new());
    for (size, leaf) in (1u64..).zip(&all) {
        for node in frontier.push(*leaf) {
            assert_eq!(stored.insert((node.level, node.index), node.hash), None);
        }
        let mut reads = 0;
        let mut node = |level, index| {
            reads += 1;
            stored
                .get(&(level, index))
                .copied()
                .ok_or(TreeError::MissingNode { level, index })
        };
        let proof = inclusion(size / 3, size, &mut node).unwrap();
        let index = usize::try_from(size / 3).unwrap();
        assert_eq!(
            verify_inclusion(&all[index], size / 3, size, &proof, &frontier.root()),
            Ok(())
        );
        consistency(size / 2, size, &mut node).unwrap();
        range_proof(size / 3, size / 2, size, &mut node).unwrap();
        assert!(reads <= 40, "{reads} reads at {size}");
        let restored = Frontier::from_nodes(frontier.size(), frontier.nodes().to_vec()).unwrap();
        assert_eq!(restored, frontier);
    }
    assert!(Frontier::from_nodes(3, leaves(1)).is_err());
}

/// Every inclusion and every consistency proof of every tree up to 300 leaves, from stored nodes.
#[test]
fn every_proof_up_to_300_leaves() {
    let all = leaves(300);
    let (mut frontier, mut stored, mut roots) = (Frontier::new(), HashMap::new(), vec![empty_root()]);
    for (size, leaf) in (1u64..).zip(&all) {
        stored.extend(
            frontier
                .push(*leaf)
                .into_iter()
                .map(|node| ((node.level, node.index), node.hash)),
        );
        let root = frontier.root();
        roots.push(root);
        let mut node = |level, index| {
            stored
                .get(&(level, index))
                .copied()
                .ok_or(TreeError::MissingNode { level, index })
        };
        for (index, leaf) in (0..size).zip(&all) {
            let path = inclusion(index, size, &mut node).unwrap();
            assert_eq!(
                verify_inclusion(leaf, index, size, &path, &root),
                Ok(()),
                "{index} of {size}"
            );
            let other = (index + 1) % size;
            assert!(other == index || verify_inclusion(leaf, other, size, &path, &root).is_err());
        }
        for (earlier, old) in (0..=size).zip(&roots) {
            let proof = consistency(earlier, size, &mut node).unwrap();
            assert_eq!(
                verify_consistency(earlier, old, size, &root, &proof),
                Ok(()),
                "{earlier} to {size}"
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn random_trees_hold(size in 1u64..3_000, a in 0u64..3_000, b in 0u64..3_000) {
        let all = leaves(size);
        let (a, b) = (a % size, b % size);
        let (from, to) = (a.min(b), a.max(b));
        let mut frontier = Frontier::new();
        let mut stored = HashMap::new();
        for leaf in &all {
            stored.extend(frontier.push(*leaf).into_iter().map(|node| ((node.level, node.index), node.hash)));
        }
        let root = frontier.root();
        prop_assert_eq!(root, mth(&all));
        let mut node = |level, index| stored.get(&(level, index)).copied().ok_or(TreeError::MissingNode { level, index });
        let path = inclusion(a, size, &mut node).unwrap();
        prop_assert_eq!(verify_inclusion(&all[usize::try_from(a).unwrap()], a, size, &path, &root), Ok(()));
        let old = mth(&all[..usize::try_from(from).unwrap()]);
        let proof = consistency(from, size, &mut node).unwrap();
        prop_assert_eq!(verify_consistency(from, &old, size, &root, &proof), Ok(()));
        let proof = range_proof(from, to, size, &mut node).unwrap();
        let range = all[usize::try_from(from).unwrap()..usize::try_from(to).unwrap()].iter().copied();
        prop_assert_eq!(root_from_range(&proof, from, range, size), Ok(root));
    }

    #[test]
    fn hostile_numbers_end_in_errors(index: u64, size: u64, earlier: u64, count in 0usize..70) {
        let proof = leaves(count as u64);
        let root = leaf_hash(b"root");
        prop_assert!(verify_inclusion(&root, index, size, &proof, &leaf_hash(b"x")).is_err());
        prop_assert!(verify_consistency(earlier, &root, size.max(1), &leaf_hash(b"x"), &proof).is_err());
        let range = RangeProof { left: proof.clone(), right: proof };
        let _ = root_from_range(&range, index, std::iter::once(root), size);
    }
}
