//! Request types: the organisation's own, what they allow, and what a request of one begins with. Section 8.2.
//!
//! A type narrows what people choose. What happens by itself never fails for it: it takes what fits best.

use crate::{
    Desk, Error, Result, Why,
    access::{TicketFacts, administrator, staff},
    db::{Fact, Write, word},
    model::*,
    person::shorten,
};

const MOST_TYPES: i64 = 200;

#[derive(sqlx::FromRow)]
struct TypeRow {
    id: RequestTypeId,
    nb: String,
    en: String,
    description: String,
    icon: String,
    default_at: Option<i64>,
    external_at: Option<i64>,
    status_id: Option<String>,
    priority_id: Option<String>,
    template: Option<String>,
}

impl Desk {
    /// Those that can be chosen, in their order.
    pub(crate) async fn request_types(&self) -> Result<Vec<RequestType>> {
        let rows: Vec<TypeRow> = sqlx::query_as(
            "select id, nb, en, description, icon, default_at, external_at, status_id, priority_id, template
             from request_type where deleted_at is null order by position, id",
        )
        .fetch_all(self.read())
        .await?;
        let statuses: Vec<(RequestTypeId, StatusId)> = sqlx::query_as(
            "select x.type_id, x.status_id from type_status x join status s on s.id = x.status_id order by s.position, s.id",
        )
        .fetch_all(self.read())
        .await?;
        let priorities: Vec<(RequestTypeId, PriorityId)> = sqlx::query_as(
            "select x.type_id, x.priority_id from type_priority x join priority p on p.id = x.priority_id order by p.rank",
        )
        .fetch_all(self.read())
        .await?;
        let allowed = rows.into_iter().map(|row| RequestType {
            statuses: statuses.iter().filter(|(of, _)| *of == row.id).map(|(_, id)| id.clone()).collect(),
            priorities: priorities.iter().filter(|(of, _)| *of == row.id).map(|(_, id)| id.clone()).collect(),
            default: row.default_at.is_some(),
            external: row.external_at.is_some(),
            status: row.status_id.map(StatusId),
            priority: row.priority_id.map(PriorityId),
            id: row.id,
            nb: row.nb,
            en: row.en,
            description: row.description,
            icon: row.icon,
            template: row.template,
        });
        Ok(allowed.collect())
    }

    /// Adds a type, or changes the one whose id it has; one that was retired is there again. Its requests keep the status and
    /// priority that they have until somebody changes them.
    ///
    /// # Errors
    /// `statuses`, `status`, `priorities` or `priority`: a list needs its default (section 8.2), and one of statuses an open
    /// and a closed one, or its requests could never be closed.
    pub async fn save_request_type(&self, actor: &Actor, new: RequestType) -> Result<()> {
        administrator(actor)?;
        if new.nb.trim().is_empty() || new.en.trim().is_empty() {
            return Err(Error::invalid("name", Why::Missing));
        }
        let mut write = self.write().await?;
        let default: Option<Option<i64>> = sqlx::query_scalar("select default_at from request_type where id = $1")
            .bind(new.id.clone())
            .fetch_optional(write.sql())
            .await?;
        if default.is_some_and(|since| since.is_some()) && !new.default {
            return Err(Error::invalid("default", Why::Needed));
        }
        let others: i64 = sqlx::query_scalar("select count(*) from request_type where id <> $1")
            .bind(new.id.clone())
            .fetch_one(write.sql())
            .await?;
        if others >= MOST_TYPES {
            return Err(Error::invalid("type", Why::TooMany { most: MOST_TYPES as u32 }));
        }
        write.check_type(&new).await?;
        write.save_type(&new).await?;
        let fact = Fact { new: Some(&new.nb), data: Some(new.id.0.clone()), ..Fact::default() };
        write.record(actor, Cause::Person, EventKind::SettingsChanged, fact).await?;
        self.commit(write).await
    }

    /// The order of the pick list.
    pub async fn order_request_types(&self, actor: &Actor, ids: &[RequestTypeId]) -> Result<()> {
        self.put_in_order(actor, "request_type", ids, 0).await
    }

