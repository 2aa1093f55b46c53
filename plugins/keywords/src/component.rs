//! The contract's side.

use crate::{find, meanings};
use exports::saker::plugin::{classifier, descriptor};
use saker::plugin::{config, types};

wit_bindgen::generate!({ path: "../../wit", world: "classify" });

struct Keywords;
export!(Keywords);

impl descriptor::Guest for Keywords {
    fn describe() -> descriptor::Description {
        descriptor::Description {
            id: "saker.keywords".into(),
            name: "Keywords".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            summary: "Suggests category, priority, type and tags by words.".into(),
            config_schema: "{}".into(),
            features: vec![],
            max_body_bytes: None,
            max_attachment_bytes: None,
        }
    }
}

impl classifier::Guest for Keywords {
    fn classify(msg: types::InboundMessage, _: types::Attrs) -> Result<Vec<classifier::Label>, types::PluginError> {
        let meanings = meanings(&config::get("words").unwrap_or_default());
        let text = msg.bodies.first().map(|body| body.text.as_str()).unwrap_or_default();
        let found = find(&meanings, msg.subject.as_deref().unwrap_or_default(), text);
        let label = |found: crate::Finding| classifier::Label {
            name: found.matter,
            value: found.value,
            confidence: found.confidence,
            why: Some(found.words.iter().map(|word| format!("“{word}”")).collect::<Vec<_>>().join(", ")),
        };
        Ok(found.into_iter().map(label).collect())
    }
}
