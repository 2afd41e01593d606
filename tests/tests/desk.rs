//! The desk itself: before it judges the product it has to be what it says.

use anyhow::{Result, ensure};
use product_tests::{Desk, Sdk};

#[tokio::test]
async fn a_desk_has_a_screen_and_an_unlocked_keychain_of_its_own() -> Result<()> {
    let desk = Desk::new("desk").await?;
    let photograph = desk.screenshot("empty")?;
    ensure!(photograph.metadata()?.len() > 0, "the photograph is empty");
    Ok(())
}

#[test]
fn the_sdk_is_the_one_from_pypi() -> Result<()> {
    Sdk::ready()?;
    Ok(())
}