    /// Takes a type out of every pick list; requests that have it keep it, and what it allows.
    pub async fn retire_request_type(&self, actor: &Actor, id: &RequestTypeId) -> Result<()> {
        administrator(actor)?;
        let mut write = self.write().await?;
        let now = write.now;
        let retired = sqlx::query("update request_type set deleted_at = $2 where id = $1 and default_at is null")
            .bind(id.clone())
            .bind(now)
            .execute(write.sql())
            .await?;
        if retired.rows_affected() == 0 {
            return Err(Error::invalid("type", Why::Needed));
        }
        write.record(actor, Cause::Person, EventKind::SettingsChanged, Fact::default()).await?;
        self.commit(write).await
    }

    /// What comes through a mailbox or another door is of this type; none is the default one. Section 8.2.
    pub async fn set_account_type(
        &self,
        actor: &Actor,
        account: &AccountId,
        kind: Option<&RequestTypeId>,
    ) -> Result<()> {
        administrator(actor)?;
        let mut write = self.write().await?;
        if let Some(kind) = kind {
            write.type_there(kind).await?;
        }
        let changed = sqlx::query("update account set type_id = $2 where id = $1")
            .bind(account.clone())
            .bind(kind.cloned())
            .execute(write.sql())
            .await?;
        if changed.rows_affected() == 0 {
            return Err(Error::NotFound);
        }
        write.record(actor, Cause::Person, EventKind::SettingsChanged, Fact::default()).await?;
        self.commit(write).await
    }

    /// Makes a request one of another type. A status or priority that this one does not allow becomes one that it does, in
    /// the same step, each with its line in the log.
    pub async fn set_request_type(&self, actor: &Actor, id: &TicketId, kind: &RequestTypeId) -> Result<()> {
        staff(actor)?;
        let mut write = self.write().await?;
        write.editable(actor, id).await?;
        write.set_type(actor, Cause::Person, id, kind).await?;
        self.commit(write).await
    }
}

impl Write {
    async fn check_type(&mut self, new: &RequestType) -> Result<()> {
        let known: Vec<(StatusId, String)> =
            sqlx::query_as("select id, state from status where deleted_at is null").fetch_all(self.sql()).await?;
        let state = |id: &StatusId| known.iter().find(|(known, _)| known == id).map(|(_, state)| state.as_str());
        let chosen = ["open", "closed", "postponed"].map(Some);
        if new.statuses.iter().any(|id| !chosen.contains(&state(id))) {
            return Err(Error::invalid("statuses", Why::NotAChoice));
        }
        if !new.statuses.is_empty() && !new.statuses.iter().any(|id| state(id) == Some("closed")) {
            return Err(Error::invalid("statuses", Why::Needed));
        }
        match &new.status {
            Some(id) if state(id) != Some("open") || !new.allows_status(id) => {
                return Err(Error::invalid("status", Why::NotAChoice));
            }
            None if !new.statuses.is_empty() => return Err(Error::invalid("status", Why::Missing)),
            _ => {}
        }
        let known: Vec<PriorityId> =
            sqlx::query_scalar("select id from priority where deleted_at is null").fetch_all(self.sql()).await?;
        if new.priorities.iter().any(|id| !known.contains(id)) {
            return Err(Error::invalid("priorities", Why::NotAChoice));
        }
        match &new.priority {
            Some(id) if !known.contains(id) || !new.allows_priority(id) => {
                Err(Error::invalid("priority", Why::NotAChoice))
            }
            None if !new.priorities.is_empty() => Err(Error::invalid("priority", Why::Missing)),
            _ => Ok(()),
        }
    }

