//! Who calls: the token that the Bot Connector sends along (learn.microsoft.com/azure/bot-service/rest-api/
//! bot-framework-rest-connector-authentication, "Connector to Bot: step 4"). All seven of its requirements are looked at here.

use crypto_bigint::{
    BoxedUint, Odd,
    modular::{BoxedMontyForm, BoxedMontyParams},
};
use saker_channel::{Result, fault, json, jwt::Token, proof, worded};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// The smallest and the largest key that is believed, in bytes.
const SIZES: std::ops::RangeInclusive<usize> = 256..=512;
/// "The following hash is of SHA-256", as a signature says it (RFC 8017, section 9.2, note 1).
const SHA_256: [u8; 19] =
    [0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20];

/// A key of the Bot Connector, as a JSON Web Key says it (RFC 7517, RFC 7518 section 6.3.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Key {
    /// Its name.
    pub kid: String,
    n: String,
    e: String,
    /// Channels that it may sign for; empty is all.
    endorsements: Vec<String>,
}

/// The RSA keys of a set.
pub fn keys(set: &Value) -> Vec<Key> {
    let read = |key: &Value| {
        let endorsements =
            json::items(key, "endorsements").iter().filter_map(Value::as_str).map(str::to_owned).collect();
        let rsa = json::text(key, "kty").as_deref() == Some("RSA");
        Some(Key { kid: json::text(key, "kid")?, n: json::text(key, "n")?, e: json::text(key, "e")?, endorsements })
            .filter(|_| rsa)
    };
    json::items(set, "keys").iter().filter_map(read).collect()
}

impl Key {
    /// Whether this key signed a token: RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017, section 8.2.2). The whole block is made
    /// anew and compared, so that nothing in it is taken on trust. Everything here is public: no step has to take equally long.
    fn signed(&self, token: &Token) -> bool {
        let opened = || {
            let (n, e) = (proof::from_base64(&self.n)?, proof::from_base64(&self.e)?);
            if !SIZES.contains(&n.len()) || n.len() != token.mac.len() || e.len() > 4 {
                return None;
            }
            let number = |bytes: &[u8], bits: u32| BoxedUint::from_be_slice(bytes, bits).ok();
            let bits = n.len() as u32 * 8;
            let (modulus, signature) = (number(&n, bits)?, number(&token.mac, bits)?);
            if signature >= modulus {
                return None;
            }
            let modulus: Odd<BoxedUint> = Option::from(Odd::new(modulus))?;
            let base = BoxedMontyForm::new(signature, BoxedMontyParams::new_vartime(modulus));
            let block = base.pow_bounded_exp(&number(&e, 32)?, 32).retrieve().to_be_bytes();
            // Whole words of the machine may be more than the key has.
            Some(block[block.len() - n.len()..].to_vec())
        };
        opened().is_some_and(|block| block == whole_block(token, block.len()))
    }
}

/// What a signature of this size must open to (RFC 8017, section 9.2).
fn whole_block(token: &Token, size: usize) -> Vec<u8> {
    let hash = Sha256::digest(&token.signed);
    let filled = size.saturating_sub(3 + SHA_256.len() + hash.len());
    [&[0, 1][..], &vec![0xff; filled], &[0], &SHA_256, &hash].concat()
}

