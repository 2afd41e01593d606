//! An Action in, a Decision with its reasons out. Cedar inside. Pure.
