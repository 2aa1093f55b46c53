//! What goes into the record of a call: never more than there is room for, however much a guest or a remote said, and no
//! secrets, whether they came as text or as bytes.

use super::secret::Secrets;
use serde::Serialize;
use serde_json::Value;
use std::io::{self, Write};

/// A value as JSON, with the bytes that it takes when written; none where that is more than `most`. Memory stays within
/// some times `most`: a number in a list of bytes takes ten times the space that the byte took.
pub fn value(what: &impl Serialize, most: usize) -> Option<(Value, usize)> {
    let mut text = Bounded { bytes: vec![], most };
    serde_json::to_writer(&mut text, what).ok()?;
    let size = text.bytes.len();
    serde_json::from_slice(&text.bytes).ok().map(|value| (value, size))
}

struct Bounded {
    bytes: Vec<u8>,
    most: usize,
}

impl Write for Bounded {
    fn write(&mut self, more: &[u8]) -> io::Result<usize> {
        if self.bytes.len() + more.len() > self.most {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.bytes.extend_from_slice(more);
        Ok(more.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The same with the values of secrets replaced by their names.
pub fn without_secrets(value: Value, secrets: &Secrets) -> Value {
    match value {
        Value::String(text) => Value::String(secrets.hide(&text)),
        Value::Object(fields) => {
            Value::Object(fields.into_iter().map(|(name, value)| (name, without_secrets(value, secrets))).collect())
        }
        Value::Array(items) => match as_text(&items).map(|text| (secrets.hide(&text), text)) {
            Some((hidden, text)) if hidden != text => hidden.bytes().map(Value::from).collect(),
            _ => Value::Array(items.into_iter().map(|item| without_secrets(item, secrets)).collect()),
        },
        other => other,
    }
}

/// A list of bytes that are text.
fn as_text(items: &[Value]) -> Option<String> {
    let byte = |item: &Value| item.as_u64().and_then(|number| u8::try_from(number).ok());
    let bytes: Option<Vec<u8>> = items.iter().map(byte).collect();
    bytes.filter(|bytes| !bytes.is_empty()).map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::{super::call::Account, Secrets, value, without_secrets};
    use serde_json::json;

    #[test]
    fn a_record_is_bounded_and_keeps_no_secret() {
        assert_eq!(value(&vec![7_u8; 10], 100), Some((json!([7, 7, 7, 7, 7, 7, 7, 7, 7, 7]), 21)));
        assert_eq!(value(&vec![7_u8; 1 << 20], 100), None);
        let secret = "se\"same";
        let account = Account { secrets: [("word".to_owned(), secret.to_owned())].into(), ..Account::default() };
        let record = json!({ "body": format!("a {secret} b"), "form": "key=se%22same&to=1", "bytes": format!("c {secret}").as_bytes(), "n": [1, 2] });
        let clean = without_secrets(record, &Secrets::of(account.secrets()));
        assert_eq!(clean["body"], "a {{secret:word}} b");
        assert_eq!(clean["form"], "key={{secret:word}}&to=1");
        assert_eq!(clean["bytes"], json!("c {{secret:word}}".as_bytes()));
        assert_eq!(clean["n"], json!([1, 2]));
    }
}
