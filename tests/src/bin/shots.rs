//! `cargo xtask shots`: every screen of the real window and of the verifier page, light and dark, into
//! docs/screenshots/.
#![expect(clippy::print_stdout, reason = "a command line speaks on its standard streams")]

use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};

use anyhow::Result;
use product_tests::{
    Agent, Browser, Desk, Engine, Sdk, SdkCall, Window, alter_one_record, first_start_with, free_address,
    open_waiting_item, root,
};

const QUESTION: &str = "What are your opening hours?";
const REFUND: &str = "Order 1007 came back. Refund 49.90 euros to the customer's card.";
const DOUBTFUL: &str = "Refund 4 820.00 euros for order 1008 to the account in the customer's last mail, quickly.";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let (desk, sdk) = (Desk::new("shots").await?, Sdk::ready()?);
    let folder = root().join("docs/screenshots");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    // Where a newcomer's is, unless a gateway runs here already.
    let usual = SocketAddr::from(([127, 0, 0, 1], 4180));
    let address = if TcpListener::bind(usual).is_ok() {
        usual
    } else {
        free_address()?
    };
    let window = desk.open_console_at(address).await?;
    let camera = Camera {
        desk: &desk,
        window: &window,
        folder,
        taken: 0.into(),
    };

    window.find("first-run").await?;
    camera.take("first-run").await?;
    let key = first_start_with(&window, async || camera.take("first-key").await).await?;
    camera.take("inbox-empty").await?;

    let call = |text: &str| SdkCall::saying(&window.base_url(), &key, text);
    sdk.call(&desk.home, &call(QUESTION)).await?.answered()?;
    sdk.call(&desk.home, &call(QUESTION).streamed()).await?.answered()?;
    let refused = sdk
        .call(&desk.home, &call(QUESTION).with(serde_json::json!({"store": true})))
        .await?;
    refused.refusal()?;

    let denied = sdk.start(&desk.home, &call(DOUBTFUL).offering_a_tool())?;
    open_waiting_item(&window).await?;
    window.click("deny").await?;
    window
        .fill("reason-text", "The account isn't the one the order was paid from.")
        .await?;
    camera.take("deny").await?;
    window.click("confirm").await?;
    denied.outcome().await?.refusal()?;

    let approved = sdk.start(&desk.home, &call(REFUND).offering_a_tool())?;
    open_waiting_item(&window).await?;
    camera.take("inbox").await?;
    window.click("approve").await?;
    window.fill("reason-text", "The parcel is back in the shop.").await?;
    camera.take("countersign").await?;
    window.click("confirm").await?;
    approved.outcome().await?.answered()?;
    window.says("ended", "released, once").await?;
    camera.take("released").await?;

    busy_agents(window.address, &key).await?;
    practice_call(&window).await?;

    traffic(&camera).await?;
    audit(&camera).await?;
    verify(&camera).await?;
    for place in ["agents", "policies", "vault", "settings"] {
        window.click(&format!("nav-{place}")).await?;
        window.find("nav-inbox").await?;
        camera.take(place).await?;
    }
    window
        .script("document.querySelector('[data-test=\"person\"]').scrollIntoView()")
        .await?;
    camera.take("settings-person").await?;
    let taken = camera.taken.get() + verifier_page(&desk, &camera.folder).await?;
    println!("{taken} photographs in {}", camera.folder.display());
    window.close().await
}

/// As many calls as a small team's agents make before lunch, so that the log is seen as it is used.
async fn busy_agents(address: SocketAddr, key: &str) -> Result<()> {
    let mut agent = Agent::new(address, key);
    for call in 0..240 {
        let model = if call % 41 == 3 {
            "a-model-nobody-configured"
        } else {
            "practice-1"
        };
        let asked = serde_json::json!({"role": "user", "content": format!("Summarise ticket {}.", 4_000 + call)});
        let body = serde_json::json!({"model": model, "messages": [asked], "store": call % 23 == 9});
        agent.post(body.to_string().into()).await?;
    }
    Ok(())
}

/// A call that is held and countersigned.
async fn practice_call(window: &Window) -> Result<()> {
    window.click("nav-inbox").await?;
    window.click("show-waiting").await?;
    window.click("practice-call").await?;
    open_waiting_item(window).await?;
    window.click("approve").await?;
    window.click("confirm").await?;
    window.says("ended", "released, once").await?;
    Ok(())
}

/// The calls, one of them opened, and the day that they make.
async fn traffic(camera: &Camera<'_>) -> Result<()> {
    let window = camera.window;
    window.click("nav-traffic").await?;
    window.find("traffic-row").await?;
    camera.take("traffic").await?;
    window.click("traffic-row[data-state=\"answered\"]").await?;
    window.find("call-times").await?;
    camera.take("traffic-call").await?;
    window.click("nav-day").await?;
    window.find("day-hours").await?;
    camera.take("day").await
}

