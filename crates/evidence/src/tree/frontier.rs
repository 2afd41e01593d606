//! The right edge of a growing tree.

use super::verify::sides;
use super::{TreeError, empty_root, node_hash};
use crate::hash::Digest;

/// A node of the tree: the root of the complete subtree over leaves `[index·2^level, (index+1)·2^level)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Node {
    /// Leaves are level 0.
    pub level: u32,
    /// From the left.
    pub index: u64,
    /// Its hash.
    pub hash: Digest,
}

/// The roots of the complete subtrees that a tree of some size falls into, largest first: all that appending needs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Frontier {
    size: u64,
    nodes: Vec<Digest>,
}

impl Frontier {
    /// The frontier of the empty tree.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            size: 0,
            nodes: Vec::new(),
        }
    }

    /// The frontier that [`nodes`](Self::nodes) gave.
    ///
    /// # Errors
    /// [`TreeError::WrongLength`]: a tree of that size has as many as its size has one bits.
    pub fn from_nodes(size: u64, nodes: Vec<Digest>) -> Result<Self, TreeError> {
        let wanted = size.count_ones() as usize;
        if nodes.len() == wanted {
            Ok(Self { size, nodes })
        } else {
            Err(TreeError::WrongLength {
                found: nodes.len(),
                wanted,
            })
        }
    }

    /// The tree before leaf `index`, by that leaf's audit path in a tree of `size`: what stands on the path's left are its
    /// complete subtrees. It is as true as the path.
    ///
    /// # Errors
    /// [`TreeError::OutOfTree`]; [`TreeError::WrongLength`] where hashes are missing.
    pub fn before(index: u64, size: u64, path: &[Digest]) -> Result<Self, TreeError> {
        if index >= size {
            return Err(TreeError::OutOfTree { index, size });
        }
        let siblings = sides(index, size).zip(path);
        let mut nodes: Vec<Digest> = siblings
            .filter(|(is_left, _)| *is_left)
            .map(|(_, hash)| *hash)
            .collect();
        nodes.reverse();
        Self::from_nodes(index, nodes)
    }

    /// How many leaves there are.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The roots of its complete subtrees, largest first.
    #[must_use]
    pub fn nodes(&self) -> &[Digest] {
        &self.nodes
    }

    /// Appends a leaf by its hash. Gives every node that it completes, the leaf itself first.
    pub fn push(&mut self, leaf: Digest) -> Vec<Node> {
        self.push_subtree(0, leaf)
    }

    /// Appends the root of a complete subtree of `2^level` leaves. The size must be a multiple of `2^level`.
    pub(super) fn push_subtree(&mut self, level: u32, hash: Digest) -> Vec<Node> {
        let mut node = Node {
            level,
            index: self.size >> level,
            hash,
        };
        let mut completed = vec![node];
        // An odd index is a right child: its left sibling is the frontier's last node.
        while node.index & 1 == 1 {
            let Some(left) = self.nodes.pop() else { break };
            node = Node {
                level: node.level + 1,
                index: node.index >> 1,
                hash: node_hash(&left, &node.hash),
            };
            completed.push(node);
        }
        self.nodes.push(node.hash);
        self.size += 1 << level;
        completed
    }

    /// The tree's root.
    #[must_use]
    pub fn root(&self) -> Digest {
        let mut nodes = self.nodes.iter().rev();
        let Some(smallest) = nodes.next() else {
            return empty_root();
        };
        nodes.fold(*smallest, |right, left| node_hash(left, &right))
    }
}
