//! What somebody else's call or answer carries, wherever it stands: JSON, a form, or the query of an address. Whoever says where
//! things stand need not know which it is.

use crate::{Result, fault, form, inbound::Webhook, json, parts, proof, worded};
use serde_json::Value;

/// The path that means all of it.
const WHOLE: &str = ".";

/// What was carried.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Content {
    json: Value,
    fields: Vec<(String, String)>,
    /// As it stands, for answers that are nothing but a number or a word.
    whole: String,
    /// What came along in a form of several parts.
    files: Vec<parts::File>,
}

impl Content {
    /// What a call carries: its body, and what stands behind `?`.
    ///
    /// # Errors
    /// For JSON that breaks off, and a form of several parts that does.
    pub fn of(req: &Webhook) -> Result<Self> {
        let mut content = Self::read(&proof::header(req, "content-type"), &req.body)?;
        content.fields.extend(form::read(req.query.as_bytes()));
        Ok(content)
    }

    /// What a body carries. `mime` is what its sender says that it is; what begins as JSON is JSON all the same.
    ///
    /// # Errors
    /// As [`Self::of`].
    pub fn read(mime: &str, body: &[u8]) -> Result<Self> {
        if let Some(boundary) = parts::boundary(mime) {
            let read = parts::read(body, &boundary)
                .ok_or_else(|| fault::rejected("not-a-form", &worded!("skjemaet er avbrutt", "the form breaks off")))?;
            let (fields, files) = parts::fields_and_files(read);
            return Ok(Self { fields, files, ..Self::default() });
        }
        let whole = String::from_utf8_lossy(body).trim().to_owned();
        if mime.to_ascii_lowercase().contains("json") || whole.starts_with(['{', '[']) {
            return Ok(Self { json: json::read(body)?, whole, ..Self::default() });
        }
        Ok(Self { fields: form::read(whole.as_bytes()), whole, ..Self::default() })
    }

    /// The files of a form of several parts; they are taken out.
    pub fn take_files(&mut self) -> Vec<parts::File> {
        std::mem::take(&mut self.files)
    }

    /// The text at a path such as `message.text` or `items.0.body`, or in the field of that name; a number as its digits. A
    /// point alone is all of it. None for nothing, and for blanks.
    pub fn text(&self, path: &str) -> Option<String> {
        let path = path.trim();
        let found = match path {
            "" => None,
            WHOLE => Some(self.whole.clone()),
            path => text(&self.json, path).or_else(|| Some(form::field(&self.fields, path).to_owned())),
        };
        found.filter(|text| !text.trim().is_empty())
    }

    /// What there is of a list: each of its items by itself. Without a path, and where there is no list, it is all one.
    pub fn items(self, path: &str) -> Vec<Self> {
        let list = match path.trim() {
            "" => None,
            WHOLE => self.json.as_array(),
            path => find(&self.json, path).and_then(Value::as_array),
        };
        match list {
            Some(list) => list.iter().map(|json| Self { json: json.clone(), ..Self::default() }).collect(),
            None => vec![self],
        }
    }

    /// The texts of a list, or the one text that stands there.
    pub fn texts(&self, path: &str) -> Vec<String> {
        match find(&self.json, path.trim()) {
            Some(Value::Array(items)) => items.iter().filter_map(written).collect(),
            _ => self.text(path).into_iter().collect(),
        }
    }
}

fn text(json: &Value, path: &str) -> Option<String> {
    find(json, path).and_then(written)
}

fn written(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(yes) => Some(yes.to_string()),
        _ => None,
    }
}

fn find<'a>(json: &'a Value, path: &str) -> Option<&'a Value> {
    // A key with a dot in it, as some systems have.
    json.get(path).or_else(|| json::at(json, path))
}

#[cfg(test)]
mod tests {
    use super::Content;

    #[test]
    fn a_path_leads_to_text_or_nowhere() {
        let body = br#"{ "a": { "b": [{ "c": "here" }, 7] }, "d.e": "dotted", "empty": " ", "n": null, "yes": true }"#;
        let content = Content::read("application/json", body).unwrap();
        for (path, want) in [
            ("a.b.0.c", Some("here")),
            (" a.b.1 ", Some("7")),
            ("d.e", Some("dotted")),
            ("yes", Some("true")),
            ("a", None),
            ("a.b", None),
            ("a.b.9", None),
            ("empty", None),
            ("n", None),
            ("", None),
            ("..", None),
        ] {
            assert_eq!(content.text(path).as_deref(), want, "{path}");
        }
    }

    #[test]
    fn a_form_is_read_by_its_fields_and_a_word_by_a_point() {
        let form =
            Content::read("application/x-www-form-urlencoded", b"from=%2B4740000000&text=Hei+%C3%B8&x=").unwrap();
        assert_eq!((form.text("from").as_deref(), form.text("text").as_deref()), (Some("+4740000000"), Some("Hei ø")));
        assert_eq!((form.text("x"), form.text("no")), (None, None));
        let parts = b"--b\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\nHei\r\n--b--\r\n";
        let parts = Content::read("multipart/form-data; boundary=b", parts).unwrap();
        assert_eq!(parts.text("text").as_deref(), Some("Hei"));
        let file = b"--b\r\nContent-Disposition: form-data; name=\"bilde\"; filename=\"a.png\"\r\nContent-Type: image/png\r\n\r\nxy\r\n--b--\r\n";
        let mut file = Content::read("multipart/form-data; boundary=b", file).unwrap();
        let files = file.take_files();
        assert_eq!(
            (files[0].name.as_str(), files[0].mime.as_str(), files[0].bytes.as_slice()),
            ("a.png", "image/png", &b"xy"[..])
        );
        assert!(file.take_files().is_empty() && file.text("bilde").is_none());
        assert_eq!(Content::read("text/plain", b" 12345\n").unwrap().text(".").as_deref(), Some("12345"));
    }

    #[test]
    fn a_list_is_taken_apart() {
        let body = br#"{ "results": [{ "id": 1 }, { "id": 2 }], "files": ["a", "b"], "one": "c" }"#;
        let content = Content::read("", body).unwrap();
        assert_eq!(
            (content.texts("files"), content.texts("one")),
            (vec!["a".into(), "b".into()], vec!["c".to_owned()])
        );
        let ids = |path: &str| content.clone().items(path).iter().map(|item| item.text("id")).collect::<Vec<_>>();
        assert_eq!(ids("results"), [Some("1".to_owned()), Some("2".to_owned())]);
        assert_eq!((ids("").len(), ids("no").len()), (1, 1));
        assert_eq!(Content::read("", b"[{}, {}]").unwrap().items(".").len(), 2);
    }

    #[test]
    fn what_breaks_off_is_refused() {
        for body in ["{", "[1", "{\"a\":"] {
            assert!(Content::read("", body.as_bytes()).is_err(), "{body}");
        }
        assert!(Content::read("application/json", b"").is_err());
        assert!(Content::read("multipart/form-data; boundary=b", b"--b\r\n").is_err());
        assert!(Content::read("", b"").unwrap().text("a").is_none());
    }
}
