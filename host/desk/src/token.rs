//! Secrets that travel: what is random, what is signed, and what is kept of it.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::blob::hex;

/// 256 random bits, safe in an address.
pub(crate) fn random() -> String {
    let bytes: [u8; 32] = rand::random();
    URL_SAFE_NO_PAD.encode(bytes)
}

/// What the database keeps of a token: nobody can sign in with a stolen copy of it.
pub(crate) fn kept(token: &str) -> String {
    hex(&Sha256::digest(token.as_bytes()))
}

/// 128 bits of HMAC-SHA-256 (RFC 2104) over a purpose and a subject, safe in an address.
pub(crate) fn sign(secret: &[u8], purpose: &str, subject: &str) -> String {
    // HMAC takes keys of any length; `new_from_slice` can't fail for it.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret) else { return String::new() };
    mac.update(purpose.as_bytes());
    mac.update(b":");
    mac.update(subject.as_bytes());
    URL_SAFE_NO_PAD.encode(&mac.finalize().into_bytes()[..16])
}

/// Compares in constant time.
pub(crate) fn verify(secret: &[u8], purpose: &str, subject: &str, signature: &str) -> bool {
    let good = sign(secret, purpose, subject);
    !good.is_empty() && good.as_bytes().ct_eq(signature.as_bytes()).into()
}
