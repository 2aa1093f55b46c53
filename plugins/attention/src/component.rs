//! The contract's side.

use crate::proposals;
use exports::saker::plugin::{automation, descriptor};
use saker::plugin::{config, types};

wit_bindgen::generate!({ path: "../../wit", world: "automate" });

struct Attention;
export!(Attention);

impl descriptor::Guest for Attention {
    fn describe() -> descriptor::Description {
        descriptor::Description {
            id: "saker.attention".into(),
            name: "Important customers".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            summary: "Marks the requests of customers who matter most.".into(),
            config_schema: "{}".into(),
            features: vec![],
            max_body_bytes: None,
            max_attachment_bytes: None,
        }
    }
}

impl automation::Guest for Attention {
    fn on_event(e: automation::Event) -> Result<Vec<automation::Action>, types::PluginError> {
        if e.kind != "ticket-opened" {
            return Ok(vec![]);
        }
        let customer = e.ticket.attrs.iter().find(|(name, _)| name == "customer").map(|(_, value)| value.as_str());
        let lines = config::get("customers").unwrap_or_default();
        let action = |(kind, name, value): (&'static str, &'static str, String)| automation::Action {
            kind: kind.to_owned(),
            args: vec![(name.to_owned(), value)],
        };
        Ok(proposals(&lines, customer.unwrap_or_default()).into_iter().map(action).collect())
    }
}
