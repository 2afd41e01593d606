//! The ways from a caller to the practice upstream.

use std::fs;
use std::net::SocketAddr;

use anyhow::{Context as _, Result, ensure};
use product_tests::{Agent, Cli, Home, KeyStore, Running, free_address, until};
use tokio::net::TcpStream;

use crate::peers;
use crate::table::OURS;
use crate::usage::Usage;

/// Where the practice upstream is, and its key.
pub(crate) struct Upstream {
    pub(crate) address: SocketAddr,
    pub(crate) key: String,
}

impl Upstream {
    /// Reads what it printed.
    pub(crate) fn announced(line: &str) -> Result<Self> {
        let (address, key) = line.split_once(' ').context("the practice upstream said nothing")?;
        Ok(Self {
            address: address.parse()?,
            key: key.to_owned(),
        })
    }
}

/// One way to the practice upstream.
pub(crate) struct Way {
    pub(crate) name: &'static str,
    pub(crate) address: SocketAddr,
    /// What the caller presents.
    pub(crate) key: String,
    /// What it sends besides.
    pub(crate) headers: Vec<(&'static str, String)>,
    /// The program between; none for the direct way.
    pub(crate) process: Option<Running>,
    /// Whether it is somebody else's gateway.
    pub(crate) is_peer: bool,
}

impl Way {
    /// A caller with a connection of its own.
    pub(crate) fn agent(&self) -> Agent {
        let agent = Agent::new(self.address, &self.key);
        self.headers
            .iter()
            .fold(agent, |agent, (name, value)| agent.sending(name, value))
    }

    /// What the program between has used so far.
    pub(crate) fn usage(&self) -> Result<Option<Usage>> {
        self.process
            .as_ref()
            .map(|running| Usage::of(running.pid()))
            .transpose()
    }
}

/// All of them, running.
pub(crate) struct Ways {
    pub(crate) all: Vec<Way>,
    /// Those that couldn't be had here, and why.
    pub(crate) absent: Vec<(&'static str, String)>,
}

impl Ways {
    pub(crate) async fn start(home: &Home, upstream: &Upstream, with_peers: bool) -> Result<Self> {
        let direct = Way {
            name: "direct",
            address: upstream.address,
            key: upstream.key.clone(),
            headers: Vec::new(),
            process: None,
            is_peer: false,
        };
        let mut ways = Self {
            all: vec![direct, nginx(home, upstream).await?, countersign(home, upstream).await?],
            absent: Vec::new(),
        };
        if with_peers {
            for (name, started) in [
                (peers::PORTKEY, peers::portkey(home, upstream).await),
                (peers::LITELLM, peers::litellm(home, upstream).await),
            ] {
                match started {
                    Ok(way) => ways.all.push(way),
                    Err(error) => ways.absent.push((name, format!("{error:#}"))),
                }
            }
        }
        Ok(ways)
    }
}

/// Starts a program and waits until it takes connections.
pub(crate) async fn listening(
    command: &mut std::process::Command,
    home: &Home,
    name: &'static str,
    address: SocketAddr,
) -> Result<Running> {
    let mut running = Running::start(command, home.logs(), name)?;
    until("the program to take connections", async || {
        ensure!(running.ended()?.is_none(), "{name} ended: {}", running.said());
        Ok(TcpStream::connect(address).await.ok())
    })
    .await?;
    Ok(running)
}

/// nginx as bare as it gets: one worker a core, connections kept alive on both sides, nothing logged, nothing on disk.
async fn nginx(home: &Home, upstream: &Upstream) -> Result<Way> {
    let (address, folder) = (free_address()?, home.path().display().to_string());
    let to = upstream.address;
    let config = format!(
        "daemon off; worker_processes auto; pid {folder}/nginx.pid; error_log stderr;\n\
         events {{ worker_connections 1024; }}\n\
         http {{ access_log off; keepalive_requests 1000000000; client_body_temp_path {folder}/body;\n\
         client_body_buffer_size 256k;\n\
         proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u;\n\
         scgi_temp_path {folder}/s;\n\
         upstream practice {{ server {to}; keepalive 64; keepalive_requests 1000000000; }}\n\
         server {{ listen {address}; location / {{ proxy_pass http://practice; proxy_http_version 1.1;\n\
         proxy_set_header Connection \"\"; proxy_set_header Host {to}; }} }} }}\n"
    );
    let file = home.path().join("nginx.conf");
    fs::write(&file, config)?;
    let mut command = home.command("/usr/sbin/nginx");
    command
        .args(["-e", "stderr", "-c"])
        .arg(&file)
        .arg("-p")
        .arg(home.path());
    Ok(Way {
        name: "nginx",
        address,
        key: upstream.key.clone(),
        headers: Vec::new(),
        process: Some(listening(&mut command, home, "nginx", address).await?),
        is_peer: false,
    })
}

/// The gateway as an administrator sets it up: the built-in policy, a sealed key store, this upstream.
pub(crate) async fn countersign(home: &Home, upstream: &Upstream) -> Result<Way> {
    let cli = Cli::new(home, KeyStore::SealedFile)?;
    let key = cli.init()?.runtime_key;
    let serving = cli.serve().await?;
    let base_url = format!("http://{}/v1", upstream.address);
    let adding = [
        "upstream",
        "add",
        "bench",
        "--format",
        "openai",
        "--base-url",
        &base_url,
    ];
    for (verb, input) in [
        (&adding[..], ""),
        (&["credential", "set", "bench"], &upstream.key),
        (&["upstream", "use", "bench"], ""),
    ] {
        let outcome = cli.run_with_input(verb, input)?;
        let verb = verb.join(" ");
        ensure!(outcome.code == 0, "`countersign {verb}` failed: {}", outcome.stderr);
    }
    Ok(Way {
        name: OURS,
        address: serving.address,
        key,
        headers: Vec::new(),
        process: Some(serving.process),
        is_peer: false,
    })
}
