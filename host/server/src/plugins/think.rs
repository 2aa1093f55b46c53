//! Plugins that think along: the contract's types to the desk's and back. Nothing that comes out is believed: names are cut,
//! moments and shares looked at, and what the desk does not know it lets be.

use super::{
    Plugins,
    call::Account,
    contract::{automation, classifier, enricher, types},
    loaded::Loaded,
    perform::{calls, kept},
    tidy,
};
use desk::{
    model::{Setback, Want},
    outside::{Party, Unreadable},
    plugin::{Found, Glimpse, Happening, Label, Mind, Proposal},
};
use std::sync::Arc;

/// Answers of one call that are read.
const MOST: usize = 1_000;
/// Letters of an argument.
const LONGEST: usize = 20_000;

impl Plugins {
    /// What a request is about.
    ///
    /// # Errors
    /// As the plugin says; not now, where it does not run or asks to be asked later.
    pub async fn classify(
        &self,
        mind: &Mind,
        ticket: &Glimpse,
        choices: &[(String, String)],
    ) -> Result<Vec<Label>, Unreadable> {
        let plugin = self.thinking(mind, &Want::Classify)?;
        let (message, context) = (said(ticket), choices.to_vec());
        let record = (message.clone(), context.clone());
        let (answer, _) = self
            .perform(
                &plugin,
                Some(account(mind)),
                "classify",
                ticket.said.len(),
                move || kept(&record),
                calls!(plugin, classifier, call_classify, &message, &context),
            )
            .await?;
        let label = |label: classifier::Label| Label {
            name: tidy::line(&label.name, 60),
            value: tidy::line(&label.value, 200),
            confidence: if label.confidence.is_finite() { f64::from(label.confidence) } else { 0.0 },
            why: label.why.map(|why| tidy::line(&why, 300)).filter(|why| !why.is_empty()),
        };
        Ok(answer.map_err(refused)?.into_iter().take(MOST).map(label).collect())
    }

    /// What is known elsewhere about somebody.
    ///
    /// # Errors
    /// As [`Self::classify`].
    pub async fn enrich(
        &self,
        mind: &Mind,
        who: &Party,
        context: &[(String, String)],
    ) -> Result<Vec<Found>, Unreadable> {
        let plugin = self.thinking(mind, &Want::Enrich)?;
        let (who, context) = (party(who), context.to_vec());
        let record = (who.clone(), context.clone());
        let (answer, _) = self
            .perform(
                &plugin,
                Some(account(mind)),
                "enrich",
                0,
                move || kept(&record),
                calls!(plugin, enricher, call_enrich, &who, &context),
            )
            .await?;
        let found = |fact: enricher::Fact| Found {
            name: tidy::line(&fact.key, 60),
            value: tidy::line(&fact.value, 300),
            source: tidy::line(&fact.source, 200),
            expires_at: fact.expires_at.and_then(tidy::moment),
        };
        Ok(answer.map_err(refused)?.into_iter().take(MOST).map(found).collect())
    }

    /// What should be done about what happened.
    ///
    /// # Errors
    /// As [`Self::classify`].
    pub async fn propose(&self, mind: &Mind, happening: &Happening) -> Result<Vec<Proposal>, Unreadable> {
        let plugin = self.thinking(mind, &Want::Automate)?;
        let event = event(happening);
        let record = event.clone();
        let (answer, _) = self
            .perform(
                &plugin,
                Some(account(mind)),
                "on-event",
                0,
                move || kept(&record),
                calls!(plugin, automation, call_on_event, &event),
            )
            .await?;
        let proposal = |action: automation::Action| Proposal {
            kind: tidy::line(&action.kind, 60),
            args: action.args.into_iter().take(MOST).map(argument).collect(),
        };
        Ok(answer.map_err(refused)?.into_iter().take(MOST).map(proposal).collect())
    }

    fn thinking(&self, mind: &Mind, want: &Want) -> Result<Arc<Loaded>, Unreadable> {
        let plugin = self.shelf().get(&mind.plugin)?;
        if !plugin.may(want) {
            return Err(Unreadable::new(Setback::NotGranted.as_str()));
        }
        Ok(plugin)
    }
}

/// Of a plugin's own settings, without an account.
fn account(mind: &Mind) -> Arc<Account> {
    Arc::new(Account { id: None, settings: mind.settings.clone(), secrets: mind.secrets.clone(), ..Account::default() })
}

/// The plugin's own no, and whether it may be asked again.
fn refused(why: types::PluginError) -> Unreadable {
    let for_now = matches!(why, types::PluginError::Retryable(_) | types::PluginError::RateLimited(_));
    Unreadable { for_now, ..super::mail::refused(why) }
}

fn argument((name, value): (String, String)) -> (String, String) {
    let value: String = tidy::text(value).chars().take(LONGEST).collect();
    (tidy::line(&name, 60), value)
}

fn some(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

fn moment(micros: i64) -> f64 {
    micros.div_euclid(1000) as f64
}

pub(super) fn party(party: &Party) -> types::Party {
    types::Party {
        address: party.address.clone(),
        display_name: some(&party.name),
        role: types::Role::Customer,
        attrs: vec![],
    }
}

/// A request as its customer's last message.
pub(super) fn said(ticket: &Glimpse) -> types::InboundMessage {
    types::InboundMessage {
        external_id: ticket.number.to_string(),
        sent_at: ticket.said_at.map(moment),
        thread: types::ThreadRef {
            conversation: ticket.number.to_string(),
            in_reply_to: None,
            references: vec![],
            reply_token: None,
        },
        sender: party(&ticket.customer),
        recipients: vec![],
        subject: some(&ticket.title),
        bodies: vec![types::MessageBody { format: types::BodyFormat::Plain, text: ticket.said.clone() }],
        attachments: vec![],
        locale: some(&ticket.language),
        attrs: vec![("category".to_owned(), ticket.category.clone()), ("priority".to_owned(), ticket.priority.clone())],
    }
}

pub(super) fn event(happening: &Happening) -> automation::Event {
    let ticket = &happening.ticket;
    let attrs = [
        ("category", &ticket.category),
        ("organisation", &ticket.organisation),
        ("owner", &ticket.owner),
        ("state", &ticket.state),
        ("customer", &ticket.customer.address),
        ("customer-name", &ticket.customer.name),
    ];
    automation::Event {
        id: happening.number.to_string(),
        kind: happening.kind.to_string(),
        at: moment(happening.at),
        ticket: types::TicketView {
            number: ticket.number.to_string(),
            subject: ticket.title.clone(),
            status: ticket.status.clone(),
            priority: ticket.priority.clone(),
            created_at: moment(ticket.created_at),
            tags: ticket.tags.clone(),
            url: some(&ticket.url),
            last_message: some(&ticket.said),
            attrs: attrs.into_iter().map(|(name, value)| (name.to_owned(), value.clone())).collect(),
        },
        data: happening.data.clone(),
    }
}
