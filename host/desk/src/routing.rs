//! What would become of a mail or a form that came now. Appendix C, number 25.
//!
//! Nothing of it is said here over again: what takes mail and forms in does so, in a write that is dropped; rules run inside
//! of it, and then the request is read as it would be.

use crate::{
    Desk, Error, Result, Why,
    access::administrator,
    acknowledge::RECEIVED,
    criteria::Context,
    db::{Write, word},
    form::Filed,
    model::{
        rule::{Rule, When},
        *,
    },
    outside::{Inbound, Party},
    person::{address, shorten},
};

/// The rules that are asked, each with what its criteria need.
pub(crate) type Asked = Vec<(Rule, Context)>;

#[derive(sqlx::FromRow)]
struct Landed {
    state: String,
    access: String,
    status_id: StatusId,
    category_id: CategoryId,
    priority_id: PriorityId,
    type_id: Option<RequestTypeId>,
    owner_id: Option<AgentId>,
    why: Option<String>,
    number: i64,
    language: Option<String>,
}

impl Desk {
    /// The whole way of something that came now: where it lands, who decided what, who gets it and why, what its sender is
    /// told, which rules act. Nothing is written.
    ///
    /// # Errors
    /// As the mail or the form itself would be refused; [`Error::NotFound`] for a mail that belongs to no request.
    pub async fn try_arrival(&self, actor: &Actor, arriving: &Arriving) -> Result<Route> {
        administrator(actor)?;
        let mut rules = vec![];
        for rule in self.all_rules().await?.into_iter().filter(|rule| rule.on) {
            if matches!(rule.when, When::Happened { .. }) {
                let context = self.criteria_context(None, &rule.only).await?;
                rules.push((rule, context));
            }
        }
        let (desk, trial) = self.trial_of_arrival(rules);
        match arriving {
            Arriving::Mail { mailbox, .. } => {
                let there: Option<String> =
                    sqlx::query_scalar("select id from account where id = $1 and kind = 'email'")
                        .bind(mailbox.clone())
                        .fetch_optional(self.read())
                        .await?;
                there.ok_or_else(|| Error::invalid("mailbox", Why::NotAChoice))?;
                desk.take_in_one(mailbox, mail(arriving)?).await?;
            }
            Arriving::Form { .. } => match desk.file_form(&Actor::Anonymous, form(arriving)).await? {
                Filed::New(..) | Filed::Before(..) => {}
            },
        }
        trial.route().ok_or(Error::NotFound)
    }
}

fn mail(arriving: &Arriving) -> Result<Inbound> {
    let Arriving::Mail { from, name, subject, text, automatic, .. } = arriving else { return Ok(Inbound::default()) };
    let from = address(from).map_err(|why| Error::invalid("from", why))?;
    Ok(Inbound {
        external_id: format!("{}@trial.invalid", MessageId::new()),
        from: Party { address: from, name: shorten(name, 200) },
        subject: Some(subject.clone()),
        text: text.clone(),
        automatic: automatic.then(|| "auto-submitted".to_owned()),
        ..Inbound::default()
    })
}

fn form(arriving: &Arriving) -> Form {
    let Arriving::Form { email, name, category, kind, priority, title, text, language, fields } = arriving else {
        return Form::default();
    };
    // What has no bearing on the way may be left out.
    let or = |text: &str, other: &str| if text.trim().is_empty() { other.to_owned() } else { text.to_owned() };
    Form {
        name: or(name, email),
        email: email.clone(),
        category: category.clone(),
        priority: priority.clone(),
        kind: kind.clone(),
        title: title.clone(),
        text: or(text, title),
        language: *language,
        fields: fields.clone(),
        ..Form::default()
    }
}

