//! JSON Web Tokens (RFC 7519), as remotes sign their calls with. What a signature is checked with is the caller's.

use crate::{Result, fault, json, proof, worded};
use serde_json::Value;

/// A token that was taken apart, and not believed yet.
#[derive(Clone, Debug)]
pub struct Token {
    /// `alg`, `kid`.
    pub head: Value,
    /// What it says.
    pub claims: Value,
    /// The bytes that are signed.
    pub signed: Vec<u8>,
    /// The signature.
    pub mac: Vec<u8>,
}

impl Token {
    /// Takes a token apart that is signed in this way, and in no other (RFC 8725, section 3.1).
    ///
    /// # Errors
    /// For what is no token of it.
    pub fn read(text: &str, alg: &str) -> Result<Self> {
        let no = || {
            fault::rejected(
                "no-token",
                &worded!("kallet har ikke noe token som kan leses", "the call carries no token that can be read"),
            )
        };
        let parts: Vec<&str> = text.trim().split('.').collect();
        let [head, claims, mac] = parts[..] else { return Err(no()) };
        let signed = format!("{head}.{claims}").into_bytes();
        let object = |part: &str| {
            let value = serde_json::from_slice::<Value>(&proof::from_base64(part)?).ok()?;
            value.is_object().then_some(value)
        };
        let (head, claims) = (object(head).ok_or_else(no)?, object(claims).ok_or_else(no)?);
        let mac = proof::from_base64(mac).filter(|mac| !mac.is_empty()).ok_or_else(no)?;
        if json::text(&head, "alg").as_deref() != Some(alg) {
            return Err(fault::rejected(
                "no-token",
                &worded!("tokenet er ikke signert med {alg}", "the token is not signed with {alg}"),
            ));
        }
        Ok(Self { head, claims, signed, mac })
    }

    /// Whether it is valid at this moment, in Unix milliseconds, give or take [`proof::WINDOW_S`].
    ///
    /// # Errors
    /// That it is too old, or not valid yet.
    pub fn is_current(&self, now_ms: f64) -> Result<()> {
        let now = (now_ms / 1_000.0) as i64;
        let over = json::whole(&self.claims, "exp").is_some_and(|exp| now > exp.saturating_add(proof::WINDOW_S));
        let early = json::whole(&self.claims, "nbf").is_some_and(|nbf| now < nbf.saturating_sub(proof::WINDOW_S));
        if over || early {
            Err(fault::rejected("old", &worded!("tokenet gjelder ikke nå", "the token is not valid at this time")))
        } else {
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Token;
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as B};

    fn token(head: &str, claims: &str) -> String {
        format!("{}.{}.{}", B.encode(head), B.encode(claims), B.encode("mac"))
    }

    #[test]
    fn only_the_way_of_signing_that_is_meant_is_read() {
        let good = token("{\"alg\":\"HS256\"}", "{\"iat\":1}");
        assert_eq!(Token::read(&good, "HS256").unwrap().mac, b"mac");
        for bad in [
            "",
            "..",
            "a.b.c",
            &good[..good.len() - 4],
            &token("{\"alg\":\"none\"}", "{}"),
            &token("{\"alg\":\"RS256\"}", "{}"),
            &token("[]", "{}"),
            &token("{\"alg\":\"HS256\"}", "7"),
        ] {
            assert!(Token::read(bad, "HS256").is_err(), "{bad}");
        }
    }

    #[test]
    fn a_token_has_its_time() {
        let read = |claims: &str| Token::read(&token("{\"alg\":\"HS256\"}", claims), "HS256").unwrap();
        let now = 1_000_000_000.0;
        assert!(read("{\"exp\":1000000}").is_current(now).is_ok());
        assert!(read("{\"exp\":999701,\"nbf\":1000299}").is_current(now).is_ok());
        assert!(read("{\"exp\":999699}").is_current(now).is_err());
        assert!(read("{\"nbf\":1000301}").is_current(now).is_err());
        assert!(read("{\"exp\":-9223372036854775808}").is_current(now).is_err());
    }
}
