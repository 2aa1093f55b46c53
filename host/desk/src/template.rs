//! What templates are filled with, and the ones that agents may pick from.

use crate::{
    Desk, Error, Result, Why,
    access::{TicketFacts, staff},
    clean::letter_html,
    model::*,
    outside::{Sheet, Unreadable},
    person::likely_language,
    plugin::misfit,
};
use std::collections::BTreeMap;

/// Why a template wrote nothing: that none can be asked just now is nobody's mistake.
pub(crate) fn unwritten(why: Unreadable) -> Error {
    if why.for_now {
        Error::invalid("template", Why::Unfit { words: why.words, flaw: None })
    } else {
        Error::internal(why)
    }
}

/// Why a template that an agent wrote can't be filled in: by its own words, or because nobody can just now.
pub(crate) fn unfilled(field: &str, why: Unreadable) -> Error {
    if why.for_now { unwritten(why) } else { Error::invalid(field, Why::Template { words: why.words }) }
}

impl Desk {
    /// Templates for the composer, agents' own before those of plugins; none while no plugin for them runs. MSG-9.
    pub async fn templates(&self, actor: &Actor) -> Result<Vec<TemplateCard>> {
        staff(actor)?;
        match self.outside().templates(self.profile(actor).await?.language).await {
            Err(why) if why.for_now => Ok(vec![]),
            cards => {
                let mut all = self.own_cards(actor).await?;
                all.extend(cards.map_err(Error::internal)?);
                Ok(all)
            }
        }
    }

    /// Fills a template in for one request, in the customer's language unless another is asked for. `answers` are to what it
    /// asks, as they were typed. TPL-1.
    ///
    /// # Errors
    /// `Invalid` for the answer (`answers.NAME`) that is missing or does not fit, and for the `template` while no plugin for
    /// it runs.
    pub async fn fill_template(
        &self,
        actor: &Actor,
        id: &TicketId,
        name: &str,
        language: Option<Language>,
        answers: &BTreeMap<String, String>,
    ) -> Result<Rendered> {
        let me = staff(actor)?.clone();
        let facts = self.facts(actor, id).await?;
        let mut sheet = self.sheet(name, &facts).await?;
        let agent = self.agent(&me).await?;
        sheet.agent_name = agent.name;
        sheet.signature = agent.signature;
        sheet.quote = None;
        if let Some(language) = language {
            sheet.language = language;
        }
        if let Some(sheet) = self.own_template(&me, sheet.clone()).await? {
            // Its author can mend it: it is no failure of ours.
            return self.fill_in(&sheet).await.map_err(|why| unfilled("template", why));
        }
        let card = self.template(self.profile(actor).await?.language, name).await?.ok_or(Error::NotFound)?;
        sheet.more.extend(answered(&card.asks, answers)?);
        self.render(&sheet).await
    }

    /// One of them, in a language.
    pub(crate) async fn template(&self, language: Language, name: &str) -> Result<Option<TemplateCard>> {
        let cards = self.outside().templates(language).await.map_err(unwritten)?;
        Ok(cards.into_iter().find(|card| card.name == name))
    }

    /// What a template's plugin writes.
    pub(crate) async fn render(&self, sheet: &Sheet) -> Result<Rendered> {
        self.fill_in(sheet).await.map_err(unwritten)
    }

    /// Its HTML goes to customers, so it is made harmless like anybody else's.
    async fn fill_in(&self, sheet: &Sheet) -> std::result::Result<Rendered, Unreadable> {
        let mut rendered = self.outside().render(sheet).await?;
        rendered.html = letter_html(&rendered.html, rendered.language);
        Ok(rendered)
    }

    pub(crate) fn empty_sheet(&self) -> Sheet {
        Sheet {
            template: String::new(),
            language: Language::En,
            organisation: String::new(),
            ticket_number: None,
            ticket_title: String::new(),
            ticket_url: String::new(),
            category: String::new(),
            customer_name: String::new(),
            customer_email: String::new(),
            agent_name: String::new(),
            signature: String::new(),
            now: self.clock().now(),
            draft: None,
            quote: None,
            more: vec![],
        }
    }

