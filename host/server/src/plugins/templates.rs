//! The template plugin: the contract's types to the desk's and back.

use super::{
    Plugins,
    contract::{reply_renderer, types},
    loaded::Loaded,
    mail::refused,
    perform,
    perform::calls,
    tidy,
};
use desk::{
    model::{Language, Named, PluginId, Rendered, Setback, TemplateCard},
    outside::{Sheet, Unreadable},
};
use package::{Form, Kind, Trouble};
use std::sync::Arc;

/// Templates of one plugin.
const MOST_TEMPLATES: usize = 200;

/// A longer text is no mail.
const MOST_TEXT: usize = 2 << 20;

/// Where the desk is, until an administrator says otherwise; a sheet may name another in `more`.
const TIME_ZONE: &str = "Europe/Oslo";

impl Plugins {
    /// The templates that agents may pick from: those marked `"x-saker-use": "composer"` that exist in this language. The
    /// first template plugin's are named plainly, others' with the plugin's id before a slash.
    ///
    /// # Errors
    /// When the first plugin fails, or there is none. Others that fail are left out.
    pub async fn templates(&self, language: Language) -> Result<Vec<TemplateCard>, Unreadable> {
        let first = self.shelf().first(Kind::ReplyTemplate)?;
        let mut cards = self.cards(&first, language).await?;
        for plugin in self.shelf().all().iter().filter(|plugin| plugin.is(Kind::ReplyTemplate) && plugin.id != first.id)
        {
            let more = self.cards(plugin, language).await.unwrap_or_default();
            cards.extend(
                more.into_iter().map(|card| TemplateCard { name: format!("{}/{}", plugin.id, card.name), ..card }),
            );
        }
        Ok(cards)
    }

    async fn cards(&self, plugin: &Arc<Loaded>, language: Language) -> Result<Vec<TemplateCard>, Unreadable> {
        let nb = self.list(plugin, Language::Nb).await?;
        let en = self.list(plugin, Language::En).await?;
        let offered = nb.iter().filter(|card| {
            for_composer(card) && card.locales.iter().any(|tag| Language::from_tag(tag) == Some(language))
        });
        let both = offered.map(|card| (card, en.iter().find(|other| other.name == card.name).unwrap_or(card)));
        let cards = both.filter_map(|(nb, en)| match asks(nb, en) {
            Ok(asks) => {
                let [in_nb, in_en] = [nb, en].map(|card| tidy::line(&card.title, 100));
                let title = Named { id: nb.name.clone(), nb: in_nb, en: in_en };
                Some(TemplateCard { name: nb.name.clone(), title, asks })
            }
            // What nobody can be asked for can't be filled in.
            Err(trouble) => {
                tracing::warn!(plugin = %plugin.id, template = nb.name, %trouble, "a template is not offered");
                None
            }
        });
        Ok(cards.take(MOST_TEMPLATES).collect())
    }

    async fn list(
        &self,
        plugin: &Arc<Loaded>,
        language: Language,
    ) -> Result<Vec<reply_renderer::TemplateInfo>, Unreadable> {
        let (list, _) = self
            .perform(
                plugin,
                None,
                "list-templates",
                0,
                move || language.tag().into(),
                calls!(plugin, renderer, call_list_templates, language.tag()),
            )
            .await?;
        Ok(list)
    }

    /// Fills a template in.
    ///
    /// # Errors
    /// For a template that there is not. Not now, when no plugin renders.
    pub async fn render(&self, sheet: &Sheet) -> Result<Rendered, Unreadable> {
        let (plugin, name) = match sheet.template.split_once('/') {
            Some((id, name)) => (self.shelf().get(&PluginId(id.to_owned()))?, name.to_owned()),
            None => (self.shelf().first(Kind::ReplyTemplate)?, sheet.template.clone()),
        };
        let input = reply_renderer::TemplateInput { template: name, ..input(sheet) };
        let kept = input.clone();
        let quoted = sheet.quote.as_ref().map(|(.., text)| text);
        let size = sheet.draft.iter().chain(quoted).map(String::len).sum();
        let record = move || perform::kept(&kept);
        let (done, _) =
            self.perform(&plugin, None, "render", size, record, calls!(plugin, renderer, call_render, &input)).await?;
        let done = done.map_err(refused)?;
        if done.text.len() > MOST_TEXT || done.html.len() > MOST_TEXT {
            return Err(Unreadable::new(Setback::TextTooLong.as_str()));
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

/// What a template asks: in bokmål as it says it to a Norwegian, in English as it says it to others.
fn asks(nb: &reply_renderer::TemplateInfo, en: &reply_renderer::TemplateInfo) -> Result<Form, Trouble> {
    let mut form = Form::of_params(&nb.params_schema)?;
    let english = Form::of_params(&en.params_schema)?;
    for setting in &mut form.0 {
        if let Some(other) = english.setting(&setting.name) {
            setting.title.en.clone_from(&other.title.en);
            setting.description.en.clone_from(&other.description.en);
        }
    }
    Ok(form)
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
