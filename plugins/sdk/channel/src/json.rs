//! Somebody else's JSON, where nothing is sure to be there.

use crate::{Result, fault, worded};
use serde_json::Value;

/// What a call carries.
///
/// # Errors
/// That it is no JSON.
pub fn read(body: &[u8]) -> Result<Value> {
    serde_json::from_slice(body).map_err(|why| {
        fault::rejected("not-json", &worded!("dette er ikke gyldig JSON ({why})", "this is no valid JSON ({why})"))
    })
}

/// The text at a path such as `message.text` or `items.0.id`; a number as its digits. None for nothing, and for blanks.
pub fn text(json: &Value, path: &str) -> Option<String> {
    match at(json, path)? {
        Value::String(text) if !text.trim().is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// A whole number, also where it stands as text.
pub fn whole(json: &Value, path: &str) -> Option<i64> {
    match at(json, path)? {
        Value::String(text) => text.trim().parse().ok(),
        value => value.as_i64(),
    }
}

/// The items of a list; none is an empty one.
pub fn items<'a>(json: &'a Value, path: &str) -> &'a [Value] {
    at(json, path).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// What a path leads to.
pub fn at<'a>(json: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').try_fold(json, |value, part| match value {
        Value::Array(items) => part.parse::<usize>().ok().and_then(|at| items.get(at)),
        other => other.get(part),
    })
}

#[cfg(test)]
mod tests {
    use super::{items, text, whole};
    use serde_json::json;

    #[test]
    fn a_path_leads_to_something_or_nowhere() {
        let json = json!({ "a": [{ "b": "x" }, 7], "n": "12", "blank": " ", "no": null });
        assert_eq!(text(&json, "a.0.b").as_deref(), Some("x"));
        assert_eq!(text(&json, "a.1").as_deref(), Some("7"));
        assert_eq!(
            (text(&json, "blank"), text(&json, "no"), text(&json, "a.9.b"), text(&json, "")),
            (None, None, None, None)
        );
        assert_eq!((whole(&json, "n"), whole(&json, "a.1"), whole(&json, "a")), (Some(12), Some(7), None));
        assert_eq!((items(&json, "a").len(), items(&json, "n").len()), (2, 0));
    }
}
