//! Says what a request seems to be about: a category whose name stands in the message, and a tag for what sounds urgent. Saker
//! shows both as suggestions; nothing changes before somebody says yes.

pub mod sdk;

use exports::saker::plugin::{
    classifier::{self, Label},
    descriptor,
};
use saker::plugin::{
    config,
    types::{Attrs, InboundMessage, PluginError},
};

wit_bindgen::generate!({ path: "wit", world: "classify" });

struct Signs;
export!(Signs);

impl descriptor::Guest for Signs {
    fn describe() -> descriptor::Description {
        descriptor::Description {
            id: "com.example.signpost".into(),
            name: "Signpost".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            summary: "Suggests a category that is named, and a tag for what is urgent.".into(),
            config_schema: "{}".into(),
            features: vec![],
            max_body_bytes: None,
            max_attachment_bytes: None,
        }
    }
}

impl classifier::Guest for Signs {
    /// `context` has each category, priority, type and tag that the desk has, by its name; Saker lets other labels be.
    fn classify(msg: InboundMessage, context: Attrs) -> Result<Vec<Label>, PluginError> {
        let title = spaced(msg.subject.as_deref().unwrap_or_default());
        let whole = format!("{title}{}", spaced(msg.bodies.first().map(|body| body.text.as_str()).unwrap_or_default()));
        let is_there = |words: &str| !spaced(words).trim().is_empty() && whole.contains(&spaced(words));
        let label = |name: &str, value: &str, words: &str| Label {
            name: name.into(),
            value: value.into(),
            // A name in the title says more than one in the text.
            confidence: if title.contains(&spaced(words)) { 0.8 } else { 0.6 },
            why: Some(format!("“{words}”")),
        };
        let named = sdk::all(&context, "category").filter(|name| is_there(name));
        let mut labels: Vec<_> = named.map(|name| label("category", name, name)).collect();
        let (urgent, tag) = (setting("urgent"), setting("tag"));
        let urgent = urgent.split(',').map(str::trim).find(|word| is_there(word));
        labels.extend(urgent.filter(|_| !tag.is_empty()).map(|word| label("tag", &tag, word)));
        Ok(labels)
    }
}

fn setting(name: &str) -> String {
    config::get(name).unwrap_or_default().trim().to_owned()
}

/// Lower case, with one space for whatever is no letter and no digit and one at each end: so that whole words are found.
fn spaced(text: &str) -> String {
    let lower = text.to_lowercase();
    let words: Vec<_> = lower.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    format!(" {} ", words.join(" "))
}
