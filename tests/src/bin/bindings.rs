//! `cargo xtask bindings`: writes the TypeScript types of the public formats into assets/bindings/.

use anyhow::Result;
use product_tests::{bindings, root};

fn main() -> Result<()> {
    bindings::write(&root().join("assets/bindings"))
}
