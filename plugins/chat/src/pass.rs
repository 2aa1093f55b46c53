//! The pass by which a browser shows whose conversation it has: a name that nobody guesses, signed by a key that is the account's
//! and never leaves the host. Nothing has to be kept of a pass, and none can be made elsewhere.

use saker_channel::{Result, fault, proof, random, secrets};

const KEY: &str = "seal";

/// A new conversation's.
pub fn new() -> Result<String> {
    let id = proof::hex(&random::bytes(16));
    let seal = secrets::hmac_sha256(KEY, id.as_bytes()).map_err(|_| fault::no_secret(KEY))?;
    let seal = proof::base64(&seal).replace('+', "-").replace('/', "_");
    Ok(format!("{id}.{}", seal.trim_end_matches('=')))
}

/// Whose it is; none where it is nobody's.
pub fn read(pass: &str) -> Result<Option<String>> {
    let Some((id, seal)) = pass.split_once('.').filter(|(id, _)| id.len() == 32) else { return Ok(None) };
    let Some(seal) = proof::from_base64(seal).filter(|seal| seal.len() == 32) else { return Ok(None) };
    let good = secrets::verify_hmac_sha256(KEY, id.as_bytes(), &seal).map_err(|_| fault::no_secret(KEY))?;
    Ok(good.then(|| id.to_owned()))
}
