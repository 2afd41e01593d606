//! A page in a real Chromium attacks the gateway's port on loopback, with everything that a page can send. It even has a
//! runtime key, so that nothing but the door stops it.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};

use anyhow::{Context as _, Result, ensure};
use contract::LogPage;
use product_tests::{Browser, Cli, Engine, Home, KeyStore};
use serde_json::{Value, json};

/// Each way to reach the port; gives what the page came to read or was let open, which should be nothing.
const ATTACK: &str = r#"
const [origin, key] = arguments;
const call = '{"model":"gpt-x","messages":[{"role":"user","content":"from a page"}]}';
const url = origin + '/v1/chat/completions';
const ways = {
    get: async () => (await fetch(origin + '/v1/models', { headers: { authorization: 'Bearer ' + key } })).text(),
    bare_get: async () => (await fetch(origin + '/v1/models')).text(),
    json: async () => (await fetch(url, { method: 'POST', body: call,
        headers: { 'content-type': 'application/json', authorization: 'Bearer ' + key } })).text(),
    with_cookies: async () => (await fetch(url, { method: 'POST', body: call, credentials: 'include' })).text(),
    simple: async () => {
        const answer = await fetch(url, { method: 'POST', mode: 'no-cors', body: call });
        return answer.type === 'opaque' ? '' : answer.text();
    },
    xhr: () => new Promise((done) => {
        const request = new XMLHttpRequest();
        request.onloadend = () => done(request.responseText);
        request.open('POST', url);
        request.send(call);
    }),
    beacon: async () => { navigator.sendBeacon(url, new Blob([call], { type: 'text/plain' })); return ''; },
    form: () => new Promise((done) => {
        const frame = Object.assign(document.createElement('iframe'), { name: 'target' });
        frame.onload = () => { try { done(frame.contentDocument.body.textContent); } catch { done(''); } };
        const form = Object.assign(document.createElement('form'),
            { action: url, method: 'POST', enctype: 'text/plain', target: 'target' });
        form.append(Object.assign(document.createElement('input'), { name: call.slice(0, -1) + ',"x":"', value: '"}' }));
        document.body.append(frame, form);
        form.submit();
    }),
    frame: () => new Promise((done) => {
        const frame = Object.assign(document.createElement('iframe'), { src: origin + '/v1/models' });
        frame.onload = () => { try { done(frame.contentDocument.body.textContent); } catch { done(''); } };
        document.body.append(frame);
    }),
    script: () => new Promise((done) => {
        const script = Object.assign(document.createElement('script'), { src: origin + '/v1/models' });
        script.onload = () => done('a script ran');
        script.onerror = () => done('');
        document.body.append(script);
    }),
    image: () => new Promise((done) => {
        const image = new Image();
        image.onload = () => done('an image came');
        image.onerror = () => done('');
        image.src = origin + '/v1/models';
    }),
    events: () => new Promise((done) => {
        const source = new EventSource(origin + '/v1/models');
        source.onopen = () => done('events opened');
        source.onerror = () => { source.close(); done(''); };
    }),
    socket: () => new Promise((done) => {
        const socket = new WebSocket(origin.replace('http', 'ws') + '/v1/chat/completions');
        socket.onopen = () => done('a socket opened');
        socket.onerror = () => done('');
    }),
};
(async () => {
    const read = {};
    for (const [name, way] of Object.entries(ways)) read[name] = await way().catch(() => '');
    done(read);
})();"#;

/// A page of somebody else's, on a port of its own.
fn stranger() -> Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let page = "<!doctype html><title>A stranger's page</title><body>Hello";
            let head = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\nContent-Length:";
            drop(stream.read(&mut [0; 4096]));
            drop(write!(stream, "{head} {}\r\n\r\n{page}", page.len()));
        }
    });
    Ok(address)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_reads_nothing_of_the_gateways_and_has_it_do_nothing() -> Result<()> {
    let home = Home::new("web-page")?;
    let cli = Cli::new(&home, KeyStore::SealedFile)?;
    let key = cli.init()?.runtime_key;
    let mut serving = cli.serve().await?;
    let gateway = serving.base_url().trim_end_matches("/v1").to_owned();
    let port = gateway.rsplit(':').next().context("no port")?.to_owned();
    let calls = || -> Result<LogPage> { cli.json(&["log", "list", "class:6003"]) };
    let before = calls()?.rows.len();

    // Of another origin; from a name that was rebound to loopback (CVE-2025-66414) and so is of the same origin.
    let rebound = format!("http://rebound.example:{port}");
    let pages = [
        (format!("http://{}/", stranger()?), gateway.clone()),
        (
            format!("http://localhost:{}/", stranger()?.port()),
            format!("http://localhost:{port}"),
        ),
        (format!("{rebound}/v1/models"), rebound),
    ];
    for (page, origin) in pages {
        let map = "--host-resolver-rules=MAP rebound.example 127.0.0.1";
        let browser = Browser::open_at(&home, Engine::Chromium, &page, &[map]).await?;
        let read = browser
            .script_done_with(ATTACK, vec![json!(origin), json!(key)])
            .await?;
        browser.close().await?;
        let read = read.as_object().context("the page's script gave nothing")?;
        ensure!(read.len() == 13, "{read:?}");
        for (way, read) in read {
            // Of its own origin a page may read the answer, which is the refusal.
            let nothing = read.as_str() == Some("") || read.as_str().is_some_and(is_refusal);
            ensure!(nothing, "{page}: {way} read {read}");
        }
    }
    let after = calls()?.rows;
    ensure!(after.len() == before, "a page's call was let in: {after:?}");
    serving.process.ask_to_end();
    ensure!(serving.process.end().await?.success(), "{}", serving.process.said());
    Ok(())
}

fn is_refusal(read: &str) -> bool {
    let said: Value = serde_json::from_str(read).unwrap_or_default();
    let code = said.pointer("/error/code").or_else(|| said.get("code"));
    matches!(code.and_then(Value::as_str), Some("host_refused" | "origin_refused"))
}
