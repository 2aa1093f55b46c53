//! Secrets at rest: AES-256-GCM (NIST SP 800-38D) under a key made of the data folder's secret. A stolen database opens
//! nothing without that file.

use crate::{Error, Result};
use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, Mac};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use sha2::Sha256;

fn key(secret: &[u8]) -> Result<LessSafeKey> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).map_err(Error::internal)?;
    mac.update(b"seal 1");
    let key = UnboundKey::new(&AES_256_GCM, &mac.finalize().into_bytes()).map_err(Error::internal)?;
    Ok(LessSafeKey::new(key))
}

/// `place` says where the text belongs, so that it opens nowhere else.
pub(crate) fn seal(secret: &[u8], place: &str, text: &str) -> Result<String> {
    let nonce: [u8; NONCE_LEN] = rand::random();
    let mut bytes = text.as_bytes().to_vec();
    key(secret)?
        .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(place.as_bytes()), &mut bytes)
        .map_err(Error::internal)?;
    Ok(STANDARD.encode([nonce.as_slice(), &bytes].concat()))
}

/// # Errors
/// For a text that was sealed with another secret, elsewhere, or was changed since.
pub(crate) fn open(secret: &[u8], place: &str, sealed: &str) -> Result<String> {
    let bytes = STANDARD.decode(sealed).map_err(Error::internal)?;
    let (nonce, sealed) =
        bytes.split_at_checked(NONCE_LEN).ok_or_else(|| Error::internal("a sealed text is cut off"))?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(Error::internal)?;
    let mut sealed = sealed.to_vec();
    let text = key(secret)?.open_in_place(nonce, Aad::from(place.as_bytes()), &mut sealed).map_err(|_| {
        Error::internal("secrets were sealed with another file `secret` than the one in the data folder")
    })?;
    String::from_utf8(text.to_vec()).map_err(Error::internal)
}

#[cfg(test)]
mod tests {
    use super::{open, seal};

    #[test]
    fn a_secret_opens_only_where_it_belongs() {
        let sealed = seal(b"one", "account", "token").unwrap();
        assert!(!sealed.contains("token"));
        assert_eq!(open(b"one", "account", &sealed).unwrap(), "token");
        assert_ne!(seal(b"one", "account", "token").unwrap(), sealed);
        for (secret, place) in [(b"two", "account"), (b"one", "elsewhere")] {
            assert!(open(secret, place, &sealed).is_err());
        }
        assert!(open(b"one", "account", &sealed[..8]).is_err());
    }
}