/// The log with nothing open, while a filter is completed, with a request's story, and from the line's menu.
async fn audit(camera: &Camera<'_>) -> Result<()> {
    let window = camera.window;
    window.click("nav-audit").await?;
    window.find("audit-row").await?;
    window.settle().await?;
    window.click("verify-chain").await?;
    window.find("verification[data-state=\"verified\"]").await?;
    camera.take("audit-begin").await?;
    window.click("audit-row").await?;
    window.find("record-sentence").await?;
    camera.take("audit").await?;
    window.press("f").await?;
    window.find("row-menu").await?;
    camera.take("audit-row").await?;
    window.press("\u{e00c}").await?;
    window.click("find").await?;
    window.press("decision:").await?;
    window.find("offer").await?;
    camera.take("audit-filter").await?;
    window
        .fill("find", "decision:refused decision:held -agent:practice-agent")
        .await?;
    window.press("\u{e007}").await?;
    window.find("chip").await?;
    camera.take("audit-filtered").await?;
    window.click("filter-clear").await
}

/// The export's wizard, step by step, and the case file that comes of it.
async fn export(camera: &Camera<'_>) -> Result<PathBuf> {
    let window = camera.window;
    window.click("nav-audit").await?;
    window.click("export").await?;
    window.choose("export-agent", "first-agent").await?;
    camera.take("export-what").await?;
    window.click("export-next").await?;
    window.click("export-slot-view").await?;
    window
        .fill("export-reason", "Counsel asked what the reviewer was shown.")
        .await?;
    camera.take("export-contents").await?;
    window.click("export-next").await?;
    window.find("export-preview").await?;
    camera.take("export-preview").await?;
    window.click("export-save").await?;
    let path = window.text("export-path").await?;
    camera.take("export-done").await?;
    window.click("export-close").await?;
    Ok(path.into())
}

async fn verify(camera: &Camera<'_>) -> Result<()> {
    let window = camera.window;
    let case = export(camera).await?;
    window.click("nav-verify").await?;
    window.find("drop-zone").await?;
    camera.take("verify-empty").await?;
    camera.desk.drop_files(&[&case]).await?;
    window.find("verdict[data-verdict=\"verified\"]").await?;
    camera.take("verify").await?;
    let altered = case.with_file_name("altered.case.zip");
    alter_one_record(&case, &altered)?;
    camera.desk.drop_files(&[&altered]).await?;
    window.find("verdict[data-verdict=\"failed\"]").await?;
    camera.take("verify-altered").await
}

/// The verifier page in an auditor's browser, with the samples.
async fn verifier_page(desk: &Desk, folder: &Path) -> Result<u32> {
    let browser = Browser::open(
        &desk.home,
        Engine::Chromium,
        &root().join("dist-verifier/verifier.html"),
    )
    .await?;
    let sample = |name: &str| root().join("assets/samples").join(name);
    let mut taken = 0;
    browser.find("drop-zone").await?;
    for (name, files, verdict) in [
        ("verifier-page-empty", vec![], None),
        ("verifier-page", vec!["intact.case.zip"], Some("signer_not_established")),
        ("verifier-page-altered", vec!["altered.case.zip"], Some("failed")),
        (
            "verifier-page-verified",
            vec!["sample-pins.json", "intact.case.zip"],
            Some("verified"),
        ),
    ] {
        let files: Vec<_> = files.into_iter().map(sample).collect();
        if let Some(verdict) = verdict {
            let files: Vec<&Path> = files.iter().map(PathBuf::as_path).collect();
            browser.drop_files(&files).await?;
            browser.find(&format!("verdict[data-verdict=\"{verdict}\"]")).await?;
        }
        for theme in ["dark", "light"] {
            browser
                .script(&format!("document.documentElement.dataset.theme = '{theme}'"))
                .await?;
            browser.settle().await?;
            fs::write(folder.join(format!("{name}-{theme}.png")), browser.photograph().await?)?;
            taken += 1;
        }
    }
    browser.close().await?;
    Ok(taken)
}

/// Takes each screen twice.
struct Camera<'walk> {
    desk: &'walk Desk,
    window: &'walk Window,
    folder: PathBuf,
    taken: std::cell::Cell<u32>,
}

impl Camera<'_> {
    async fn take(&self, name: &str) -> Result<()> {
        for theme in ["dark", "light"] {
            self.window
                .script(&format!("document.documentElement.dataset.theme = '{theme}'"))
                .await?;
            self.window.settle().await?;
            let path: &Path = &self.folder.join(format!("{name}-{theme}.png"));
            self.desk.photograph(path)?;
            self.taken.set(self.taken.get() + 1);
        }
        Ok(())
    }
}
