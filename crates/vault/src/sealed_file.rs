//! A key store in one file, sealed with a passphrase: for machines without a keychain.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use aes_gcm::aead::{Aead as _, KeyInit as _, Payload};
use aes_gcm::{Aes256Gcm, Key, Nonce};
use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::sealed_format::Header;
use crate::sealer::{NONCE, TAG};
use crate::worker::Worker;
use crate::{KeyStore, KeyStoreError, Scope, atomic, store};

/// How many characters a passphrase needs to seal a new file.
const LEAST_PASSPHRASE: usize = 8;
/// The largest file that is read or written: some million keys. One that would be larger isn't written, for it could
/// never be read again.
const LARGEST_FILE: u64 = 1 << 26;

/// The sealed file. Each call reads it anew, so two processes see each other's keys, and no key stays in memory
/// longer than its use; the stretched passphrase does, so that a write takes milliseconds.
///
/// One thread does all of it. Each call takes several times the file's size for a moment, and an allocator that keeps
/// memory for each thread would keep as much for every thread that ever called.
pub(crate) struct SealedFile {
    file: Arc<OnDisk>,
    thread: Worker,
}

/// The file itself.
struct OnDisk {
    path: PathBuf,
    scope: Scope,
    passphrase: Zeroizing<String>,
    stretched: Mutex<Option<Stretched>>,
}

/// A passphrase, stretched with one header's parameters.
struct Stretched {
    header: Header,
    cipher: Aes256Gcm,
}

impl SealedFile {
    /// Opens the file, so that a wrong passphrase is found out now; an absent one is an empty store.
    pub(crate) fn open(data_dir: &Path, scope: Scope, passphrase: Zeroizing<String>) -> Result<Self, KeyStoreError> {
        let file = Arc::new(OnDisk {
            path: data_dir.join(scope.file()),
            scope,
            passphrase,
            stretched: Mutex::new(None),
        });
        let thread = Worker::start("sealed-file").map_err(|source| file.io("begin with", source))?;
        let sealed = Self { file, thread };
        sealed.with(OnDisk::open)?;
        Ok(sealed)
    }

    fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&OnDisk) -> Result<T, KeyStoreError> + Send + 'static,
    ) -> Result<T, KeyStoreError> {
        let file = Arc::clone(&self.file);
        let done = self.thread.run(move || work(&file));
        let ended = || std::io::Error::other("its thread ended; start the program again");
        done.unwrap_or_else(|| Err(self.file.io("use", ended())))
    }
}

impl OnDisk {
    fn open(&self) -> Result<(), KeyStoreError> {
        if self.read_file()?.is_none() {
            let length = self.passphrase.chars().count();
            if length < LEAST_PASSPHRASE {
                return Err(KeyStoreError::WeakPassphrase {
                    length,
                    least: LEAST_PASSPHRASE,
                });
            }
        }
        self.load().map(drop)
    }

