//! Countersign desktop shell.
