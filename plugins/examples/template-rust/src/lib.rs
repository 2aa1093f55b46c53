//! A reply template in code: that somebody is still waited for, and until when. What goes in and what comes out has types,
//! so what is missing or misspelt is found when it is built, and not when a customer reads it.

use exports::saker::plugin::{
    descriptor,
    reply_renderer::{self, Rendered, TemplateInfo, TemplateInput},
};
use saker::plugin::types::{Failure, Person, PluginError, TicketView};

wit_bindgen::generate!({ path: "wit", world: "reply-template" });

struct Templates;
export!(Templates);

const NAME: &str = "still-on-it";
/// Days until the customer hears again, where the agent says nothing else.
const DAYS: u32 = 2;
const MOST_DAYS: u32 = 30;
/// Agents pick it in the composer, and are asked for a whole number of days: Saker checks it before it comes here.
const SCHEMA: &str = r#"{
  "type": "object",
  "x-saker-use": "composer",
  "properties": {
    "days": {
      "type": "integer", "minimum": 1, "maximum": 30, "default": 2,
      "title": "Days until they hear from us", "x-nb": { "title": "Dager til de hører fra oss" }
    }
  }
}"#;

impl descriptor::Guest for Templates {
    fn describe() -> descriptor::Description {
        descriptor::Description {
            id: "com.example.postcard".into(),
            name: "Postcard".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            summary: "Says that we are still on it.".into(),
            config_schema: "{}".into(),
            features: vec!["html".into()],
            max_body_bytes: None,
            max_attachment_bytes: None,
        }
    }
}

impl reply_renderer::Guest for Templates {
    fn list_templates(locale: String) -> Vec<TemplateInfo> {
        let nb = is_norwegian(&locale);
        vec![TemplateInfo {
            name: NAME.into(),
            title: if nb { "Vi holder på ennå" } else { "We are still on it" }.into(),
            summary: if nb { "Sier når kunden hører fra oss igjen." } else { "Says when the customer hears from us again." }.into(),
            locales: vec!["nb".into(), "en".into()],
            // Agents pick it in the composer; its one variable is a whole number.
            params_schema: SCHEMA.into(),
        }]
    }

    fn render(input: TemplateInput) -> Result<Rendered, PluginError> {
        if input.template != NAME {
            return Err(rejected("there is no such template"));
        }
        let letter = Letter::of(&input)?;
        let paragraphs = if is_norwegian(&input.locale) { letter.in_norwegian() } else { letter.in_english() };
        let mut warnings = vec![];
        if letter.name.is_none() {
            warnings.push(if is_norwegian(&input.locale) { "Kunden har ikke noe navn." } else { "The customer has no name." }.into());
        }
        Ok(Rendered {
            subject: None,
            // The composer's text is Markdown, and what strangers wrote must not become any.
            text: paragraphs.iter().map(|words| markdown(words)).collect::<Vec<_>>().join("\n\n"),
            html: paragraphs.iter().map(|words| format!("<p>{}</p>", html(words))).collect(),
            warnings,
        })
    }

    fn sample(template: String, locale: String) -> Option<TemplateInput> {
        let person = |name: &str| Person { name: Some(name.into()), email: None, locale: Some(locale.clone()), attrs: vec![] };
        (template == NAME).then(|| TemplateInput {
            template,
            ticket: TicketView {
                number: "1042".into(),
                subject: "Skriveren".into(),
                status: String::new(),
                priority: String::new(),
                created_at: 0.0,
                tags: vec![],
                url: None,
                last_message: None,
                attrs: vec![],
            },
            customer: person("Kari Nordmann"),
            agent: Some(person("Ane")),
            locale: locale.clone(),
            time_zone: "Europe/Oslo".into(),
            now: 1_795_510_800_000.0,
            variables: vec![],
            draft: None,
        })
    }
}

/// What the text is made of.
struct Letter<'a> {
    name: Option<&'a str>,
    number: &'a str,
    title: &'a str,
    days: u32,
    agent: &'a str,
}

impl<'a> Letter<'a> {
    fn of(input: &'a TemplateInput) -> Result<Self, PluginError> {
        let days = input.variables.iter().find(|(name, _)| name == "days").map(|(_, days)| days.trim().parse());
        let days = match days.unwrap_or(Ok(DAYS)) {
            Ok(days @ 1..=MOST_DAYS) => days,
            _ => return Err(rejected("days: a whole number from 1 to 30")),
        };
        let agent = input.agent.as_ref().and_then(|agent| agent.name.as_deref()).unwrap_or_default();
        let name = input.customer.name.as_deref().map(str::trim).filter(|name| !name.is_empty());
        Ok(Letter { name, number: &input.ticket.number, title: &input.ticket.subject, days, agent })
    }

    fn in_norwegian(&self) -> Vec<String> {
        let Letter { number, title, days, agent, .. } = self;
        let hello = self.name.map_or("Hei!".to_owned(), |name| format!("Hei, {name}!"));
        let when = if *days == 1 { "i morgen".to_owned() } else { format!("innen {days} dager") };
        vec![
            hello,
            format!("Vi holder på med «{title}» ennå (sak {number}). Du hører fra oss igjen {when}."),
            format!("Hilsen {agent}"),
        ]
    }

    fn in_english(&self) -> Vec<String> {
        let Letter { number, title, days, agent, .. } = self;
        let hello = self.name.map_or("Hello!".to_owned(), |name| format!("Hello {name},"));
        let when = if *days == 1 { "tomorrow".to_owned() } else { format!("within {days} days") };
        vec![
            hello,
            format!("We are still working on “{title}” (request {number}). You will hear from us again {when}."),
            format!("Regards, {agent}"),
        ]
    }
}

fn is_norwegian(locale: &str) -> bool {
    ["nb", "nn", "no"].contains(&locale.split('-').next().unwrap_or_default())
}

/// Signs that mean something in Markdown, as signs.
fn markdown(words: &str) -> String {
    words.chars().fold(String::new(), |mut text, letter| {
        if "\\`*_[]<>#|~".contains(letter) {
            text.push('\\');
        }
        text.push(letter);
        text
    })
}

fn html(words: &str) -> String {
    words.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn rejected(why: &str) -> PluginError {
    PluginError::Rejected(Failure { code: "postcard".into(), message: why.into(), remote_status: None, retry_after_ms: None })
}