    /// The file's bytes; `None` where there is no file.
    fn read_file(&self) -> Result<Option<Vec<u8>>, KeyStoreError> {
        match std::fs::metadata(&self.path) {
            Ok(metadata) if metadata.len() > LARGEST_FILE => Err(self.damaged("it is far too large")),
            Ok(_) => std::fs::read(&self.path)
                .map(Some)
                .map_err(|source| self.io("read", source)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(self.io("read", source)),
        }
    }

    /// All secrets of the file; none where there is no file.
    fn load(&self) -> Result<Secrets, KeyStoreError> {
        let Some(file) = self.read_file()? else {
            return Ok(Secrets::default());
        };
        let (header, sealed) = Header::parse(&file).map_err(|reason| self.damaged(reason))?;
        if header.scope != self.scope.name() {
            return Err(self.damaged("it is the sealed file of another scope"));
        }
        let mut kept = self.stretched.lock().unwrap_or_else(PoisonError::into_inner);
        let stretched = match kept.take() {
            Some(stretched) if stretched.header == header => stretched,
            _ => {
                let stretched = self.stretch(header.clone())?;
                if stretched.header.check != header.check {
                    return Err(KeyStoreError::WrongPassphrase {
                        path: self.path.clone(),
                    });
                }
                stretched
            }
        };
        let stretched = kept.insert(stretched);
        let (nonce, sealed) = match sealed.split_first_chunk::<NONCE>() {
            Some((nonce, rest)) if rest.len() >= TAG => (nonce, rest),
            _ => return Err(self.damaged("it is cut short")),
        };
        let aad = stretched.header.print();
        let plain = stretched
            .cipher
            .decrypt(
                &Nonce::from(*nonce),
                Payload {
                    msg: sealed,
                    aad: aad.as_bytes(),
                },
            )
            .map(Zeroizing::new)
            .map_err(|_| self.damaged("its contents aren't as they were sealed"))?;
        Secrets::parse(&plain).map_err(|reason| self.damaged(reason))
    }

    /// Changes the secrets, alone among all processes.
    fn change(&self, change: impl FnOnce(&mut Secrets)) -> Result<(), KeyStoreError> {
        let _alone = self.lock()?;
        let mut secrets = self.load()?;
        change(&mut secrets);
        let mut kept = self.stretched.lock().unwrap_or_else(PoisonError::into_inner);
        let stretched = match kept.take() {
            Some(stretched) => kept.insert(stretched),
            None => kept.insert(self.stretch(self.fresh()?)?),
        };
        let header = stretched.header.print();
        let mut nonce = [0; NONCE];
        getrandom::fill(&mut nonce).map_err(|_| KeyStoreError::NoRandomness)?;
        let plain = secrets.print();
        let sealed = stretched
            .cipher
            .encrypt(
                &Nonce::from(nonce),
                Payload {
                    msg: &plain,
                    aad: header.as_bytes(),
                },
            )
            .map_err(|_| self.damaged("it grew too long to seal"))?;
        let file = [header.as_bytes(), &nonce, &sealed].concat();
        if file.len() as u64 > LARGEST_FILE {
            let why = "one more key would make it larger than 64 MiB; nothing was changed";
            return Err(self.io("write", std::io::Error::other(why)));
        }
        atomic::write(&self.path, &file)
    }

    fn get(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, KeyStoreError> {
        Ok(self.load()?.0.remove(name))
    }

    fn set(&self, name: String, secret: Zeroizing<Vec<u8>>) -> Result<(), KeyStoreError> {
        self.change(|secrets| drop(secrets.0.insert(name, secret)))
    }

    fn remove(&self, name: &str) -> Result<(), KeyStoreError> {
        if self.load()?.0.contains_key(name) {
            self.change(|secrets| drop(secrets.0.remove(name)))?;
        }
        Ok(())
    }

    /// Keeps other processes from changing the file between our reading and our writing it.
    fn lock(&self) -> Result<File, KeyStoreError> {
        // Beside the file, because the file itself is replaced by every write.
        let path = self.path.with_extension("sealed.lock");
        let locked = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .and_then(|file| {
                file.lock()?;
                Ok(file)
            });
        locked.map_err(|source| KeyStoreError::Io {
            doing: "lock",
            path,
            source,
        })
    }

    /// A header for a new file; its check is still to be computed.
    fn fresh(&self) -> Result<Header, KeyStoreError> {
        let mut salt = [0; 16];
        getrandom::fill(&mut salt).map_err(|_| KeyStoreError::NoRandomness)?;
        Ok(Header {
            scope: self.scope.name().to_owned(),
            memory: Header::MEMORY,
            passes: Header::PASSES,
            lanes: Header::LANES,
            salt,
            check: [0; 16],
        })
    }

    /// Stretches the passphrase with the header's parameters, and puts the check that results into the header.
    fn stretch(&self, mut header: Header) -> Result<Stretched, KeyStoreError> {
        let failed = |error: argon2::Error| KeyStoreError::Derivation {
            reason: error.to_string(),
        };
        // 64 bytes: the first half is the key, the second only ever makes the check.
        let params = Params::new(header.memory, header.passes, header.lanes, Some(64)).map_err(failed)?;
        let mut out = Zeroizing::new([0; 64]);
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into(self.passphrase.as_bytes(), &header.salt, out.as_mut_slice())
            .map_err(failed)?;
        let [key, rest] = out.as_chunks::<32>().0 else {
            return Err(failed(argon2::Error::OutputTooShort));
        };
        let whole = Sha256::new()
            .chain_update(b"countersign/sealed-check/v1\0")
            .chain_update(rest)
            .finalize();
        let check = whole
            .first_chunk()
            .ok_or_else(|| failed(argon2::Error::OutputTooShort))?;
        header.check = *check;
        Ok(Stretched {
            header,
            cipher: Aes256Gcm::new(&Key::<Aes256Gcm>::from(*key)),
        })
    }

    fn damaged(&self, reason: &'static str) -> KeyStoreError {
        KeyStoreError::Damaged {
            path: self.path.clone(),
            reason,
        }
    }

    fn io(&self, doing: &'static str, source: std::io::Error) -> KeyStoreError {
        KeyStoreError::Io {
            doing,
            path: self.path.clone(),
            source,
        }
    }
}

impl KeyStore for SealedFile {
    fn get(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, KeyStoreError> {
        store::check(name, None)?;
        let name = name.to_owned();
        self.with(move |file| file.get(&name))
    }

    fn set(&self, name: &str, secret: &[u8]) -> Result<(), KeyStoreError> {
        store::check(name, Some(secret))?;
        let (name, secret) = (name.to_owned(), Zeroizing::new(secret.to_vec()));
        self.with(move |file| file.set(name, secret))
    }

    fn remove(&self, name: &str) -> Result<(), KeyStoreError> {
        store::check(name, None)?;
        let name = name.to_owned();
        self.with(move |file| file.remove(&name))
    }

    fn kind(&self) -> &'static str {
        crate::StoreKind::SealedFile.name()
    }
}

/// Secrets by name; at rest a JSON object of base64 strings.
#[derive(Default)]
struct Secrets(BTreeMap<String, Zeroizing<Vec<u8>>>);

impl Secrets {
    fn parse(json: &[u8]) -> Result<Self, &'static str> {
        let unfit = "its contents aren't an object of base64 strings";
        // Borrowed: what is copied out of `json` is only what `Zeroizing` clears.
        let map: BTreeMap<&str, &str> = serde_json::from_slice(json).map_err(|_| unfit)?;
        let decode = |(name, text): (&str, &str)| match STANDARD.decode(text) {
            Ok(secret) => Ok((name.to_owned(), Zeroizing::new(secret))),
            Err(_) => Err(unfit),
        };
        map.into_iter().map(decode).collect::<Result<_, _>>().map(Self)
    }

    /// Written by hand into one buffer that is large enough from the start: a buffer that grows leaves copies behind.
    fn print(&self) -> Zeroizing<Vec<u8>> {
        let size = self
            .0
            .iter()
            .map(|(name, secret)| name.len() + secret.len().div_ceil(3) * 4 + 6)
            .sum::<usize>();
        let mut text = Zeroizing::new(String::with_capacity(size + 2));
        text.push('{');
        for (i, (name, secret)) in self.0.iter().enumerate() {
            // Names are a-z, 0-9 and `-`, and base64 has no quote: nothing to escape.
            text.push_str(if i == 0 { "\"" } else { ",\"" });
            text.push_str(name);
            text.push_str("\":\"");
            STANDARD.encode_string(secret.as_slice(), &mut text);
            text.push('"');
        }
        text.push('}');
        Zeroizing::new(text.as_bytes().to_vec())
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that can't go on fails")]
mod tests {
    use super::*;
    use crate::store::MAX_SECRET;

    fn opened(folder: &Path) -> SealedFile {
        let passphrase = Zeroizing::new("a passphrase of several words".to_owned());
        SealedFile::open(folder, Scope::Gateway, passphrase).unwrap()
    }

    /// A gateway under load makes a key for each thousand contents: the file outgrows a megabyte in a week.
    #[test]
    fn tens_of_thousands_of_keys_are_kept() {
        let folder = tempfile::TempDir::new().unwrap();
        let name = |number: u32| format!("content-key-0123abcd-{number}");
        opened(folder.path())
            .with(move |file| {
                file.change(|secrets| {
                    let keys = (0..30_000).map(|number| (name(number), Zeroizing::new(vec![7; 32])));
                    secrets.0.extend(keys);
                })
            })
            .unwrap();
        let again = opened(folder.path());
        assert!(
            std::fs::metadata(folder.path().join(Scope::Gateway.file()))
                .unwrap()
                .len()
                > 1 << 20
        );
        assert_eq!(*again.get(&name(29_999)).unwrap().unwrap(), [7; 32]);
        again.set(&name(30_000), &[8; 32]).unwrap();
        again.remove(&name(0)).unwrap();
        assert!(again.get(&name(0)).unwrap().is_none());
    }

    #[test]
    fn what_could_not_be_read_again_isnt_written() {
        let folder = tempfile::TempDir::new().unwrap();
        let store = opened(folder.path());
        store.set("there", &[1; 32]).unwrap();
        let refused = store.with(|file| {
            file.change(|secrets| {
                let large = Zeroizing::new(vec![7; MAX_SECRET]);
                secrets
                    .0
                    .extend((0..30_000).map(|number| (number.to_string(), large.clone())));
            })
        });
        assert!(refused.unwrap_err().to_string().contains("nothing was changed"));
        assert_eq!(*opened(folder.path()).get("there").unwrap().unwrap(), [1; 32]);
    }
}
