//! assets/bindings/ says what the Rust types say.

use anyhow::Result;
use product_tests::{bindings, root};

#[test]
fn the_typescript_types_have_not_drifted() -> Result<()> {
    let written = bindings::read(&root().join("assets/bindings"))?;
    for (name, expected) in bindings::expected()? {
        let message = format!("assets/bindings/{name} has drifted: run `cargo xtask bindings`");
        assert_eq!(written.get(&name), Some(&expected), "{message}");
    }
    assert_eq!(
        written.len(),
        bindings::expected()?.len(),
        "a type is no more: run `cargo xtask bindings`"
    );
    Ok(())
}
