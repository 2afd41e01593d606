//! Agents on other machines: over TLS, by the names that the administrator gave, or not at all.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use gateway::{AUTHORITY_FILE, AgentsTls, CertificateSource, GatewayOptions, ServeError, serve};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::house::{House, Sent, text};

const EVERYWHERE: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED), 0);

fn tls(names: &[&str]) -> AgentsTls {
    AgentsTls {
        names: names.iter().map(|name| (*name).to_owned()).collect(),
        certificate: CertificateSource::LocalAuthority,
    }
}

/// A house that serves agents at an address of any machine's.
async fn open_over(tls: AgentsTls) -> House {
    let mut house = House::open().await;
    house.gateway.take().unwrap().shut_down().await.unwrap();
    let options = GatewayOptions::new(house.stores())
        .agents_at(EVERYWHERE)
        .over_tls(Some(tls));
    house.gateway = Some(serve(options).await.unwrap());
    house
}

fn trusting(authority: &Path, versions: &[&'static SupportedProtocolVersion]) -> TlsConnector {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(authority).unwrap()).unwrap();
    let config = ClientConfig::builder_with_protocol_versions(versions)
        .with_root_certificates(roots)
        .with_no_client_auth();
    TlsConnector::from(Arc::new(config))
}

/// One call over TLS; what came back.
async fn call(house: &House, connector: &TlsConnector, name: &str, host: &str) -> std::io::Result<String> {
    let stream = TcpStream::connect(("127.0.0.1", house.address().port())).await?;
    let name = ServerName::try_from(name.to_owned()).unwrap();
    let mut stream = connector.connect(name, stream).await?;
    let body = text().to_string();
    let request = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {}\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        house.runtime_key,
        body.len()
    );
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    Ok(String::from_utf8(answer).unwrap())
}

#[tokio::test]
async fn an_agent_elsewhere_is_served_over_tls_1_3_and_1_2_under_the_local_authority() {
    let house = open_over(tls(&["gateway.example", "10.1.2.3"])).await;
    let port = house.address().port();
    assert_eq!(
        house.gateway().agents_url(),
        format!("https://gateway.example:{port}/v1")
    );
    let authority = house.data_dir().join(AUTHORITY_FILE);
    for version in [&rustls::version::TLS13, &rustls::version::TLS12] {
        let connector = trusting(&authority, &[version]);
        for (name, host) in [
            ("gateway.example", "gateway.example"),
            ("gateway.example", "Gateway.Example:4180"),
            ("10.1.2.3", "10.1.2.3"),
            ("localhost", "localhost"),
        ] {
            let answer = call(&house, &connector, name, host).await.unwrap();
            assert!(answer.starts_with("HTTP/1.1 200 "), "{name}: {answer}");
            assert!(
                answer.contains("strict-transport-security: max-age=31536000"),
                "{answer}"
            );
        }
    }
}

#[tokio::test]
async fn another_name_another_authority_or_no_tls_gets_nothing() {
    let house = open_over(tls(&["gateway.example"])).await;
    let both: &[&SupportedProtocolVersion] = &[&rustls::version::TLS13, &rustls::version::TLS12];
    let connector = trusting(&house.data_dir().join(AUTHORITY_FILE), both);
    // A name that resolves here and isn't the gateway's: the certificate isn't for it, and the door isn't either.
    assert!(call(&house, &connector, "evil.example", "evil.example").await.is_err());
    let answer = call(&house, &connector, "gateway.example", "evil.example")
        .await
        .unwrap();
    assert!(
        answer.starts_with("HTTP/1.1 403 ") && answer.contains("host_refused"),
        "{answer}"
    );

    let other = open_over(tls(&["gateway.example"])).await;
    let strange = trusting(&other.data_dir().join(AUTHORITY_FILE), both);
    assert!(
        call(&house, &strange, "gateway.example", "gateway.example")
            .await
            .is_err()
    );

    let plain = format!(
        "GET /v1/models HTTP/1.1\r\nHost: gateway.example\r\nAuthorization: Bearer {}\r\nConnection: close\r\n\r\n",
        house.runtime_key
    );
    let local = SocketAddr::from(([127, 0, 0, 1], house.address().port()));
    let answer = Sent::to(local, &plain).await.everything().await;
    assert!(!answer.contains("HTTP/1.1"), "it was answered in plain text: {answer}");
}

