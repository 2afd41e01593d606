//! The person's end: opens the reviewer's key, checks what is to be signed, signs.
