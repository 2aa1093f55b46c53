//! Names of the contract as people write them. `wit/` says `external-id` and `rate-limited`; a record says `external_id` and
//! `RateLimited`. Either is understood.

use serde_json::{Map, Value};

/// Cases that have something in them.
const FULL: [&str; 17] = [
    "Ok",
    "Err",
    "Auth",
    "Config",
    "Permanent",
    "Retryable",
    "RateLimited",
    "Rejected",
    "Inline",
    "Stored",
    "Deferred",
    "Bytes",
    "Blob",
    "Multipart",
    "Denied",
    "Invalid",
    "Other",
];

/// Cases that stand for themselves, below the names under which they may stand.
const BARE: [(&str, &[&str]); 5] = [
    ("role", &["Customer", "Agent", "Bot", "Unknown"]),
    ("format", &["Plain", "Markdown", "Html"]),
    ("state", &["Queued", "Sent", "Delivered", "Read", "Failed", "Bounced", "Expired"]),
    ("method", &["Get", "Head", "Post", "Put", "Patch", "Delete", "Options"]),
    (
        "Err",
        &["Unsupported", "Dns", "Refused", "Tls", "Timeout", "TooLarge", "Busy", "Quota", "Conflict", "Unavailable"],
    ),
];

/// A value of the contract in the spelling of records.
pub fn recorded(value: Value) -> Value {
    match value {
        Value::Object(parts) => {
            let alone = parts.len() == 1;
            let respelled = parts.into_iter().map(|(name, part)| {
                let case = FULL.iter().find(|case| alone && is(case, &name));
                let name = case.map_or_else(|| name.replace('-', "_"), |case| (*case).to_owned());
                let part = match part {
                    Value::String(text) => Value::String(case_below(&name, &text).map_or(text, str::to_owned)),
                    other => recorded(other),
                };
                (name, part)
            });
            Value::Object(respelled.collect::<Map<_, _>>())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(recorded).collect()),
        other => other,
    }
}

fn case_below(name: &str, text: &str) -> Option<&'static str> {
    let (_, cases) = BARE.iter().find(|(known, _)| *known == name)?;
    cases.iter().find(|case| is(case, text)).copied()
}

/// Whether a text is a case as the contract spells it.
fn is(case: &str, text: &str) -> bool {
    case.eq_ignore_ascii_case(&text.replace('-', ""))
}

#[cfg(test)]
mod tests {
    use super::recorded;
    use serde_json::json;

    #[test]
    fn both_spellings_say_the_same() {
        let as_in_wit = json!({
            "idempotency-key": "k-1",
            "sender": { "display-name": "post", "role": "agent" },
            "bodies": [{ "format": "markdown", "text": "markdown" }],
            "attrs": [["in-reply-to", "get"]],
            "err": { "rate-limited": { "retry-after-ms": 5 } },
        });
        let as_recorded = json!({
            "idempotency_key": "k-1",
            "sender": { "display_name": "post", "role": "Agent" },
            "bodies": [{ "format": "Markdown", "text": "markdown" }],
            "attrs": [["in-reply-to", "get"]],
            "err": { "RateLimited": { "retry_after_ms": 5 } },
        });
        assert_eq!(recorded(as_in_wit), as_recorded);
        assert_eq!(recorded(as_recorded.clone()), as_recorded);
        assert_eq!(recorded(json!({ "err": "unsupported" })), json!({ "Err": "Unsupported" }));
        assert_eq!(recorded(json!({ "err": "too-large" })), json!({ "Err": "TooLarge" }));
        // How a conversation stands is no case.
        assert_eq!(recorded(json!({ "state": "open" })), json!({ "state": "open" }));
    }
}
