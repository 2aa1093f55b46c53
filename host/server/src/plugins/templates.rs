//! The template plugin: the contract's types to the desk's and back.

use super::{
    call::{Call, store, within},
    contract::{reply_renderer, types},
    limits::TEMPLATE,
    mail::refused,
    tidy,
};
use desk::{
    model::{Language, Named, Rendered, TemplateCard},
    outside::{Sheet, Unreadable},
};
use wasmtime::{Engine, component::InstancePre};

/// A longer text is no mail.
const MOST_TEXT: usize = 2 << 20;

/// Where the desk is, until an administrator says otherwise; a sheet may name another in `more`.
const TIME_ZONE: &str = "Europe/Oslo";

/// The compiled plugin.
#[derive(Clone)]
pub struct Templates {
    engine: Engine,
    pre: InstancePre<Call>,
    renderer: reply_renderer::GuestIndices,
}

impl Templates {
    /// # Errors
    /// When the component does not export `reply-renderer`.
    pub fn new(engine: &Engine, pre: InstancePre<Call>) -> anyhow::Result<Self> {
        let renderer = reply_renderer::GuestIndices::new(&pre)?;
        Ok(Self { engine: engine.clone(), pre, renderer })
    }

    /// What agents may pick from: templates marked `"x-saker-use": "composer"` that exist in this language.
    pub async fn cards(&self, language: Language) -> Result<Vec<TemplateCard>, Unreadable> {
        let nb = self.list(Language::Nb).await?;
        let en = self.list(Language::En).await?;
        let in_english = |name: &str| en.iter().find(|card| card.name == name).map(|card| tidy::line(&card.title, 100));
        let cards = nb.iter().filter(|card| {
            for_composer(card) && card.locales.iter().any(|tag| Language::from_tag(tag) == Some(language))
        });
        Ok(cards
            .map(|card| {
                let nb = tidy::line(&card.title, 100);
                let title =
                    Named { id: card.name.clone(), en: in_english(&card.name).unwrap_or_else(|| nb.clone()), nb };
                TemplateCard { name: card.name.clone(), title }
            })
            .collect())
    }

    async fn list(&self, language: Language) -> Result<Vec<reply_renderer::TemplateInfo>, Unreadable> {
        let mut store = store(&self.engine, "templates", TEMPLATE);
        within(TEMPLATE, async {
            let instance = self.pre.instantiate_async(&mut store).await?;
            let renderer = self.renderer.load(&mut store, &instance)?;
            renderer.call_list_templates(&mut store, language.tag()).await
        })
        .await
    }

    /// Fills a template in.
    pub async fn render(&self, sheet: &Sheet) -> Result<Rendered, Unreadable> {
        let input = input(sheet);
        let mut store = store(&self.engine, "templates", TEMPLATE);
        let done = within(TEMPLATE, async {
            let instance = self.pre.instantiate_async(&mut store).await?;
            let renderer = self.renderer.load(&mut store, &instance)?;
            renderer.call_render(&mut store, &input).await
        })
        .await?
        .map_err(refused)?;
        if done.text.len() > MOST_TEXT || done.html.len() > MOST_TEXT {
            return Err(Unreadable("the text became too long".into()));
        }
        Ok(Rendered {
            subject: done.subject.map(|subject| tidy::line(&subject, 400)).filter(|subject| !subject.is_empty()),
            text: tidy::text(done.text),
            html: tidy::text(done.html),
            language: sheet.language,
            warnings: done.warnings.iter().take(50).map(|words| tidy::line(words, 300)).collect(),
        })
    }
}

/// `"x-saker-use"` in the schema; a template that does not say is Saker's own business.
fn for_composer(card: &reply_renderer::TemplateInfo) -> bool {
    serde_json::from_str::<serde_json::Value>(&card.params_schema)
        .is_ok_and(|schema| schema["x-saker-use"] == "composer")
}

fn input(sheet: &Sheet) -> reply_renderer::TemplateInput {
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let mut variables = sheet.more.clone();
    if let Some((name, at, text)) = &sheet.quote {
        variables.extend([
            pair("quote-name", name),
            pair("quote-at", &at.div_euclid(1000).to_string()),
            pair("quote-text", text),
        ]);
    }
    let zone = sheet.more.iter().find(|(name, _)| name == "time-zone").map_or(TIME_ZONE, |(_, zone)| zone.as_str());
    reply_renderer::TemplateInput {
        template: sheet.template.clone(),
        ticket: types::TicketView {
            number: sheet.ticket_number.map(|number| number.to_string()).unwrap_or_default(),
            subject: sheet.ticket_title.clone(),
            status: String::new(),
            priority: String::new(),
            created_at: 0.0,
            tags: Vec::new(),
            url: some(&sheet.ticket_url),
            last_message: None,
            attrs: vec![pair("category", &sheet.category), pair("organisation", &sheet.organisation)],
        },
        customer: types::Person {
            name: some(&sheet.customer_name),
            email: some(&sheet.customer_email),
            locale: Some(sheet.language.tag().to_owned()),
            attrs: Vec::new(),
        },
        agent: (!sheet.agent_name.is_empty() || !sheet.signature.is_empty()).then(|| types::Person {
            name: some(&sheet.agent_name),
            email: None,
            locale: None,
            attrs: vec![pair("signature", &sheet.signature)],
        }),
        locale: sheet.language.tag().to_owned(),
        time_zone: zone.to_owned(),
        now: sheet.now.div_euclid(1000) as f64,
        variables,
        draft: sheet.draft.clone(),
    }
}
