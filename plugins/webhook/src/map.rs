//! Where in somebody's JSON things stand: `message.text`, `items.0.body`.

use saker_channel::json;
use serde_json::Value;

/// What a path leads to, as text; none where it leads nowhere, or to something that is no text.
pub fn text(json: &Value, path: &str) -> Option<String> {
    match found(json, path)? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(yes) => Some(yes.to_string()),
        _ => None,
    }
    .filter(|text| !text.trim().is_empty())
}

fn found<'a>(json: &'a Value, path: &str) -> Option<&'a Value> {
    let path = path.trim();
    if path.is_empty() {
        return None;
    }
    // A key with a dot in it, as some systems have.
    if let Some(value) = json.get(path) {
        return Some(value);
    }
    json::at(json, path)
}

#[cfg(test)]
mod tests {
    use super::text;
    use serde_json::json;

    #[test]
    fn a_path_leads_to_text_or_nowhere() {
        let json = json!({ "a": { "b": [{ "c": "here" }, 7] }, "d.e": "dotted", "empty": " ", "n": null });
        for (path, want) in [
            ("a.b.0.c", Some("here")),
            ("a.b.1", Some("7")),
            ("d.e", Some("dotted")),
            ("a", None),
            ("a.b", None),
            ("a.b.9", None),
            ("empty", None),
            ("n", None),
            ("", None),
            ("..", None),
        ] {
            assert_eq!(text(&json, path).as_deref(), want, "{path}");
        }
    }
}
