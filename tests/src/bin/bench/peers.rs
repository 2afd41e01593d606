//! Other gateways, unmodified, from their registries; each set up to pass calls on and nothing else.

use std::fs;

use anyhow::Result;
use product_tests::{Home, Node, Python, free_address};

use crate::ways::{Upstream, Way, listening};

pub(crate) const LITELLM: &str = "LiteLLM";
pub(crate) const PORTKEY: &str = "Portkey";

/// LiteLLM's proxy from PyPI, as many workers as cores, no database, no telemetry.
pub(crate) async fn litellm(home: &Home, upstream: &Upstream) -> Result<Way> {
    let python = Python::with("tests/programs/litellm/requirements.txt", "litellm")?;
    let address = free_address()?;
    let to = upstream.address;
    let key = "sk-bench-1234";
    let config = format!(
        "model_list:\n\
         - model_name: practice-1\n\
         \x20 litellm_params:\n\
         \x20   model: openai/practice-1\n\
         \x20   api_base: http://{to}/v1\n\
         \x20   api_key: {}\n\
         litellm_settings:\n\
         \x20 telemetry: false\n\
         general_settings:\n\
         \x20 master_key: {key}\n",
        upstream.key
    );
    let file = home.path().join("litellm.yaml");
    fs::write(&file, config)?;
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    let mut command = home.command(python.program().with_file_name("litellm"));
    command.arg("--config").arg(&file);
    command.args(["--host", "127.0.0.1", "--port", &address.port().to_string()]);
    command.args(["--num_workers", &workers.to_string(), "--telemetry", "False"]);
    command
        .env("LITELLM_LOCAL_MODEL_COST_MAP", "True")
        .env("LITELLM_LOG", "ERROR");
    Ok(Way {
        name: LITELLM,
        address,
        key: key.to_owned(),
        headers: Vec::new(),
        process: Some(listening(&mut command, home, LITELLM, address).await?),
        is_peer: true,
    })
}

/// Portkey's gateway from npm, without its console.
pub(crate) async fn portkey(home: &Home, upstream: &Upstream) -> Result<Way> {
    let node = Node::with("tests/programs/portkey")?;
    let address = free_address()?;
    let mut command = node.command("node_modules/@portkey-ai/gateway/build/start-server.js");
    command.args(["--headless", &format!("--port={}", address.port())]);
    Ok(Way {
        name: PORTKEY,
        address,
        key: upstream.key.clone(),
        headers: vec![
            ("x-portkey-provider", "openai".to_owned()),
            ("x-portkey-custom-host", format!("http://{}/v1", upstream.address)),
        ],
        process: Some(listening(&mut command, home, PORTKEY, address).await?),
        is_peer: true,
    })
}