impl Write {
    /// Reads the way of what this write took in, after the rules that it sets off. None where nothing came to a request.
    pub(crate) async fn route(&mut self, rules: &Asked) -> Result<Option<Route>> {
        let Some(first) = self.first.as_ref().map(|first| first.number) else { return Ok(None) };
        let before = self.kinds_since(first).await?;
        let opened = before.iter().find(|(kind, _)| *kind == EventKind::TicketOpened);
        let heard = before.iter().find(|(kind, _)| *kind == EventKind::EnquiryReceived);
        let Some((_, ticket)) = opened.or(heard).cloned() else { return Ok(None) };
        let was = self.landed(&ticket).await?;
        let rules = self.try_rules(rules, first).await?;
        let now = self.landed(&ticket).await?;
        let lands = match opened {
            None => Lands::There { number: now.number },
            Some(_) if was.state == State::Deleted.as_str() => Lands::Bin,
            Some(_) => match self.follows_up(&ticket).await? {
                Some(number) => Lands::Related { number },
                None => Lands::New,
            },
        };
        let new = opened.is_some();
        let grounds = self.grounds;
        let by_rule = |changed: bool, first: Source| if changed { Source::Rule } else { first };
        // What was there before has been decided before.
        let first = |from: Option<Source>| if new { from.unwrap_or(Source::Saker) } else { Source::Before };
        let receipt = self.receipt(&ticket, new, &now).await?;
        Ok(Some(Route {
            category: Decided {
                from: by_rule(was.category_id != now.category_id, first(grounds.category)),
                value: now.category_id,
            },
            kind: Decided { from: by_rule(was.type_id != now.type_id, first(grounds.kind)), value: now.type_id },
            priority: Decided {
                from: by_rule(was.priority_id != now.priority_id, first(grounds.priority)),
                value: now.priority_id,
            },
            status: Decided {
                from: by_rule(was.status_id != now.status_id, first(grounds.status)),
                value: now.status_id,
            },
            // What comes from outside is external.
            access: Decided { from: first(Some(Source::Saker)), value: word(&now.access)? },
            owner: now.owner_id,
            why: now.why.map(|why| serde_json::from_str(&why)).transpose()?,
            events: self.foreseen_of(&ticket).await?,
            receipt,
            rules,
            lands,
        }))
    }

    async fn kinds_since(&mut self, first: i64) -> Result<Vec<(EventKind, TicketId)>> {
        let rows: Vec<(String, TicketId)> = sqlx::query_as(
            "select kind, ticket_id from event where number >= $1 and ticket_id is not null order by number",
        )
        .bind(first)
        .fetch_all(self.sql())
        .await?;
        rows.into_iter().map(|(kind, ticket)| Ok((word(&kind)?, ticket))).collect()
    }

    async fn landed(&mut self, ticket: &TicketId) -> Result<Landed> {
        Ok(sqlx::query_as(
            "select t.state, t.access, t.status_id, t.category_id, t.priority_id, t.type_id, t.owner_id, t.why, t.number,
                    p.language
             from ticket t left join person p on p.id = t.person_id where t.id = $1",
        )
        .bind(ticket.clone())
        .fetch_one(self.sql())
        .await?)
    }

    /// The number of the request that a new one was related to as it came.
    async fn follows_up(&mut self, ticket: &TicketId) -> Result<Option<i64>> {
        Ok(sqlx::query_scalar(
            "select t.number from relation r join ticket t on t.id = r.to_id where r.from_id = $1 order by r.at limit 1",
        )
        .bind(ticket.clone())
        .fetch_optional(self.sql())
        .await?)
    }

    async fn receipt(&mut self, ticket: &TicketId, new: bool, now: &Landed) -> Result<Receipt> {
        let withheld: Option<Option<String>> = sqlx::query_scalar(
            "select new from event where ticket_id = $1 and kind = 'acknowledgement-withheld' order by number desc limit 1",
        )
        .bind(ticket.clone())
        .fetch_optional(self.sql())
        .await?;
        if !new {
            return Ok(Receipt::Withheld { reason: "there".to_owned() });
        }
        if let Some(reason) = withheld {
            return Ok(Receipt::Withheld { reason: reason.unwrap_or_default() });
        }
        let queued: Option<String> =
            sqlx::query_scalar("select kind from job where subject = $1 and kind = 'acknowledge' limit 1")
                .bind(ticket.clone())
                .fetch_optional(self.sql())
                .await?;
        if queued.is_none() {
            return Ok(Receipt::Withheld { reason: "spam".to_owned() });
        }
        let value = now.language.as_deref().and_then(Language::from_tag).unwrap_or_default();
        let from = self.grounds.language.unwrap_or(Source::Contact);
        Ok(Receipt::Sent { template: RECEIVED.to_owned(), language: Decided { value, from } })
    }

    async fn foreseen_of(&mut self, ticket: &TicketId) -> Result<Vec<ForeseenEvent>> {
        let first = self.first.as_ref().map_or(0, |first| first.number);
        let events = self.log_since(first).await?;
        let own = events.into_iter().filter(|tried| tried.ticket.as_ref() == Some(ticket));
        Ok(own.map(|tried| tried.event).collect())
    }
}
