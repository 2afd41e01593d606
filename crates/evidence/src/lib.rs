//! Records, chain, tree, checkpoint, envelope, case file and its verifier. Pure, wasm-safe.