/// Whether a token says that this activity is this Bot Connector's, for the bot `app`, at this moment.
///
/// # Errors
/// What does not fit.
pub fn is_from_connector(
    token: &Token,
    key: &Key,
    (connector, app): (&str, &str),
    activity: &Value,
    now_ms: f64,
) -> Result<()> {
    let no = |words: &str| Err(fault::rejected("not-proven", words));
    let claim = |name: &str| json::text(&token.claims, name).unwrap_or_default();
    if !key.signed(token) {
        return no(&worded!("signaturen på tokenet er feil", "the token's signature is wrong"));
    }
    if claim("iss") != connector {
        return no(&worded!("tokenet er ikke fra Bot Connector", "the token is not from the Bot Connector"));
    }
    if !claim("aud").eq_ignore_ascii_case(app) {
        return no(&worded!("tokenet er til en annen bot", "the token is for another bot"));
    }
    if json::whole(&token.claims, "exp").is_none() {
        return no(&worded!("tokenet går aldri ut", "the token never ends"));
    }
    token.is_current(now_ms)?;
    let channel = json::text(activity, "channelId").unwrap_or_default();
    if !key.endorsements.is_empty() && !key.endorsements.contains(&channel) {
        return no(&worded!("nøkkelen er ikke for denne kanalen", "the key is not for this channel"));
    }
    let at = |url: String| url.trim_end_matches('/').to_owned();
    let service = at(json::text(activity, "serviceUrl").unwrap_or_default());
    let claimed = at(["serviceurl", "serviceUrl"].map(claim).concat());
    if service.is_empty() || service != claimed {
        no(&worded!("tokenet er til en annen adresse", "the token is for another address"))
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{is_from_connector, keys};
    use saker_channel::{Result, jwt::Token};
    use serde_json::{Value, json};

    // Made for these tests, with a key that signs nothing else.
    const SET: &str = include_str!("../tests/keys.json");
    const TOKEN: &str = include_str!("../tests/token.txt");
    const OTHER: &str = include_str!("../tests/token-of-another-key.txt");
    const APP: &str = "00000000-0000-4000-8000-000000000001";
    const NOW: f64 = 1_795_510_800_000.0;

    fn activity() -> Value {
        json!({ "channelId": "msteams", "serviceUrl": "https://smba.trafficmanager.net/emea/" })
    }

    fn believed(token: &str, app: &str, activity: &Value, now: f64) -> Result<()> {
        believed_of("https://api.botframework.com", token, app, activity, now)
    }

    fn believed_of(connector: &str, token: &str, app: &str, activity: &Value, now: f64) -> Result<()> {
        let set: Value = serde_json::from_str(SET).unwrap();
        is_from_connector(&Token::read(token, "RS256")?, &keys(&set)[0], (connector, app), activity, now)
    }

    #[test]
    fn the_connectors_token_is_believed() {
        assert!(believed(TOKEN, APP, &activity(), NOW).is_ok());
        assert!(believed(TOKEN, APP, &activity(), NOW + 3_600_000.0).is_ok());
    }

    #[test]
    fn nothing_near_it_is() {
        assert!(believed(OTHER, APP, &activity(), NOW).is_err());
        assert!(believed_of("https://api.botframework.us", TOKEN, APP, &activity(), NOW).is_err());
        assert!(believed(TOKEN, "00000000-0000-4000-8000-000000000002", &activity(), NOW).is_err());
        assert!(believed(TOKEN, APP, &activity(), NOW + 3_901_000.0 + 300_000.0).is_err());
        assert!(believed(TOKEN, APP, &activity(), NOW - 301_000.0).is_err());
        let mut elsewhere = activity();
        elsewhere["serviceUrl"] = "https://evil.example/".into();
        assert!(believed(TOKEN, APP, &elsewhere, NOW).is_err());
        let mut channel = activity();
        channel["channelId"] = "webchat".into();
        assert!(believed(TOKEN, APP, &channel, NOW).is_err());
        assert!(believed(TOKEN, APP, &json!({}), NOW).is_err());
        // One letter of what it says.
        let (head, rest) = TOKEN.split_once('.').unwrap();
        let (claims, mac) = rest.split_once('.').unwrap();
        let changed = claims.replacen('a', "b", 1);
        assert_ne!(changed, claims);
        assert!(believed(&format!("{head}.{changed}.{mac}"), APP, &activity(), NOW).is_err());
        assert!(believed(&format!("{head}.{claims}.AAAA"), APP, &activity(), NOW).is_err());
    }

    #[test]
    fn a_set_without_sense_has_no_keys() {
        for set in [json!({}), json!({ "keys": [{}, 7, { "kty": "EC", "kid": "a", "n": "x", "e": "y" }] }), json!(null)]
        {
            assert!(keys(&set).is_empty(), "{set}");
        }
    }
}
