//! The contract's side: `wit` types in, `wit` types out.

use crate::{Input, Quote};
use exports::saker::plugin::{descriptor, reply_renderer};
use saker::plugin::types;
use saker_plugin::{attr, pair};

wit_bindgen::generate!({ path: "../../wit", world: "reply-template" });

#[global_allocator]
static MEMORY: saker_memory::Memory = saker_memory::memory();

struct Templates;
export!(Templates);

impl descriptor::Guest for Templates {
    fn describe() -> descriptor::Description {
        descriptor::Description {
            id: "saker.templates".into(),
            name: "Standard templates".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            summary: "The mails that Saker sends, and texts for agents to start from.".into(),
            config_schema: "{}".into(),
            features: vec!["html".into()],
            max_body_bytes: None,
            max_attachment_bytes: None,
        }
    }
}

impl reply_renderer::Guest for Templates {
    fn list_templates(locale: String) -> Vec<reply_renderer::TemplateInfo> {
        let norwegian = Input { locale, ..Input::default() }.norwegian();
        crate::cards()
            .iter()
            .map(|card| reply_renderer::TemplateInfo {
                name: card.name.into(),
                title: if norwegian { card.title.0 } else { card.title.1 }.into(),
                summary: if norwegian { card.summary.0 } else { card.summary.1 }.into(),
                locales: vec!["nb".into(), "en".into()],
                params_schema: schema(card),
            })
            .collect()
    }

    fn render(input: reply_renderer::TemplateInput) -> Result<reply_renderer::Rendered, types::PluginError> {
        let output = crate::render(&self::input(input)).map_err(|why| {
            types::PluginError::Rejected(types::Failure {
                code: "template".into(),
                message: why.0,
                remote_status: None,
                retry_after_ms: None,
            })
        })?;
        Ok(reply_renderer::Rendered {
            subject: output.subject,
            html: output.html,
            text: output.text,
            warnings: output.warnings,
        })
    }

    fn sample(template: String, locale: String) -> Option<reply_renderer::TemplateInput> {
        crate::sample(&template, &locale).map(template_input)
    }
}

fn schema(card: &crate::Card) -> String {
    let asked = card.asks.iter().map(|asked| {
        let said = |title: &str, hint: &str| serde_json::json!({ "title": title, "description": hint });
        let mut line = said(asked.title.1, asked.hint.1);
        line["type"] = "string".into();
        line["maxLength"] = 100.into();
        line["x-nb"] = said(asked.title.0, asked.hint.0);
        (asked.name.to_owned(), line)
    });
    serde_json::json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "x-saker-use": card.of.word(),
        "x-saker-needs": card.needs,
        "properties": asked.collect::<serde_json::Map<_, _>>(),
        "additionalProperties": { "type": "string" },
    })
    .to_string()
}

fn input(from: reply_renderer::TemplateInput) -> Input {
    let variable = |name: &str| attr(&from.variables, name).unwrap_or_default().to_owned();
    let agent = from.agent.as_ref();
    let quote = Quote {
        name: variable("quote-name"),
        at: variable("quote-at").parse().unwrap_or_default(),
        text: variable("quote-text"),
    };
    Input {
        template: from.template,
        locale: from.locale,
        time_zone: from.time_zone,
        now: from.now as i64,
        organisation: attr(&from.ticket.attrs, "organisation").unwrap_or_default().to_owned(),
        category: attr(&from.ticket.attrs, "category").unwrap_or_default().to_owned(),
        number: from.ticket.number,
        title: from.ticket.subject,
        url: from.ticket.url.unwrap_or_default(),
        customer_name: from.customer.name.unwrap_or_default(),
        customer_email: from.customer.email.unwrap_or_default(),
        agent_name: agent.and_then(|agent| agent.name.clone()).unwrap_or_default(),
        signature: agent.and_then(|agent| attr(&agent.attrs, "signature")).unwrap_or_default().to_owned(),
        draft: from.draft.unwrap_or_default(),
        quote: (!quote.text.trim().is_empty()).then_some(quote),
        more: from.variables.into_iter().filter(|(name, _)| !name.starts_with("quote-")).collect(),
    }
}

fn template_input(from: Input) -> reply_renderer::TemplateInput {
    let some = |text: String| (!text.is_empty()).then_some(text);
    let mut variables = from.more;
    if let Some(quote) = from.quote {
        variables.extend([
            pair("quote-name", quote.name),
            pair("quote-at", quote.at.to_string()),
            pair("quote-text", quote.text),
        ]);
    }
    reply_renderer::TemplateInput {
        template: from.template,
        ticket: types::TicketView {
            number: from.number,
            subject: from.title,
            status: String::new(),
            priority: String::new(),
            created_at: 0.0,
            tags: Vec::new(),
            url: some(from.url),
            last_message: None,
            attrs: vec![pair("category", from.category), pair("organisation", from.organisation)],
        },
        customer: types::Person {
            name: some(from.customer_name),
            email: some(from.customer_email),
            locale: some(from.locale.clone()),
            attrs: Vec::new(),
        },
        agent: some(from.agent_name).map(|name| types::Person {
            name: Some(name),
            email: None,
            locale: None,
            attrs: vec![pair("signature", from.signature)],
        }),
        locale: from.locale,
        time_zone: from.time_zone,
        now: from.now as f64,
        variables,
        draft: some(from.draft),
    }
}