    /// What somebody is likely to read who is no contact. Section 15.2.
    async fn language_of(&self, address: &str, account: &str) -> Result<Language> {
        let said: Option<Option<String>> = sqlx::query_scalar("select language from account where id = $1")
            .bind(account.to_owned())
            .fetch_optional(self.read())
            .await?;
        Ok(likely_language(address, None, said.flatten().as_deref()).value)
    }

    /// Everything about a request that a mail to its customer may say. Internal messages are never part of it.
    pub(crate) async fn sheet(&self, template: &str, facts: &TicketFacts) -> Result<Sheet> {
        let person = match &facts.person_id {
            Some(id) => self.people(std::slice::from_ref(id)).await?.pop(),
            None => None,
        };
        let email = self.customer_address(&facts.id, facts.person_id.as_ref()).await?;
        let language = match (&person, &email) {
            (Some(person), _) => person.language,
            (None, Some(address)) => self.language_of(address, &facts.account_id).await?,
            (None, None) => Language::default(),
        };
        let category = self.category_outside(&facts.category_id).await?;
        let last: Option<(String, i64, String, Option<i64>)> = sqlx::query_as(
            "select author_name, created_at, text, quote_at from message
             where ticket_id = $1 and kind = 'enquiry' and access = 'external' and taken_back_at is null
             order by created_at desc, id desc limit 1",
        )
        .bind(facts.id.clone())
        .fetch_optional(self.read())
        .await?;
        let quote = last.map(|(name, at, text, quote_at)| {
            let fresh = quote_at.and_then(|at| text.get(..at as usize)).unwrap_or(&text).trim_end().to_owned();
            (name, at, if fresh.is_empty() { text } else { fresh })
        });
        let url = facts
            .person_id
            .as_ref()
            .map(|person| format!("{}{}", self.public_url(), self.link(facts.number, &facts.id, person)))
            .unwrap_or_default();
        Ok(Sheet {
            template: template.to_owned(),
            language,
            organisation: self.organisation().await?.name,
            ticket_number: Some(facts.number),
            ticket_title: facts.title.clone(),
            ticket_url: url,
            category: category.external_name(language).to_owned(),
            customer_name: person.map(|p| p.name).filter(|name| !name.contains('@')).unwrap_or_default(),
            customer_email: email.unwrap_or_default(),
            quote,
            ..self.empty_sheet()
        })
    }
}

/// The answers as the template gets them: checked, and with what it proposes where nothing was said.
pub(crate) fn answered(asks: &SettingsForm, answers: &BTreeMap<String, String>) -> Result<Vec<(String, String)>> {
    let filled = asks.fill_typed(answers).map_err(|misfits| misfit("answers", misfits))?;
    Ok(filled.into_iter().map(|(name, value)| (name, written(&value))).collect())
}

/// What it proposes itself, where nobody is there to answer what it asks.
pub(crate) fn unasked(card: &TemplateCard) -> Result<Vec<(String, String)>> {
    answered(&card.asks, &BTreeMap::new())
}

#[cfg(test)]
mod tests {
    use crate::{
        fake::{House, World},
        model::Access,
    };

    #[tokio::test(flavor = "multi_thread")]
    async fn a_template_that_is_up_to_no_good_reaches_nobody() {
        let html = "<p>Hei</p><script>steal()</script><img src=\"https://tracker.example/x\">".to_owned();
        let house = House::before(World { html, ..World::default() }).await;
        house.request("Kari", Access::External).await;
        house.rest().await;
        let composed = house.world.composed.lock().unwrap();
        let letter = composed.first().and_then(|parcel| parcel.html.as_deref()).unwrap();
        assert!(letter.contains("<p>Hei</p>") && !letter.contains("steal") && !letter.contains("tracker"), "{letter}");
    }
}
