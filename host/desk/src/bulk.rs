//! The same on many requests. Section 10.4.
//!
//! A row is one action on one request, and a request goes through all actions before the next one does. Each row goes through
//! the same verb as by hand, in a write of its own: it obeys the same rules, writes the same log, and can be stopped between
//! two rows. What is cut off goes on where it was; a row that was done twice by that is the same once, because every verb
//! here is. BLK-1.

use crate::{
    Desk, Error, Result, Why,
    access::{listed, staff},
    db::Write,
    job::{Job, Kind, Outcome},
    model::*,
    selection::MOST_CHOSEN,
    substitution::Swap,
    template::answered,
};
use std::time::{Duration, Instant};

/// So long it is in hand at a time: whoever stops Saker waits for no more of it, and the rest is done after the next start.
const STRETCH: Duration = Duration::from_millis(250);
/// How many requests a preview tries out.
const MOST_TRIED: usize = 100;
/// How many actions one run is made of.
const MOST_ACTIONS: usize = 20;
/// How many rows: they are put down in one write, and everybody else waits for it.
const MOST_ROWS: usize = 40_000;

impl Desk {
    /// Begins actions on these requests; it goes on by itself. What is left out says why.
    ///
    /// # Errors
    /// `Invalid` at `actions` for none and for more than 20, at `tickets` for more than are put down at once, and at the
    /// field of one that fits no request at all.
    pub async fn begin_bulk(
        &self,
        actor: &Actor,
        actions: impl Into<Vec<BulkAction>>,
        tickets: &[TicketId],
    ) -> Result<BulkId> {
        let me = staff(actor)?.clone();
        let actions = self.able_to_begin(actor, actions.into(), tickets).await?;
        let id = BulkId::new();
        let mut write = self.write().await?;
        let now = write.now;
        sqlx::query("insert into bulk (id, agent_id, actions, created_at) values ($1, $2, $3, $4)")
            .bind(id.clone())
            .bind(me.clone())
            .bind(serde_json::to_string(&actions)?)
            .bind(now)
            .execute(write.sql())
            .await?;
        let rows = tickets.iter().flat_map(|ticket| (0..actions.len()).map(move |action| (ticket, action)));
        for (position, (ticket, action)) in rows.enumerate() {
            // What they may not know of is left out without a word, as if it were not there.
            sqlx::query(concat!(
                "insert into bulk_row (bulk_id, position, ticket_id, action, state)
                 select $2, $3, t.id, $5, 'waiting' from ticket t where t.id = $4 and ",
                listed!()
            ))
            .bind(me.clone())
            .bind(id.clone())
            .bind(position as i64)
            .bind(ticket.clone())
            .bind(action as i64)
            .execute(write.sql())
            .await?;
        }
        write.enqueue(Kind::Bulk, id.as_str()).await?;
        self.commit(write).await?;
        Ok(id)
    }

    /// What actions would do to the first hundred of these requests, and why some would be left out: each row goes through
    /// the verb itself, in a write that is dropped.
    ///
    /// # Errors
    /// As [`Desk::begin_bulk`].
    pub async fn preview_bulk(
        &self,
        actor: &Actor,
        actions: impl Into<Vec<BulkAction>>,
        tickets: &[TicketId],
    ) -> Result<BulkPreview> {
        let me = staff(actor)?.clone();
        let actions = self.able_to_begin(actor, actions.into(), tickets).await?;
        let (desk, trial) = self.trial();
        // Named anew, as what is sent is known by it.
        let mut row = BulkRow { bulk: BulkId::new(), position: 0 };
        let mut preview = BulkPreview { all: 0, tried: 0, rows: vec![], skipped: vec![] };
        for id in tickets {
            let named: Option<(i64, String)> =
                sqlx::query_as(concat!("select t.number, t.title from ticket t where t.id = $2 and ", listed!()))
                    .bind(me.clone())
                    .bind(id.clone())
                    .fetch_optional(self.read())
                    .await?;
            let Some((number, title)) = named else { continue };
            preview.all += 1;
            if preview.tried == MOST_TRIED as i64 {
                continue;
            }
            preview.tried += 1;
            let mut events = None;
            for (nth, action) in actions.iter().enumerate() {
                let tried = desk.do_row(actor, action, id, &row).await;
                let would = trial.take().into_iter().map(|tried| tried.event);
                row.position += 1;
                match tried {
                    Ok(_) => events.get_or_insert_with(Vec::new).extend(would),
                    Err(why) => preview.skipped.push(Skipped { number, action: nth as i64, why }),
                }
            }
            if let Some(events) = events {
                preview.rows.push(Foreseen { number, title, events });
            }
        }
        Ok(preview)
    }