    pub(crate) async fn save_type(&mut self, new: &RequestType) -> Result<()> {
        let now = self.now;
        if new.default {
            sqlx::query("update request_type set default_at = null where id <> $1")
                .bind(new.id.clone())
                .execute(self.sql())
                .await?;
        }
        sqlx::query(
            "insert into request_type (id, nb, en, description, icon, position, default_at, status_id, priority_id, template,
                                       external_at)
             values ($1, $2, $3, $4, $5, (select count(*) from request_type), $6, $7, $8, $9, $10)
             on conflict (id) do update set nb = excluded.nb, en = excluded.en, description = excluded.description,
               icon = excluded.icon, default_at = excluded.default_at, status_id = excluded.status_id,
               priority_id = excluded.priority_id, template = excluded.template, external_at = excluded.external_at, deleted_at = null",
        )
        .bind(new.id.clone())
        .bind(shorten(&new.nb, 200))
        .bind(shorten(&new.en, 200))
        .bind(shorten(&new.description, 2_000))
        .bind(shorten(&new.icon, 100))
        .bind(new.default.then_some(now))
        .bind(new.status.clone())
        .bind(new.priority.clone())
        .bind(new.template.clone().map(|name| shorten(&name, 200)))
        .bind(new.external.then_some(now))
        .execute(self.sql())
        .await?;
        for sql in ["delete from type_status where type_id = $1", "delete from type_priority where type_id = $1"] {
            sqlx::query(sql).bind(new.id.clone()).execute(self.sql()).await?;
        }
        let status = "insert into type_status (type_id, status_id) values ($1, $2) on conflict do nothing";
        for id in &new.statuses {
            sqlx::query(status).bind(new.id.clone()).bind(id.clone()).execute(self.sql()).await?;
        }
        let priority = "insert into type_priority (type_id, priority_id) values ($1, $2) on conflict do nothing";
        for id in &new.priorities {
            sqlx::query(priority).bind(new.id.clone()).bind(id.clone()).execute(self.sql()).await?;
        }
        Ok(())
    }

    /// The type of a request, where it still can be chosen.
    pub(crate) async fn type_of(&mut self, id: &TicketId) -> Result<Option<RequestTypeId>> {
        Ok(sqlx::query_scalar(
            "select k.id from ticket t join request_type k on k.id = t.type_id where t.id = $1 and k.deleted_at is null",
        )
        .bind(id.clone())
        .fetch_optional(self.sql())
        .await?)
    }

    pub(crate) async fn type_there(&mut self, id: &RequestTypeId) -> Result<String> {
        let name: Option<String> =
            sqlx::query_scalar("select nb from request_type where id = $1 and deleted_at is null")
                .bind(id.clone())
                .fetch_optional(self.sql())
                .await?;
        name.ok_or_else(|| Error::invalid("type", Why::NotAChoice))
    }

    pub(crate) async fn set_type(
        &mut self,
        actor: &Actor,
        cause: Cause,
        id: &TicketId,
        kind: &RequestTypeId,
    ) -> Result<()> {
        let (old, name): (Option<String>, Option<String>) = sqlx::query_as(
            "select t.type_id, k.nb from ticket t left join request_type k on k.id = t.type_id where t.id = $1",
        )
        .bind(id.clone())
        .fetch_one(self.sql())
        .await?;
        if old.as_ref() == Some(&kind.0) {
            return Ok(());
        }
        let new = self.type_there(kind).await?;
        sqlx::query("update ticket set type_id = $2 where id = $1")
            .bind(id.clone())
            .bind(kind.clone())
            .execute(self.sql())
            .await?;
        let data = serde_json::json!({ "old": old, "new": kind }).to_string();
        let fact = Fact { ticket: Some(id), old: name.as_deref(), new: Some(&new), data: Some(data) };
        self.record(actor, cause, EventKind::TypeChanged, fact).await?;
        self.needs_parent(id).await?;
        self.fit_status(actor, cause, id).await?;
        self.fit_priority(actor, cause, id).await
    }

    /// Into a status that its type allows, of the same state where there is one.
    async fn fit_status(&mut self, actor: &Actor, cause: Cause, id: &TicketId) -> Result<()> {
        let (state, status, wake): (String, StatusId, Option<i64>) =
            sqlx::query_as("select state, status_id, wake_at from ticket where id = $1")
                .bind(id.clone())
                .fetch_one(self.sql())
                .await?;
        let state: State = word(&state)?;
        if !state.is_chosen() || self.type_allows_status(id, &status).await? {
            return Ok(());
        }
        let fitting = self.usual_status(id, state).await?;
        match wake {
            Some(at) if self.type_allows_status(id, &fitting).await? => {
                self.postpone(actor, cause, id, &fitting, at).await
            }
            // Nothing of this type can be put off.
            Some(_) => {
                let open = self.usual_status(id, State::Open).await?;
                self.move_to(actor, cause, id, &open, State::Open).await
            }
            None => self.set_status(actor, cause, id, &fitting).await,
        }
    }

    async fn fit_priority(&mut self, actor: &Actor, cause: Cause, id: &TicketId) -> Result<()> {
        let (kind, priority): (Option<RequestTypeId>, PriorityId) =
            sqlx::query_as("select type_id, priority_id from ticket where id = $1")
                .bind(id.clone())
                .fetch_one(self.sql())
                .await?;
        let fitting = self.fitting_priority(kind.as_ref(), &priority).await?;
        self.set_priority(actor, cause, id, &fitting).await
    }

    /// Whether the type of a request lets people choose this status.
    pub(crate) async fn type_allows_status(&mut self, id: &TicketId, status: &StatusId) -> Result<bool> {
        let allowed: Vec<StatusId> = sqlx::query_scalar(
            "select status_id from type_status where type_id = (select type_id from ticket where id = $1)",
        )
        .bind(id.clone())
        .fetch_all(self.sql())
        .await?;
        Ok(allowed.is_empty() || allowed.contains(status))
    }

    /// Whether the type of a request lets people choose this priority.
    pub(crate) async fn type_allows_priority(&mut self, id: &TicketId, priority: &PriorityId) -> Result<bool> {
        let allowed: Vec<PriorityId> = sqlx::query_scalar(
            "select priority_id from type_priority where type_id = (select type_id from ticket where id = $1)",
        )
        .bind(id.clone())
        .fetch_all(self.sql())
        .await?;
        Ok(allowed.is_empty() || allowed.contains(priority))
    }

    /// The status of this state that a request gets where nobody chooses: the usual one if its type allows it, else the
    /// first that it does. Never nothing: what happens by itself must not fail.
    pub(crate) async fn usual_status(&mut self, id: &TicketId, state: State) -> Result<StatusId> {
        Ok(sqlx::query_scalar(
            "select s.id from status s join ticket t on t.id = $1 where s.state = $2 and s.deleted_at is null
             order by case when exists (select 1 from type_status x where x.type_id = t.type_id and x.status_id = s.id)
                             or not exists (select 1 from type_status x where x.type_id = t.type_id) then 0 else 1 end,
                      case when s.default_at is not null then 0 else 1 end, s.position, s.id limit 1",
        )
        .bind(id.clone())
        .bind(state.as_str())
        .fetch_one(self.sql())
        .await?)
    }

    /// Of what type a new request is: as somebody said, else as its door says, else the default one.
    ///
    /// # Errors
    /// For a type that cannot be chosen.
    pub(crate) async fn type_for_new(
        &mut self,
        said: Option<RequestTypeId>,
        account: &AccountId,
    ) -> Result<Decided<Option<RequestTypeId>>> {
        if let Some(said) = said {
            self.type_there(&said).await?;
            return Ok(Decided { value: Some(said), from: Source::Said });
        }
        usual_type(self.sql(), account).await
    }

    /// CRE-8, TYP-1: the first status comes from the type, else the category, else its maker's preference, else it is the
    /// usual open one; always one that the type allows.
    pub(crate) async fn first_status(
        &mut self,
        kind: Option<&RequestTypeId>,
        category: &CategoryId,
        preferred: Option<StatusId>,
    ) -> Result<Decided<StatusId>> {
        let (value, from): (StatusId, String) = sqlx::query_as(
            "select s.id, case when s.id = k.status_id then 'type' when s.id = c.new_status_id then 'category'
                          when s.id = $3 then 'own' when s.default_at is not null then 'saker' else 'type' end
             from status s left join request_type k on k.id = $1 left join category c on c.id = $2
             where s.state = 'open' and s.deleted_at is null
             order by case when exists (select 1 from type_status x where x.type_id = $1 and x.status_id = s.id)
                             or not exists (select 1 from type_status x where x.type_id = $1) then 0 else 1 end,
                      case when s.id = k.status_id then 0 else 1 end, case when s.id = c.new_status_id then 0 else 1 end,
                      case when s.id = $3 then 0 else 1 end, case when s.default_at is not null then 0 else 1 end,
                      s.position, s.id limit 1",
        )
        .bind(kind.cloned())
        .bind(category.clone())
        .bind(preferred)
        .fetch_one(self.sql())
        .await?;
        Ok(Decided { value, from: word(&from)? })
    }

    /// TYP-1: the type's own priority for new requests comes before that of the contact, the company and the door. PRI-2.
    pub(crate) async fn first_priority(
        &mut self,
        kind: Option<&RequestTypeId>,
        person: Option<&PersonId>,
        account: &AccountId,
    ) -> Result<Decided<PriorityId>> {
        let (own, door): (Option<PriorityId>, PriorityId) = sqlx::query_as(
            "select k.priority_id, a.priority_id from account a left join request_type k on k.id = $1 where a.id = $2",
        )
        .bind(kind.cloned())
        .bind(account.clone())
        .fetch_one(self.sql())
        .await?;
        if let Some(priority) = own
            && self.is_offered(&priority).await?
        {
            return Ok(Decided { value: priority, from: Source::Type });
        }
        self.automatic_priority(person, &door).await
    }

    /// What a request that is split off begins with.
    pub(crate) async fn fitting_priority_of(&mut self, from: &TicketFacts) -> Result<Option<PriorityId>> {
        let kind = self.type_of(&from.id).await?;
        let fitting = self.fitting_priority(kind.as_ref(), &PriorityId(from.priority_id.clone())).await?;
        Ok(sqlx::query_scalar("select id from priority where id = $1 and deleted_at is null")
            .bind(fitting)
            .fetch_optional(self.sql())
            .await?)
    }

    /// The priority that somebody chose for a new request.
    ///
    /// # Errors
    /// Where there is none such, or the type does not allow it.
    pub(crate) async fn priority_said(
        &mut self,
        kind: Option<&RequestTypeId>,
        priority: PriorityId,
    ) -> Result<PriorityId> {
        if !self.is_offered(&priority).await? || self.fitting_priority(kind, &priority).await? != priority {
            return Err(Error::invalid("priority", Why::NotAChoice));
        }
        Ok(priority)
    }

    /// This priority where the type allows it, else the type's own.
    pub(crate) async fn fitting_priority(
        &mut self,
        kind: Option<&RequestTypeId>,
        priority: &PriorityId,
    ) -> Result<PriorityId> {
        let fitting: Option<PriorityId> = sqlx::query_scalar(
            "select p.id from type_priority x join priority p on p.id = x.priority_id
             left join request_type k on k.id = x.type_id where x.type_id = $1 and p.deleted_at is null
             order by case when p.id = $2 then 0 when p.id = k.priority_id then 1 else 2 end, p.rank limit 1",
        )
        .bind(kind.cloned())
        .bind(priority.clone())
        .fetch_optional(self.sql())
        .await?;
        Ok(fitting.unwrap_or_else(|| priority.clone()))
    }

    /// A status leaves: where a type listed it, another takes its place.
    pub(crate) async fn replace_status_in_types(&mut self, id: &StatusId, to: Option<&StatusId>) -> Result<()> {
        if let Some(to) = to {
            for sql in [
                "insert into type_status (type_id, status_id) select type_id, cast($2 as text) from type_status
                 where status_id = $1 on conflict do nothing",
                "update request_type set status_id = $2 where status_id = $1",
            ] {
                sqlx::query(sql).bind(id.clone()).bind(to.clone()).execute(self.sql()).await?;
            }
        }
        for sql in [
            "delete from type_status where status_id = $1",
            "update request_type set status_id = null where status_id = $1",
        ] {
            sqlx::query(sql).bind(id.clone()).execute(self.sql()).await?;
        }
        Ok(())
    }
}

/// Of what type a request is that comes through this door where nobody says: as the door says, else the default one.
pub(crate) async fn usual_type(
    connection: &mut sqlx::AnyConnection,
    account: &AccountId,
) -> Result<Decided<Option<RequestTypeId>>> {
    let usual: Option<(RequestTypeId, String)> = sqlx::query_as(
        "select k.id, case when a.id is not null then 'door' else 'administrator' end
         from request_type k left join account a on a.id = $1 and a.type_id = k.id
         where k.deleted_at is null and (a.id is not null or k.default_at is not null)
         order by case when a.id is not null then 0 else 1 end limit 1",
    )
    .bind(account.clone())
    .fetch_optional(connection)
    .await?;
    Ok(match usual {
        Some((kind, from)) => Decided { value: Some(kind), from: word(&from)? },
        None => Decided { value: None, from: Source::Saker },
    })
}
