//! Where what was written down is not so: by a person, who names the parts that matter.

use serde_json::Value;

/// The first place where what is expected is not so; what is not named may be as it is. Bytes may be written as text.
pub fn difference(expect: &Value, found: &Value, place: &str) -> Option<String> {
    match (expect, found) {
        (Value::Null, _) => None,
        (Value::Object(parts), _) => parts.iter().find_map(|(name, part)| match found.get(name) {
            Some(there) => difference(part, there, &format!("{place}.{name}")),
            // Also where nothing particular is expected of it: an error has no `Ok`.
            None => Some(format!("{place}.{name} is not there")),
        }),
        (Value::Array(parts), Value::Array(there)) if parts.len() == there.len() => parts
            .iter()
            .zip(there)
            .enumerate()
            .find_map(|(at, (part, there))| difference(part, there, &format!("{place}[{at}]"))),
        (Value::String(text), Value::Array(bytes)) => {
            let bytes: Vec<u8> = bytes.iter().filter_map(|byte| byte.as_u64().map(|byte| byte as u8)).collect();
            (text.as_bytes() != bytes)
                .then(|| format!("{place} is {:?}, not {text:?}", String::from_utf8_lossy(&bytes)))
        }
        // A moment is a float, and people write it as a whole number.
        (Value::Number(number), Value::Number(there)) if number.as_f64() == there.as_f64() => None,
        _ => (expect != found).then(|| format!("{place} is {found}, not {expect}")),
    }
}

#[cfg(test)]
mod tests {
    use super::difference;
    use serde_json::json;

    #[test]
    fn only_what_is_expected_has_to_be_so() {
        let found = json!({ "Ok": { "a": [1, 2.0], "b": "x", "c": [104, 105], "d": null } });
        let differs = |expect| difference(&expect, &found, "");
        assert_eq!(differs(json!({ "Ok": { "a": [1, 2], "c": "hi", "d": null } })), None);
        assert_eq!(differs(json!({ "Ok": { "a": [1.0, 2] } })), None);
        assert!(differs(json!({ "Ok": { "a": [1, 2.5] } })).is_some());
        assert_eq!(differs(json!(null)), None);
        assert_eq!(differs(json!({ "Ok": { "b": "y" } })), Some(".Ok.b is \"x\", not \"y\"".to_owned()));
        assert!(differs(json!({ "Ok": { "a": [1] } })).is_some());
        assert!(differs(json!({ "Err": { "a": 1 } })).is_some());
        assert_eq!(differs(json!({ "Err": null })), Some(".Err is not there".to_owned()));
        assert_eq!(differs(json!({ "Ok": { "e": null } })), Some(".Ok.e is not there".to_owned()));
    }
}
