//! Texts with places to be filled in, as administrators write them: `{"to": "{to}", "text": "{text}"}`. What is filled in is
//! written as the form around it needs, so that no text can become anything else than a text.
//!
//! `{{secret:NAME}}` and `{{basic:USER:NAME}}` are left for the host, which fills them in on the way out.

use form_urlencoded::byte_serialize;

/// Names, and what they stand for.
pub type Values<'a> = [(&'a str, &'a str)];

/// A template, piece by piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Piece<'a> {
    Text(&'a str),
    /// `{name}`
    Place(&'a str),
    /// `{{…}}`, for the host.
    Secret(&'a str),
}

/// As JSON. In quotes a value is written as JSON needs; without quotes round it, as a number where it is one, else with them.
pub fn json(template: &str, values: &Values) -> String {
    let (mut filled, mut quoted) = (String::new(), false);
    for piece in pieces(template) {
        match piece {
            Piece::Text(text) | Piece::Secret(text) => {
                quoted = is_quoted_after(text, quoted);
                filled.push_str(text);
            }
            Piece::Place(name) => match value(name, values) {
                None => filled.push_str(&format!("{{{name}}}")),
                Some(value) if quoted => {
                    let text = in_quotes(value);
                    filled.push_str(&text[1..text.len() - 1]);
                }
                Some(value) if is_number(value) => filled.push_str(value),
                Some(value) => filled.push_str(&in_quotes(value)),
            },
        }
    }
    filled
}

/// The fields of a form, each on a line of its own or with `&` between: `to = {to}`.
pub fn fields(template: &str, values: &Values) -> Vec<(String, String)> {
    named(template).map(|(name, text)| (plain(name, values), plain(text, values))).collect()
}

/// The same as the query of an address.
pub fn query(template: &str, values: &Values) -> String {
    let one = |(name, text)| format!("{}={}", encoded(name, values), encoded(text, values));
    named(template).map(one).collect::<Vec<_>>().join("&")
}

/// The path of an address, and what may stand behind `?` in it.
pub fn path(template: &str, values: &Values) -> String {
    written(template, values, str::to_owned, crate::call::segment)
}

/// Headers, each on a line of its own: `X-Key: {{secret:token}}`. What is filled in stays on its line.
pub fn headers(template: &str, values: &Values) -> Vec<(String, String)> {
    let line = |text: &str| text.replace(|c: char| c.is_control(), " ");
    let one = |row: &str| {
        let (name, text) = row.split_once(':')?;
        Some((name.trim().to_owned(), line(plain(text.trim(), values).as_str())))
    };
    template.lines().filter_map(one).collect()
}

/// A name in a template that is none of these; the first.
pub fn stranger<'a>(template: &'a str, known: &[&str]) -> Option<&'a str> {
    pieces(template).into_iter().find_map(|piece| match piece {
        Piece::Place(name) if !known.contains(&name) => Some(name),
        _ => None,
    })
}

/// Whether a template has a place of this name.
pub fn has(template: &str, name: &str) -> bool {
    pieces(template).contains(&Piece::Place(name))
}

/// Whether it wants the host to fill something in.
pub fn has_secret(template: &str) -> bool {
    pieces(template).iter().any(|piece| matches!(piece, Piece::Secret(_)))
}

fn named(template: &str) -> impl Iterator<Item = (&str, &str)> {
    let rows = template.lines().flat_map(|line| line.split('&')).filter(|row| !row.trim().is_empty());
    rows.map(|row| row.split_once('=').unwrap_or((row, ""))).map(|(name, text)| (name.trim(), text.trim()))
}

fn plain(template: &str, values: &Values) -> String {
    written(template, values, str::to_owned, str::to_owned)
}

fn encoded(template: &str, values: &Values) -> String {
    let encode = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
    written(template, values, encode, encode)
}

fn written(template: &str, values: &Values, text: impl Fn(&str) -> String, filled: impl Fn(&str) -> String) -> String {
    let one = |piece| match piece {
        Piece::Text(words) => text(words),
        Piece::Secret(secret) => secret.to_owned(),
        Piece::Place(name) => value(name, values).map_or_else(|| text(&format!("{{{name}}}")), &filled),
    };
    pieces(template).into_iter().map(one).collect()
}

