//! TLS for agents on other machines: 1.3 or 1.2, with a certificate that was given, or one of a local authority.
//!
//! The local authority is a key in the key store and a certificate beside the log, `agents-ca.pem`, which agents are told to
//! trust (`SSL_CERT_FILE`, `NODE_EXTRA_CA_CERTS`). It signs a certificate for the gateway's names at each start, whose key
//! never leaves the process.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{Datelike as _, Days, NaiveDate, Utc};
use engine::Stores;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::version::{TLS12, TLS13};
use tokio_rustls::TlsAcceptor;

/// The authority's certificate, in the data directory.
pub const AUTHORITY_FILE: &str = "agents-ca.pem";

/// The authority's key, in the key store: PKCS#8.
const AUTHORITY_KEY: &str = "agents-ca";

/// How long the gateway's own certificate lasts; each start makes a new one.
const LASTS: Days = Days::new(397);

/// How agents elsewhere are served.
#[derive(Debug, Clone)]
pub struct AgentsTls {
    /// The names by which agents call the gateway: host names or addresses, without a port. No other `Host` is taken.
    pub names: Vec<String>,
    /// Where its certificate comes from.
    pub certificate: CertificateSource,
}

/// Where the gateway's certificate comes from.
#[derive(Debug, Clone)]
pub enum CertificateSource {
    /// PEM files of the administrator's: the chain, the gateway's own certificate first, and its key.
    Given {
        /// The chain.
        chain: PathBuf,
        /// The key: PKCS#8, SEC 1 or PKCS#1.
        key: PathBuf,
    },
    /// The local authority signs one.
    LocalAuthority,
}

/// Why there is no TLS. Nothing is served then.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A name isn't one.
    #[error("`{0}` is no host name or address; give the name that agents call the gateway by, without a port")]
    Name(String),
    /// No name was given.
    #[error("say by which name agents call this gateway; it is what its certificate is for")]
    NoName,
    /// A file can't be read.
    #[error("`{}` can't be read as PEM ({source})", file.display())]
    File {
        /// Which.
        file: PathBuf,
        /// Why.
        source: rustls::pki_types::pem::Error,
    },
    /// The certificate and its key don't fit each other, or aren't to be used so.
    #[error("this certificate can't be used with this key ({0})")]
    Unfit(#[from] rustls::Error),
    /// The authority's key can't be kept, or isn't one.
    #[error("the key of the local authority can't be had from the key store ({0})")]
    Authority(String),
    /// Its certificate can't be written.
    #[error("the certificate of the local authority can't be written to `{}` ({source})", file.display())]
    Unwritten {
        /// Where.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl AgentsTls {
    /// What takes connections.
    pub(crate) fn acceptor(&self, stores: &Stores) -> Result<TlsAcceptor, TlsError> {
        if self.names.is_empty() {
            return Err(TlsError::NoName);
        }
        if let Some(name) = self.names.iter().find(|name| !is_name(name)) {
            return Err(TlsError::Name(name.clone()));
        }
        let (chain, key) = match &self.certificate {
            CertificateSource::Given { chain, key } => given(chain, key)?,
            CertificateSource::LocalAuthority => signed(&self.names, stores)?,
        };
        let mut config = ServerConfig::builder_with_protocol_versions(&[&TLS13, &TLS12])
            .with_no_client_auth()
            .with_single_cert(chain, key)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(TlsAcceptor::from(Arc::new(config)))
    }
}

/// A host name of letters, digits, `-` and `.`, or an address.
fn is_name(name: &str) -> bool {
    let labels = || name.split('.').all(is_label);
    name.parse::<std::net::IpAddr>().is_ok() || (name.len() <= 253 && labels())
}

fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && !label.starts_with('-')
        && !label.ends_with('-')
}

type Certified = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

fn given(chain: &Path, key: &Path) -> Result<Certified, TlsError> {
    let unread = |file: &Path| {
        let file = file.to_owned();
        move |source| TlsError::File { file, source }
    };
    let certificates = CertificateDer::pem_file_iter(chain)
        .and_then(Iterator::collect)
        .map_err(unread(chain))?;
    let key = PrivateKeyDer::from_pem_file(key).map_err(unread(key))?;
    Ok((certificates, key))
}

/// A certificate for these names and this machine's own, by the local authority.
fn signed(names: &[String], stores: &Stores) -> Result<Certified, TlsError> {
    let unusable = |error: rcgen::Error| TlsError::Authority(error.to_string());
    let authority = authority(stores)?;
    let local = ["localhost", "127.0.0.1", "::1"].map(str::to_owned);
    let names: Vec<_> = names.iter().cloned().chain(local).collect();
    let mut params = CertificateParams::new(names).map_err(unusable)?;
    params
        .distinguished_name
        .push(DnType::CommonName, "Countersign gateway");
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    let today = Utc::now().date_naive();
    params.not_before = midnight(today - Days::new(1));
    params.not_after = midnight(today + LASTS);
    let key = KeyPair::generate().map_err(unusable)?;
    let certificate = params.signed_by(&key, &authority).map_err(unusable)?;
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    Ok((vec![certificate.der().clone()], key))
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a month and a day of the calendar are small"
)]
fn midnight(date: NaiveDate) -> time::OffsetDateTime {
    date_time_ymd(date.year(), date.month() as u8, date.day() as u8)
}

/// The authority: the one there is, or a new one. Its certificate is written where it isn't yet.
fn authority(stores: &Stores) -> Result<CertifiedIssuer<'static, KeyPair>, TlsError> {
    let failed = |error: &dyn std::fmt::Display| TlsError::Authority(error.to_string());
    let kept = stores.keys.get(AUTHORITY_KEY).map_err(|error| failed(&error))?;
    let key = match kept {
        Some(der) => KeyPair::try_from(der.as_slice()).map_err(|error| failed(&error))?,
        None => {
            let key = KeyPair::generate().map_err(|error| failed(&error))?;
            stores
                .keys
                .set(AUTHORITY_KEY, key.serialized_der())
                .map_err(|error| failed(&error))?;
            key
        }
    };
    let mut params = CertificateParams::default();
    params
        .distinguished_name
        .push(DnType::CommonName, "Countersign local authority");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let authority = CertifiedIssuer::self_signed(params, key).map_err(|error| failed(&error))?;
    let file = stores.data_dir.join(AUTHORITY_FILE);
    // What agents were told to trust stays: any certificate of this key and name will do.
    if !file.exists() {
        std::fs::write(&file, authority.pem()).map_err(|source| TlsError::Unwritten { file, source })?;
    }
    Ok(authority)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_host_name_or_an_address_and_nothing_more() {
        for name in [
            "gateway",
            "gateway.example",
            "10.0.0.7",
            "::1",
            "a-b.c",
            "xn--bcher-kva.example",
        ] {
            assert!(is_name(name), "{name}");
        }
        let long = "a".repeat(64);
        for name in [
            "",
            ".",
            "a..b",
            "gateway:4180",
            "https://gateway",
            "a b",
            "*.example",
            "-a",
            "a-",
            "ü",
            &long,
            "a/b",
        ] {
            assert!(!is_name(name), "{name}");
        }
    }
}
