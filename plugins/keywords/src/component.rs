//! The contract's side.

use crate::{find, meanings, mistake};
use exports::saker::plugin::{classifier, descriptor, setup};
use saker::plugin::{config, types};

wit_bindgen::generate!({
    path: "../../wit",
    inline: r#"
        package saker:keywords;

        world keywords {
            include saker:plugin/classify@0.1.0;
            export saker:plugin/setup@0.1.0;
        }
    "#,
    world: "saker:keywords/keywords",
    generate_all,
});

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

/// The lines, as the administrator wrote them.
fn lines() -> String {
    config::get("words").unwrap_or_default()
}

impl setup::Guest for Keywords {
    fn check() -> Result<(), types::PluginError> {
        let Some(mistake) = mistake(&lines()) else { return Ok(()) };
        let bokmal = config::get("saker.language").as_deref() == Some("nb");
        Err(types::PluginError::Config(types::Failure {
            code: "nonsense".into(),
            message: format!("words: {}", mistake.words(bokmal)),
            remote_status: None,
            retry_after_ms: None,
        }))
    }

    fn connect(_: String) -> Result<types::Attrs, types::PluginError> {
        Err(types::PluginError::Unsupported)
    }

    fn disconnect() -> Result<(), types::PluginError> {
        Err(types::PluginError::Unsupported)
    }
}

impl classifier::Guest for Keywords {
    fn classify(msg: types::InboundMessage, _: types::Attrs) -> Result<Vec<classifier::Label>, types::PluginError> {
        let meanings = meanings(&lines());
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