#[tokio::test]
async fn a_certificate_that_was_given_is_used_and_the_authority_stays_from_start_to_start() {
    let folder = tempfile::tempdir().unwrap();
    let own = rcgen::generate_simple_self_signed(["gateway.example".to_owned()]).unwrap();
    let (chain, key) = (folder.path().join("chain.pem"), folder.path().join("key.pem"));
    std::fs::write(&chain, own.cert.pem()).unwrap();
    std::fs::write(&key, own.signing_key.serialize_pem()).unwrap();
    let given = |chain: &Path, key: &Path| AgentsTls {
        certificate: CertificateSource::Given {
            chain: chain.to_owned(),
            key: key.to_owned(),
        },
        ..tls(&["gateway.example"])
    };
    let house = open_over(given(&chain, &key)).await;
    let answer = call(
        &house,
        &trusting(&chain, &[&rustls::version::TLS13]),
        "gateway.example",
        "gateway.example",
    )
    .await;
    assert!(answer.unwrap().starts_with("HTTP/1.1 200 "));
    assert!(
        !house.data_dir().join(AUTHORITY_FILE).exists(),
        "no authority was asked for"
    );

    let mut house = open_over(tls(&["gateway.example"])).await;
    let connector = trusting(&house.data_dir().join(AUTHORITY_FILE), &[&rustls::version::TLS13]);
    house.gateway.take().unwrap().shut_down().await.unwrap();
    let again = |tls| {
        GatewayOptions::new(house.stores())
            .agents_at(EVERYWHERE)
            .over_tls(Some(tls))
    };
    let refused = serve(again(given(&chain, &folder.path().join("none.pem")))).await;
    assert!(matches!(refused, Err(ServeError::Tls(_))), "it serves without a key");
    let strange = rcgen::KeyPair::generate().unwrap();
    std::fs::write(&key, strange.serialize_pem()).unwrap();
    let refused = serve(again(given(&chain, &key))).await;
    assert!(
        matches!(refused, Err(ServeError::Tls(_))),
        "it serves with another certificate's key"
    );
    for names in [&[][..], &["https://gateway.example"], &["*"]] {
        let refused = serve(again(tls(names))).await;
        assert!(matches!(refused, Err(ServeError::Tls(_))), "{names:?}");
    }
    house.gateway = Some(serve(again(tls(&["gateway.example"]))).await.unwrap());
    let answer = call(&house, &connector, "gateway.example", "gateway.example")
        .await
        .unwrap();
    assert!(
        answer.starts_with("HTTP/1.1 200 "),
        "who trusted it before doesn't now: {answer}"
    );
}

#[tokio::test]
async fn without_tls_no_address_of_other_machines_is_served() {
    let mut house = House::open().await;
    house.gateway.take().unwrap().shut_down().await.unwrap();
    let refused = serve(GatewayOptions::new(house.stores()).agents_at(EVERYWHERE)).await;
    assert!(matches!(refused, Err(ServeError::NotLoopback(_))));
}

#[tokio::test]
async fn an_agent_that_speaks_http_2_alone_isnt_served() {
    let house = open_over(tls(&["gateway.example"])).await;
    let authority = house.data_dir().join(AUTHORITY_FILE);
    for (offered, agreed) in [(vec!["h2", "http/1.1"], Some("http/1.1")), (vec!["h2"], None)] {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(&authority).unwrap()).unwrap();
        let mut config = ClientConfig::builder()
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = offered.iter().map(|name| name.as_bytes().to_vec()).collect();
        let stream = TcpStream::connect(("127.0.0.1", house.address().port())).await.unwrap();
        let name = ServerName::try_from("gateway.example").unwrap();
        let connected = TlsConnector::from(Arc::new(config)).connect(name, stream).await;
        match (connected, agreed) {
            (Ok(stream), Some(agreed)) => assert_eq!(stream.get_ref().1.alpn_protocol(), Some(agreed.as_bytes())),
            (Err(error), None) => assert!(error.to_string().contains("NoApplicationProtocol"), "{error}"),
            (connected, _) => panic!("{offered:?}: {:?}", connected.map(drop)),
        }
    }
}
