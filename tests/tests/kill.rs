//! SIGKILL at any moment loses nothing that was acknowledged.

use anyhow::{Result, ensure};
use product_tests::{Cli, Home, KeyStore, kill_cycles};

#[tokio::test(flavor = "multi_thread")]
async fn twenty_five_kills_lose_no_acknowledged_record() -> Result<()> {
    let home = Home::new("kill")?;
    let cli = Cli::new(&home, KeyStore::SealedFile)?;
    let key = cli.init()?.runtime_key;
    let tally = kill_cycles(&cli, &key, 25).await?;
    ensure!(tally.cycles == 25 && tally.found == tally.acknowledged, "{tally:?}");
    // Otherwise nothing was at stake.
    ensure!(
        tally.acknowledged > 100,
        "too few acknowledged records to prove anything: {tally:?}"
    );
    Ok(())
}