    /// How far it has come; one's own, or anybody's for an administrator.
    pub async fn bulk(&self, actor: &Actor, id: &BulkId) -> Result<Bulk> {
        let (actions, stopped, finished) = self.own_bulk(actor, id).await?;
        let (all, done): (i64, i64) = sqlx::query_as(
            "select count(*), cast(coalesce(sum(case when undone = 0 then 1 else 0 end), 0) as bigint)
             from (select sum(case when state = 'done' then 0 else 1 end) as undone
                   from bulk_row where bulk_id = $1 group by ticket_id) as each_request",
        )
        .bind(id.clone())
        .fetch_one(self.read())
        .await?;
        let rows: Vec<(i64, i64, String)> = sqlx::query_as(
            "select t.number, r.action, r.reason from bulk_row r join ticket t on t.id = r.ticket_id
             where r.bulk_id = $1 and r.state = 'skipped' and r.reason is not null order by r.position limit 1000",
        )
        .bind(id.clone())
        .fetch_all(self.read())
        .await?;
        let mut skipped = vec![];
        for (number, action, reason) in rows {
            skipped.push(Skipped { number, action, why: serde_json::from_str(&reason)? });
        }
        Ok(Bulk { id: id.clone(), actions, all, done, skipped, stopped, finished })
    }

    /// Stops it, the row in hand too; what is not done stays as it is.
    pub async fn stop_bulk(&self, actor: &Actor, id: &BulkId) -> Result<()> {
        self.own_bulk(actor, id).await?;
        let mut write = self.write().await?;
        let now = write.now;
        sqlx::query("update bulk set stopped_at = $2 where id = $1 and stopped_at is null and done_at is null")
            .bind(id.clone())
            .bind(now)
            .execute(write.sql())
            .await?;
        self.commit(write).await
    }

    /// Stops it where it still runs, and takes back everything that it changed, the latest first; what somebody changed
    /// since stays, and is named. CLO-1.
    pub async fn undo_bulk(&self, actor: &Actor, id: &BulkId) -> Result<Vec<Skipped>> {
        self.stop_bulk(actor, id).await?;
        let steps: Vec<(i64, i64, i64)> = sqlx::query_as(
            "select s.number, t.number as ticket, r.action from step s
             join bulk_row r on r.bulk_id = s.bulk_id and r.position = s.bulk_row join ticket t on t.id = r.ticket_id
             where s.bulk_id = $1 and s.undone_by is null order by s.number desc",
        )
        .bind(id.clone())
        .fetch_all(self.read())
        .await?;
        let mut left = vec![];
        for (step, number, action) in steps {
            if let Err(why) = self.undo(actor, step).await {
                left.push(Skipped { number, action, why });
            }
        }
        for (nth, action) in self.own_bulk(actor, id).await?.0.into_iter().enumerate().rev() {
            if let BulkAction::Favourite { on } = action {
                self.undo_stars(id, nth as i64, !on).await?;
            }
        }
        Ok(left)
    }

