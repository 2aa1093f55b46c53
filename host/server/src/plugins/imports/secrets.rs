//! What a plugin can do with keys without seeing them.

use crate::plugins::{call::Call, contract::secrets};
use base64::{Engine, engine::general_purpose::STANDARD};
use desk::model::Want;
use ring::{hmac, signature::Ed25519KeyPair};
use serde::{Serialize, de::DeserializeOwned};

/// For a secret in a call that is done again, whose record never has any.
const STAND_IN: &str = "secret";

impl Call {
    /// A secret that the plugin's sheet names and that is filled in.
    fn secret(&self, name: &str) -> Result<&str, String> {
        let unknown = || format!("there is no secret {name:?} for this account");
        let wish = self.plugin.manifest.secrets.get(name).ok_or_else(unknown)?;
        let want = if wish.readable {
            Want::SeeSecret { name: name.to_owned() }
        } else {
            Want::Secret { name: name.to_owned(), hosts: wish.hosts.clone() }
        };
        if !self.plugin.may(&want) {
            return Err(format!("the secret {name:?} was not granted"));
        }
        let account = self.account.as_ref().ok_or_else(unknown)?;
        account.secrets.get(name).map(String::as_str).filter(|secret| !secret.is_empty()).ok_or_else(unknown)
    }

    /// For the host alone: fills a secret in, towards an address under these lines of the sheet, if it is bound to one of them.
    pub fn secret_for(&self, name: &str, rules: &[String]) -> Result<&str, String> {
        let wish = self.plugin.manifest.secrets.get(name);
        if !wish.is_some_and(|wish| wish.hosts.iter().any(|host| rules.contains(host))) {
            return Err(format!("the secret {name:?} does not go to this address"));
        }
        match self.secret(name) {
            Err(_) if self.has_stand_ins() => Ok(STAND_IN),
            secret => secret,
        }
    }

    /// What comes of using a secret, and the record of it. A call that is done again without its secrets gets what was
    /// recorded; an author's own tests have them, and then they are used.
    fn with_secret<T: Serialize + DeserializeOwned>(
        &mut self,
        name: &str,
        what: &'static str,
        work: impl FnOnce(&str) -> Result<T, String>,
    ) -> Result<T, String> {
        let known = self.account.as_ref().is_some_and(|account| account.secrets.contains_key(name));
        let recorded = if known { None } else { self.scripted(what) };
        recorded.unwrap_or_else(|| {
            let done = self.secret(name).and_then(work);
            self.traced(what, done)
        })
    }
}

fn key(secret: &str) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes())
}

impl secrets::Host for Call {
    async fn reveal(&mut self, name: String) -> wasmtime::Result<Result<String, String>> {
        self.count()?;
        if !self.plugin.may(&Want::SeeSecret { name: name.clone() }) {
            return Ok(Err(format!("the secret {name:?} is not to be seen")));
        }
        Ok(self.with_secret(&name, "secrets.reveal", |secret| Ok(secret.to_owned())))
    }

    async fn hmac_sha256(&mut self, name: String, data: Vec<u8>) -> wasmtime::Result<Result<Vec<u8>, String>> {
        self.count()?;
        Ok(self
            .with_secret(&name, "secrets.hmac-sha256", |secret| Ok(hmac::sign(&key(secret), &data).as_ref().to_vec())))
    }

    async fn verify_hmac_sha256(
        &mut self,
        name: String,
        data: Vec<u8>,
        mac: Vec<u8>,
    ) -> wasmtime::Result<Result<bool, String>> {
        self.count()?;
        Ok(self.with_secret(&name, "secrets.verify-hmac-sha256", |secret| {
            Ok(hmac::verify(&key(secret), &data, &mac).is_ok())
        }))
    }

    async fn matches(&mut self, name: String, value: String) -> wasmtime::Result<Result<bool, String>> {
        self.count()?;
        Ok(self.with_secret(&name, "secrets.matches", |secret| {
            // Codes under one key are equal where the texts are, and comparing them tells no more than that.
            let key = key(secret);
            Ok(hmac::verify(&key, value.as_bytes(), hmac::sign(&key, secret.as_bytes()).as_ref()).is_ok())
        }))
    }

    async fn sign_ed25519(&mut self, name: String, data: Vec<u8>) -> wasmtime::Result<Result<Vec<u8>, String>> {
        self.count()?;
        Ok(self.with_secret(&name, "secrets.sign-ed25519", |secret| {
            let seed =
                STANDARD.decode(secret.trim()).map_err(|_| format!("the secret {name:?} is no key in base64"))?;
            let pair = Ed25519KeyPair::from_seed_unchecked(&seed)
                .map_err(|_| format!("the secret {name:?} is no key of 32 bytes"))?;
            Ok(pair.sign(&data).as_ref().to_vec())
        }))
    }
}