fn pieces(template: &str) -> Vec<Piece<'_>> {
    let (mut pieces, mut rest, mut from) = (vec![], template, 0);
    while let Some(at) = rest[from..].find('{') {
        let at = from + at;
        let Some((piece, length)) = secret(&rest[at..]).or_else(|| place(&rest[at..])) else {
            from = at + 1;
            continue;
        };
        if at > 0 {
            pieces.push(Piece::Text(&rest[..at]));
        }
        pieces.push(piece);
        (rest, from) = (&rest[at + length..], 0);
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest));
    }
    pieces
}

fn secret(text: &str) -> Option<(Piece<'_>, usize)> {
    let inside = text.strip_prefix("{{").filter(|text| text.starts_with("secret:") || text.starts_with("basic:"))?;
    let length = inside.find("}}")? + 4;
    Some((Piece::Secret(&text[..length]), length))
}

fn place(text: &str) -> Option<(Piece<'_>, usize)> {
    let (name, _) = text.strip_prefix('{')?.split_once('}')?;
    let fits = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    fits.then_some((Piece::Place(name), name.len() + 2))
}

fn value<'a>(name: &str, values: &Values<'a>) -> Option<&'a str> {
    values.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
}

fn in_quotes(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn is_number(text: &str) -> bool {
    serde_json::from_str::<serde_json::Number>(text).is_ok() && !text.contains(char::is_whitespace)
}

/// Whether the quotes of JSON are open behind a piece of it.
fn is_quoted_after(text: &str, mut quoted: bool) -> bool {
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '"' => quoted = !quoted,
            '\\' if quoted => drop(letters.next()),
            _ => {}
        }
    }
    quoted
}

#[cfg(test)]
mod tests {
    use super::{fields, has, has_secret, headers, json, path, query, stranger};
    use serde_json::{Value, json};

    const WORDS: &str = "Hei \"du\"\\\n{to} & ø\u{0}";
    const VALUES: &[(&str, &str)] =
        &[("to", "+4740000000"), ("digits", "4740000000"), ("text", WORDS), ("zero", "0047")];

    #[test]
    fn whatever_is_filled_in_stays_a_text_of_json() {
        let filled = json(
            r#"{"to":["{to}"],"n":{digits},"z":{zero},"body":"Re: {text}!","raw":{text},"{no}":"a\"{digits}"}"#,
            VALUES,
        );
        let read: Value = serde_json::from_str(&filled).unwrap();
        let want = json!({ "to": ["+4740000000"], "n": 4740000000u64, "z": "0047", "body": format!("Re: {WORDS}!"), "raw": WORDS,
            "{no}": "a\"4740000000" });
        assert_eq!(read, want);
        for evil in ["\"", "\\", "\",\"x\":\"", "\\\"", "}", "\"\"", "\\\\\""] {
            let read: Value = serde_json::from_str(&json(r#"{"a":"{t}","b":{t}}"#, &[("t", evil)])).unwrap();
            assert_eq!(read, json!({ "a": evil, "b": evil }));
        }
    }

    #[test]
    fn whatever_is_filled_in_stays_a_field() {
        let template = "to = {to}\n\ntext={text}&key={{secret:token}}&flag";
        assert_eq!(fields("a={text}", VALUES), [("a".to_owned(), WORDS.to_owned())]);
        assert_eq!(
            query(template, VALUES),
            "to=%2B4740000000&text=Hei+%22du%22%5C%0A%7Bto%7D+%26+%C3%B8%00&key={{secret:token}}&flag="
        );
        assert_eq!(
            path("/v1/{to}/x?a={text}&k={{secret:t}}", &[("to", "../a"), ("text", "b&c?")]),
            "/v1/..%2Fa/x?a=b%26c%3F&k={{secret:t}}"
        );
        let two = "Authorization: Bearer {{secret:token}}\nX-Text: {text}\nnothing";
        let want = [("Authorization", "Bearer {{secret:token}}"), ("X-Text", "a  b")]
            .map(|(a, b)| (a.to_owned(), b.to_owned()));
        assert_eq!(headers(two, &[("text", "a\r\nb")]), want);
    }

    #[test]
    fn a_strange_name_is_found() {
        assert_eq!(stranger(r#"{"a": "{to}", "b": {"c": "{mobile}"}}"#, &["to"]), Some("mobile"));
        assert_eq!(stranger(r#"{"a": "{to}", "{": "}"}"#, &["to"]), None);
        assert!(has("x {to}", "to") && !has("{{to}", "no") && has_secret("{{basic:u:t}}") && !has_secret("{{to}}"));
    }
}