    /// Stars are nobody's business but one's own, so that no step knows of them.
    async fn undo_stars(&self, id: &BulkId, action: i64, on: bool) -> Result<()> {
        let agent: AgentId = sqlx::query_scalar("select agent_id from bulk where id = $1")
            .bind(id.clone())
            .fetch_one(self.read())
            .await?;
        let changed: Vec<TicketId> = sqlx::query_scalar(
            "select ticket_id from bulk_row
             where bulk_id = $1 and action = $2 and state = 'done' and reason is null order by position",
        )
        .bind(id.clone())
        .bind(action)
        .fetch_all(self.read())
        .await?;
        let owner = self.agent_actor(&agent).await?;
        for ticket in changed {
            match self.star(&owner, &ticket, on).await {
                Ok(()) | Err(Error::NotFound) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    async fn own_bulk(&self, actor: &Actor, id: &BulkId) -> Result<(Vec<BulkAction>, bool, bool)> {
        let me = staff(actor)?;
        let row: Option<(AgentId, String, Option<i64>, Option<i64>)> =
            sqlx::query_as("select agent_id, actions, stopped_at, done_at from bulk where id = $1")
                .bind(id.clone())
                .fetch_optional(self.read())
                .await?;
        let (owner, actions, stopped, finished) = row.ok_or(Error::NotFound)?;
        if owner != *me && !matches!(actor, Actor::Agent { admin: true, .. }) {
            return Err(Error::NotFound);
        }
        Ok((serde_json::from_str(&actions)?, stopped.is_some(), finished.is_some()))
    }

    async fn is_stopped(&self, id: &BulkId) -> Result<bool> {
        let stopped: Option<Option<i64>> = sqlx::query_scalar("select stopped_at from bulk where id = $1")
            .bind(id.clone())
            .fetch_optional(self.read())
            .await?;
        Ok(stopped.flatten().is_some())
    }

    /// Works through the rows that wait, for a while.
    pub(crate) async fn run_bulk(&self, job: &Job) -> Result<Outcome> {
        let began = Instant::now();
        let id = BulkId(job.subject.clone());
        let (agent, actions): (AgentId, String) = sqlx::query_as("select agent_id, actions from bulk where id = $1")
            .bind(id.clone())
            .fetch_one(self.read())
            .await?;
        let actions: Vec<BulkAction> = serde_json::from_str(&actions)?;
        // Their rights as they are now, row by row: somebody who lost them meanwhile goes no further.
        loop {
            let row: Option<(i64, TicketId, i64)> = sqlx::query_as(
                "select r.position, r.ticket_id, r.action from bulk_row r join bulk b on b.id = r.bulk_id
                 where r.bulk_id = $1 and r.state = 'waiting' and b.stopped_at is null order by r.position limit 1",
            )
            .bind(id.clone())
            .fetch_optional(self.read())
            .await?;
            let Some((position, ticket, nth)) = row else { break };
            let action = actions.get(nth as usize).ok_or_else(|| Error::internal("a row of no action"))?;
            let row = BulkRow { bulk: id.clone(), position };
            let actor = match self.agent_actor(&agent).await? {
                Actor::Agent { id: agent, name, admin, language, .. } => {
                    Actor::Agent { id: agent, name, admin, language, via: Via::Bulk(row.clone()) }
                }
                other => other,
            };
            let done = self.do_row(&actor, action, &ticket, &row).await;
            // Stopped while this row was in hand: it was not refused, it was not done.
            if done.is_err() && self.is_stopped(&id).await? {
                break;
            }
            self.note_row(&row, done).await?;
            if began.elapsed() > STRETCH {
                return Ok(Outcome::GoesOn);
            }
        }
        let mut write = self.write().await?;
        let now = write.now;
        sqlx::query("update bulk set done_at = $2 where id = $1").bind(id).bind(now).execute(write.sql()).await?;
        self.commit(write).await?;
        Ok(Outcome::Done)
    }

    async fn note_row(&self, row: &BulkRow, done: Result<Did>) -> Result<()> {
        let (state, reason) = match done {
            Ok(Did::Changed) => ("done", None),
            Ok(Did::Nothing) => ("done", Some("null".to_owned())),
            Err(why) => ("skipped", Some(serde_json::to_string(&why)?)),
        };
        let mut write = self.write().await?;
        sqlx::query("update bulk_row set state = $3, reason = $4 where bulk_id = $1 and position = $2")
            .bind(row.bulk.clone())
            .bind(row.position)
            .bind(state)
            .bind(reason)
            .execute(write.sql())
            .await?;
        write.commit().await
    }

    async fn do_row(&self, actor: &Actor, action: &BulkAction, ticket: &TicketId, row: &BulkRow) -> Result<Did> {
        let done = match action {
            // Twice is not the same as once.
            BulkAction::Field { how: FieldHow::Toggle, .. }
            | BulkAction::ReplaceInField { .. }
            | BulkAction::ReplaceInTitle { .. } => self.was_done(row).await?,
            BulkAction::Favourite { on } => self.is_starred(staff(actor)?, ticket).await? == *on,
            _ => false,
        };
        if done {
            return Ok(Did::Nothing);
        }
        self.act(actor, action, ticket, row).await.map(|()| Did::Changed)
    }

    /// It was cut off after the change, and before its row said so.
    async fn was_done(&self, row: &BulkRow) -> Result<bool> {
        let step: Option<i64> =
            sqlx::query_scalar("select number from step where bulk_id = $1 and bulk_row = $2 limit 1")
                .bind(row.bulk.clone())
                .bind(row.position)
                .fetch_optional(self.read())
                .await?;
        Ok(step.is_some())
    }

    async fn is_starred(&self, agent: &AgentId, ticket: &TicketId) -> Result<bool> {
        let at: Option<i64> = sqlx::query_scalar("select at from favourite where agent_id = $1 and ticket_id = $2")
            .bind(agent.clone())
            .bind(ticket.clone())
            .fetch_optional(self.read())
            .await?;
        Ok(at.is_some())
    }

    async fn act(&self, actor: &Actor, action: &BulkAction, ticket: &TicketId, row: &BulkRow) -> Result<()> {
        // The same row begun twice sends once.
        let key = format!("{}-{}", row.bulk, row.position);
        match action {
            BulkAction::Take => self.take(actor, ticket, None).await,
            BulkAction::Release => self.release(actor, ticket).await,
            BulkAction::Give { to } => self.transfer(actor, ticket, to, None).await,
            BulkAction::HandBack => self.hand_back(actor, ticket, None).await.map(|_| ()),
            BulkAction::Status { status } => self.set_status(actor, ticket, status).await,
            BulkAction::Postpone { until, status } => self.postpone(actor, ticket, *until, status.as_ref()).await,
            BulkAction::Access { access } => self.set_access(actor, ticket, *access).await,
            BulkAction::Title { to } => self.set_title(actor, ticket, to).await,
            BulkAction::ReplaceInTitle { what } => self.replace_in_title(actor, ticket, what).await,
            BulkAction::Priority { priority } => self.set_priority(actor, ticket, priority).await,
            BulkAction::Category { category } => self.set_category(actor, ticket, category).await,
            BulkAction::Type { to } => self.set_request_type(actor, ticket, to).await,
            BulkAction::Field { key, how, values } => self.change_field(actor, ticket, key, *how, values).await,
            BulkAction::ReplaceInField { key, what } => self.replace_in_field(actor, ticket, key, what).await,
            BulkAction::Sale { to } => self.set_sale(actor, ticket, to.as_ref()).await,
            BulkAction::Project { to } => self.set_project(actor, ticket, to.as_ref()).await,
            BulkAction::AddTag { tag } => self.add_tag(actor, ticket, tag).await,
            BulkAction::RemoveTag { tag } => self.remove_tag(actor, ticket, tag).await,
            BulkAction::SetTags { tags } => self.set_tags(actor, ticket, tags).await,
            BulkAction::AddContact { person } => self.add_ticket_contact(actor, ticket, person).await,
            BulkAction::RemoveContact { person } => self.remove_ticket_contact(actor, ticket, person).await,
            BulkAction::Read { on } => self.set_read(actor, ticket, *on).await,
            BulkAction::Merge { into } => self.merge_one(actor, ticket, *into).await,
            BulkAction::Favourite { on } => self.star(actor, ticket, *on).await,
            BulkAction::Comment { text } => {
                let draft = Draft { text: text.clone(), access: Access::Internal, key, ..Draft::default() };
                self.comment(actor, ticket, draft).await.map(|_| ())
            }
            BulkAction::Reply { text, template, answers, mail, close } => {
                let text = match template {
                    Some(name) => {
                        let filled = self.fill_template(actor, ticket, name, None, answers).await?.text;
                        format!("{}\n\n{text}", filled.trim_end()).trim_end().to_owned()
                    }
                    None => text.clone(),
                };
                let draft = Draft { text, template: template.clone(), key, ..Draft::default() };
                self.reply_in_bulk(actor, ticket, draft, *mail, *close).await
            }
            BulkAction::Forward { to, cc, bcc, comment, close } => {
                let question = Question {
                    to: to.clone(),
                    cc: cc.clone(),
                    bcc: bcc.clone(),
                    text: comment.clone(),
                    message: self.first_enquiry(ticket).await?,
                    with_files: true,
                    key,
                    ..Question::default()
                };
                self.ask_helper(actor, ticket, question).await?;
                self.close_if(actor, ticket, *close).await
            }
            BulkAction::Delete => self.delete_ticket(actor, ticket).await,
            BulkAction::Spam => match self.mark_spam(actor, std::slice::from_ref(ticket)).await?.pop() {
                Some(Took { refused: Some(why), .. }) => Err(why),
                _ => Ok(()),
            },
        }
    }

    /// The one that the others go into is among the chosen, mostly; whoever is in it already stays.
    async fn merge_one(&self, actor: &Actor, ticket: &TicketId, into: i64) -> Result<()> {
        let into = self.facts_by_number(actor, into).await?.id;
        if *ticket == into || self.survivor(ticket).await? == into {
            return Ok(());
        }
        self.merge(actor, Merge::whole(into, vec![ticket.clone()])).await
    }

    /// MSG-10: an internal request gets the text as a comment, and so does any where nothing is to be mailed.
    async fn reply_in_bulk(
        &self,
        actor: &Actor,
        ticket: &TicketId,
        draft: Draft,
        mail: bool,
        close: bool,
    ) -> Result<()> {
        let facts = self.facts(actor, ticket).await?;
        if mail && facts.access == Access::External.as_str() {
            self.reply(actor, ticket, Draft { access: Access::External, close, ..draft }).await?;
            return Ok(());
        }
        self.comment(actor, ticket, Draft { access: Access::Internal, ..draft }).await?;
        self.close_if(actor, ticket, close).await
    }

    /// What can be said before any row is looked at.
    async fn able_to_begin(
        &self,
        actor: &Actor,
        actions: Vec<BulkAction>,
        tickets: &[TicketId],
    ) -> Result<Vec<BulkAction>> {
        self.entitled(actor, Right::Bulk).await?;
        within("actions", actions.len(), MOST_ACTIONS)?;
        within("tickets", tickets.len(), MOST_CHOSEN.min(MOST_ROWS / actions.len()))?;
        for action in &actions {
            match action {
                BulkAction::ReplaceInTitle { what } | BulkAction::ReplaceInField { what, .. } => {
                    Swap::new(what)?;
                }
                BulkAction::Reply { template: Some(name), answers, .. } => {
                    let card = self.template(self.profile(actor).await?.language, name).await?;
                    answered(&card.ok_or_else(|| Error::invalid("template", Why::NotAChoice))?.asks, answers)?;
                }
                _ => {}
            }
        }
        Ok(actions)
    }

    async fn close_if(&self, actor: &Actor, ticket: &TicketId, close: bool) -> Result<()> {
        if close { self.close_ticket(actor, ticket).await } else { Ok(()) }
    }

    async fn first_enquiry(&self, ticket: &TicketId) -> Result<Option<MessageId>> {
        Ok(sqlx::query_scalar(
            "select id from message where ticket_id = $1 and kind = 'enquiry' and taken_back_at is null
             order by created_at, id limit 1",
        )
        .bind(ticket.clone())
        .fetch_optional(self.read())
        .await?)
    }
}

fn within(field: &str, count: usize, most: usize) -> Result<()> {
    match count {
        0 => Err(Error::invalid(field, Why::Missing)),
        _ if count > most => Err(Error::invalid(field, Why::TooMany { most: most as u32 })),
        _ => Ok(()),
    }
}

/// What came of a row.
enum Did {
    Changed,
    /// It was so already.
    Nothing,
}

impl Write {
    /// Asked as a row is written, so that nothing is done after somebody stopped it.
    ///
    /// # Errors
    /// When it was stopped.
    pub(crate) async fn bulk_goes_on(&mut self, id: &BulkId) -> Result<()> {
        let on: Option<i64> = sqlx::query_scalar("select created_at from bulk where id = $1 and stopped_at is null")
            .bind(id.clone())
            .fetch_optional(self.sql())
            .await?;
        on.map(|_| ()).ok_or_else(|| Error::invalid("bulk", Why::NotAChoice))
    }
}
