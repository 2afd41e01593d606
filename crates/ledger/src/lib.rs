//! The durable log: one writer, group commit, checkpoints.
