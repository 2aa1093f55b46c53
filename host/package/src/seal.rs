//! Who made a plugin: Ed25519 (RFC 8032) over the file. No registry, no network: the first key that signs an id owns it.

use crate::manifest::Trouble;
use ring::{
    rand::SystemRandom,
    signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey},
};
use std::fmt;

/// Bytes of a key.
const KEY: usize = 32;
/// Bytes of a signature.
const SIGNATURE: usize = 64;

/// What is signed is said to be a plugin, so that a signature of something else can't be passed off as one.
const PURPOSE: &[u8] = b"saker plugin 1\0";

/// A publisher's public key.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Publisher(pub [u8; KEY]);

impl fmt::Display for Publisher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Publisher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Publisher({self})")
    }
}

impl Publisher {
    /// From 64 hexadecimal digits.
    pub fn parse(hex: &str) -> Option<Self> {
        from_hex(hex).map(Self)
    }

    /// Checks the content of a signature section against what stands before it.
    pub(crate) fn verify(section: &[u8], signed: &[u8]) -> Result<Self, Trouble> {
        let (key, signature) = section
            .split_at_checked(KEY)
            .filter(|(_, signature)| signature.len() == SIGNATURE)
            .ok_or_else(|| Trouble::new("the signature is damaged"))?;
        UnparsedPublicKey::new(&ED25519, key)
            .verify(&message(signed), signature)
            .map_err(|_| Trouble::new("the signature does not fit: the file was changed after it was signed"))?;
        let mut publisher = [0; KEY];
        publisher.copy_from_slice(key);
        Ok(Self(publisher))
    }
}

fn message(signed: &[u8]) -> Vec<u8> {
    use sha2::{Digest, Sha256};
    [PURPOSE, &Sha256::digest(signed)].concat()
}

fn from_hex(hex: &str) -> Option<[u8; KEY]> {
    let hex = hex.trim();
    if hex.len() != KEY * 2 || !hex.is_ascii() {
        return None;
    }
    let mut bytes = [0; KEY];
    for (at, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&hex[at * 2..at * 2 + 2], 16).ok()?;
    }
    Some(bytes)
}

/// An author's private key. Kept by its author, never by a server.
pub struct KeyFile([u8; KEY]);

impl KeyFile {
    /// A fresh one.
    ///
    /// # Errors
    /// When the system gives no randomness.
    pub fn fresh() -> Result<Self, Trouble> {
        let random: ring::rand::Random<[u8; KEY]> =
            ring::rand::generate(&SystemRandom::new()).map_err(|_| Trouble::new("the system gives no randomness"))?;
        Ok(Self(random.expose()))
    }

    /// From the text of a key file.
    ///
    /// # Errors
    /// For a text that is none.
    pub fn parse(text: &str) -> Result<Self, Trouble> {
        let digits = text.lines().find(|line| !line.starts_with('#') && !line.trim().is_empty());
        digits
            .and_then(from_hex)
            .map(Self)
            .ok_or_else(|| Trouble::new("this is no key; make one with `saker plugin key`"))
    }

    /// The text of the key file.
    pub fn text(&self) -> String {
        let hex: String = self.0.iter().map(|byte| format!("{byte:02x}")).collect();
        format!("# A private key that signs plugins. Whoever has it can publish in your name.\n{hex}\n")
    }

    pub fn publisher(&self) -> Publisher {
        let mut key = [0; KEY];
        if let Ok(pair) = Ed25519KeyPair::from_seed_unchecked(&self.0) {
            key.copy_from_slice(pair.public_key().as_ref());
        }
        Publisher(key)
    }

    /// The content of the signature section.
    pub(crate) fn sign(&self, signed: &[u8]) -> Result<Vec<u8>, Trouble> {
        let pair = Ed25519KeyPair::from_seed_unchecked(&self.0).map_err(|_| Trouble::new("this is no key"))?;
        Ok([pair.public_key().as_ref(), pair.sign(&message(signed)).as_ref()].concat())
    }
}
