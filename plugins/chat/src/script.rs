//! The script that a site embeds, with its words and its style in it. It is the same for everybody: what differs from account to
//! account it asks for.

use crate::words::Words;
use saker_channel::Tongue;
use serde_json::{Map, Value};

const CODE: &str = include_str!("../widget/chat.js");
const STYLE: &str = include_str!("../widget/chat.css");

/// `chat.js` as it leaves.
pub fn whole() -> String {
    let words = |tongue: Tongue| -> Value {
        Words(tongue).all().into_iter().map(|(name, text)| (name.to_owned(), text.into())).collect::<Map<_, _>>().into()
    };
    let words = serde_json::json!({ "nb": words(Tongue::Nb), "en": words(Tongue::En) });
    let style = Value::from(squeezed(STYLE, "/*"));
    squeezed(CODE, "//").replace("\"{words}\"", &words.to_string()).replace("\"{style}\"", &style.to_string())
}

/// Without indentation, empty lines and lines of comment.
fn squeezed(text: &str, comment: &str) -> String {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with(comment));
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::whole;

    #[test]
    fn it_is_whole_and_small() {
        let script = whole();
        assert!(!script.contains("\"{words}\"") && !script.contains("\"{style}\""));
        assert!(script.contains("Chat med oss") && script.contains("Chat with us") && script.contains("attachShadow"));
        assert!(script.len() < 30 << 10, "{}", script.len());
    }
}
