//! Related, parent, child; and what holds between parents and children. Section 9.4. Enforced here, so that pages, calls,
//! rules and bulk actions obey alike.

use crate::{
    Desk, Error, Result, Why,
    access::{administrator, staff},
    db::{Fact, Write, word},
    model::*,
    person::shorten,
};

#[derive(sqlx::FromRow)]
struct RelationRow {
    id: RelationId,
    kind: String,
    from_id: TicketId,
    ticket: TicketId,
    number: i64,
    title: String,
    state: String,
    owner: Option<String>,
    changed_at: i64,
    comment: String,
}

#[derive(sqlx::FromRow)]
struct RuleRow {
    id: RelationRuleId,
    name: String,
    parent_types: String,
    child_types: String,
    require_parent_at: Option<i64>,
    children_first_at: Option<i64>,
    close_parent_at: Option<i64>,
    close_children_at: Option<i64>,
}

impl From<RuleRow> for RelationRule {
    fn from(row: RuleRow) -> Self {
        let types = |text: &str| text.lines().map(RequestTypeId::from).collect();
        RelationRule {
            parents: types(&row.parent_types),
            children: types(&row.child_types),
            id: row.id,
            name: row.name,
            require_parent: row.require_parent_at.is_some(),
            children_first: row.children_first_at.is_some(),
            offer_parent: row.close_parent_at.is_some(),
            offer_children: row.close_children_at.is_some(),
        }
    }
}

impl RelationRule {
    /// Whether it speaks about a parent and a child of these types. A request without a type fits rules for all types only.
    fn fits(&self, parent: Option<&str>, child: Option<&str>) -> bool {
        let of = |types: &[RequestTypeId], own: Option<&str>| {
            types.is_empty() || own.is_some_and(|own| types.iter().any(|kind| kind.as_str() == own))
        };
        of(&self.parents, parent) && of(&self.children, child)
    }
}

const RULES: &str = "select id, name, parent_types, child_types, require_parent_at, children_first_at, close_parent_at,
    close_children_at from relation_rule order by name, id";

/// A child or parent, as rules look at it.
#[derive(sqlx::FromRow)]
struct Kin {
    id: TicketId,
    number: i64,
    type_id: Option<String>,
    state: String,
}

impl Desk {
    /// Relates two requests. REL-1: one parent, nothing twice, no circles. REL-2.
    pub async fn relate(
        &self,
        actor: &Actor,
        id: &TicketId,
        other: &TicketId,
        kind: RelationKind,
        comment: &str,
    ) -> Result<RelationId> {
        staff(actor)?;
        let mut write = self.write().await?;
        write.editable(actor, id).await?;
        write.facts(actor, other).await?;
        let relation = write.relate(actor, Cause::Person, id, other, kind, comment).await?;
        self.commit(write).await?;
        Ok(relation)
    }

    /// Takes one relation away; the requests stay. REL-3.
    pub async fn unrelate(&self, actor: &Actor, id: &TicketId, relation: &RelationId) -> Result<()> {
        staff(actor)?;
        let mut write = self.write().await?;
        write.editable(actor, id).await?;
        let ends: Option<(TicketId, TicketId, String)> =
            sqlx::query_as("select from_id, to_id, kind from relation where id = $1 and (from_id = $2 or to_id = $2)")
                .bind(relation.clone())
                .bind(id.clone())
                .fetch_optional(write.sql())
                .await?;
        let (from, to, kind) = ends.ok_or(Error::NotFound)?;
        write.remember(&from).await?;
        write.remember(&to).await?;
        sqlx::query("delete from relation where id = $1").bind(relation.clone()).execute(write.sql()).await?;
        if kind == "parent" {
            write.needs_parent(&to).await?;
        }
        for (end, other) in [(&from, &to), (&to, &from)] {
            let number = write.number_of(other).await?;
            let fact = Fact { ticket: Some(end), new: Some(&number), ..Fact::default() };
            write.record(actor, Cause::Person, EventKind::Unrelated, fact).await?;
        }
        self.commit(write).await
    }

    /// What a request is related to, of what its reader may read: parents first, then children, then the rest.
    pub async fn relations(&self, actor: &Actor, id: &TicketId) -> Result<Vec<Relation>> {
        staff(actor)?;
        self.facts(actor, id).await?;
        let rows: Vec<RelationRow> = sqlx::query_as(
            "select r.id, r.kind, r.from_id, t.id as ticket, t.number, t.title, t.state, a.name as owner, t.changed_at, r.comment
             from relation r join ticket t on t.id = case when r.from_id = $1 then r.to_id else r.from_id end
             left join agent a on a.id = t.owner_id
             where r.from_id = $1 or r.to_id = $1 order by t.number",
        )
        .bind(id.clone())
        .fetch_all(self.read())
        .await?;
        let mut relations = vec![];
        for row in rows {
            if !self.may_see(actor, &row.ticket).await? {
                continue;
            }
            let kind = match row.kind.as_str() {
                "related" => RelationKind::Related,
                // From parent to child.
                _ if row.from_id == *id => RelationKind::Child,
                _ => RelationKind::Parent,
            };
            relations.push(Relation {
                kind,
                state: word(&row.state)?,
                id: row.id,
                ticket: row.ticket,
                number: row.number,
                title: row.title,
                owner: row.owner,
                changed_at: row.changed_at,
                comment: row.comment,
            });
        }
        let place = |kind: RelationKind| match kind {
            RelationKind::Parent => 0,
            RelationKind::Child => 1,
            RelationKind::Related => 2,
        };
        relations.sort_by_key(|relation| (place(relation.kind), relation.number));
        Ok(relations)
    }

    pub async fn relation_rules(&self, actor: &Actor) -> Result<Vec<RelationRule>> {
        administrator(actor)?;
        let rows: Vec<RuleRow> = sqlx::query_as(RULES).fetch_all(self.read()).await?;
        Ok(rows.into_iter().map(RelationRule::from).collect())
    }

    /// Adds a rule, or changes the one whose id it has. RUL-2: the names of rules that speak about the same pairs.
    pub async fn save_relation_rule(&self, actor: &Actor, rule: RelationRule) -> Result<Vec<String>> {
        administrator(actor)?;
        let name = shorten(&rule.name, 200);
        if name.is_empty() {
            return Err(Error::invalid("name", Why::Missing));
        }
        // Nothing could be opened any more.
        if rule.require_parent && rule.children.is_empty() {
            return Err(Error::invalid("children", Why::Missing));
        }
        let overlap = |a: &[RequestTypeId], b: &[RequestTypeId]| {
            a.is_empty() || b.is_empty() || a.iter().any(|kind| b.contains(kind))
        };
        let others = self.relation_rules(actor).await?;
        let conflicts = others
            .into_iter()
            .filter(|other| other.id != rule.id)
            .filter(|other| overlap(&other.parents, &rule.parents) && overlap(&other.children, &rule.children))
            .map(|other| other.name)
            .collect();
        let mut write = self.write().await?;
        let now = write.now;
        let types = |kinds: &[RequestTypeId]| kinds.iter().map(RequestTypeId::as_str).collect::<Vec<_>>().join("\n");
        sqlx::query(
            "insert into relation_rule (id, name, parent_types, child_types, children_first_at,
                                        close_parent_at, close_children_at, require_parent_at) values ($1, $2, $3, $4, $5, $6, $7, $8)
             on conflict (id) do update set name = excluded.name, parent_types = excluded.parent_types,
               child_types = excluded.child_types, children_first_at = excluded.children_first_at, close_parent_at = excluded.close_parent_at,
               close_children_at = excluded.close_children_at, require_parent_at = excluded.require_parent_at",
        )
        .bind(rule.id)
        .bind(name)
        .bind(types(&rule.parents))
        .bind(types(&rule.children))
        .bind(rule.children_first.then_some(now))
        .bind(rule.offer_parent.then_some(now))
        .bind(rule.offer_children.then_some(now))
        .bind(rule.require_parent.then_some(now))
        .execute(write.sql())
        .await?;
        write.record(actor, Cause::Person, EventKind::SettingsChanged, Fact::default()).await?;
        self.commit(write).await?;
        Ok(conflicts)
    }

    pub async fn delete_relation_rule(&self, actor: &Actor, id: &RelationRuleId) -> Result<()> {
        administrator(actor)?;
        let mut write = self.write().await?;
        sqlx::query("delete from relation_rule where id = $1").bind(id.clone()).execute(write.sql()).await?;
        write.record(actor, Cause::Person, EventKind::SettingsChanged, Fact::default()).await?;
        self.commit(write).await
    }

    /// What must be done first, and what could be done along. RUL-1.
    pub(crate) async fn closing_offers(&self, id: &TicketId) -> Result<BeforeClosing> {
        let rows: Vec<RuleRow> = sqlx::query_as(RULES).fetch_all(self.read()).await?;
        let rules: Vec<RelationRule> = rows.into_iter().map(RelationRule::from).collect();
        let mut before = BeforeClosing::default();
        if rules.is_empty() {
            return Ok(before);
        }
        let mut connection = self.read().acquire().await?;
        let own = kin(&mut connection, id).await?;
        let now = self.clock().now();
        for child in unfinished(&mut connection, id, now).await? {
            let fits = |on: fn(&RelationRule) -> bool| {
                rules.iter().any(|rule| on(rule) && rule.fits(own.type_id.as_deref(), child.type_id.as_deref()))
            };
            if fits(|rule| rule.children_first) {
                before.open_children.push(child.number);
            } else if child.state != State::Closed.as_str() && fits(|rule| rule.offer_children) {
                before.offer_children.push(child.number);
            }
        }
        let parent: Option<TicketId> =
            sqlx::query_scalar("select from_id from relation where to_id = $1 and kind = 'parent'")
                .bind(id.clone())
                .fetch_optional(&mut *connection)
                .await?;
        if let Some(parent) = parent {
            let parent = kin(&mut connection, &parent).await?;
            let others = unfinished(&mut connection, &parent.id, now).await?;
            let last = others.iter().all(|child| child.id == *id);
            let offered = rules
                .iter()
                .any(|rule| rule.offer_parent && rule.fits(parent.type_id.as_deref(), own.type_id.as_deref()));
            if last && offered && parent.state == State::Open.as_str() {
                before.offer_parent = Some(parent.number);
            }
        }
        Ok(before)
    }

    /// Closes the open children of a request, each with this answer to its customer. REL-4. How many were closed, or will be
    /// when the reply leaves that closed their parent.
    pub async fn close_children(&self, actor: &Actor, id: &TicketId, answer: Option<Draft>) -> Result<usize> {
        staff(actor)?;
        self.facts(actor, id).await?;
        let mut connection = self.read().acquire().await?;
        let children = children(&mut connection, id).await?;
        drop(connection);
        let mut closed = 0;
        for child in children {
            match &answer {
                Some(answer) => {
                    let mut answer = answer.clone();
                    answer.close = true;
                    if !answer.key.is_empty() {
                        answer.key = format!("{}-{}", answer.key, child.id);
                    }
                    self.reply(actor, &child.id, answer).await?;
                }
                None => {
                    let mut write = self.write().await?;
                    write.editable(actor, &child.id).await?;
                    // Nobody sees of the children what can still be called back of their parent.
                    match write.closing_reply(actor, id).await? {
                        Some(reply) => write.close_with(&reply, &child.id).await?,
                        None => write.close(actor, Cause::Person, &child.id).await?,
                    }
                    self.commit(write).await?;
                }
            }
            closed += 1;
        }
        Ok(closed)
    }
}

async fn kin(connection: &mut sqlx::AnyConnection, id: &TicketId) -> Result<Kin> {
    Ok(sqlx::query_as("select id, number, type_id, state from ticket where id = $1")
        .bind(id.clone())
        .fetch_one(connection)
        .await?)
}

/// Children that are not closed.
async fn children(connection: &mut sqlx::AnyConnection, id: &TicketId) -> Result<Vec<Kin>> {
    Ok(sqlx::query_as(
        "select t.id, t.number, t.type_id, t.state from relation r join ticket t on t.id = r.to_id
         where r.from_id = $1 and r.kind = 'parent' and t.state in ('open', 'postponed') order by t.number",
    )
    .bind(id.clone())
    .fetch_all(connection)
    .await?)
}

/// Children that are not closed for good: also those whose closing can still be called back with the reply it came with.
async fn unfinished(connection: &mut sqlx::AnyConnection, id: &TicketId, now: i64) -> Result<Vec<Kin>> {
    Ok(sqlx::query_as(
        "select t.id, t.number, t.type_id, t.state from relation r join ticket t on t.id = r.to_id
         where r.from_id = $1 and r.kind = 'parent' and (t.state in ('open', 'postponed') or (t.state = 'closed' and exists
           (select 1 from held h join message m on m.id = h.message_id where m.ticket_id = t.id and h.until_at > $2)))
         order by t.number",
    )
    .bind(id.clone())
    .bind(now)
    .fetch_all(connection)
    .await?)
}

impl Write {
    pub(crate) async fn relate(
        &mut self,
        actor: &Actor,
        cause: Cause,
        id: &TicketId,
        other: &TicketId,
        kind: RelationKind,
        comment: &str,
    ) -> Result<RelationId> {
        if id == other {
            return Err(Error::invalid("other", Why::Circle));
        }
        // What was swallowed or deleted is related to nothing new: its survivor is.
        let gone: Option<i64> = sqlx::query_scalar(
            "select number from ticket where id in ($1, $2) and state in ('linked', 'deleted') limit 1",
        )
        .bind(id.clone())
        .bind(other.clone())
        .fetch_optional(self.sql())
        .await?;
        if gone.is_some() {
            return Err(Error::invalid("other", Why::NotAChoice));
        }
        let (from, to, word) = match kind {
            RelationKind::Related => (id, other, "related"),
            RelationKind::Parent => (other, id, "parent"),
            RelationKind::Child => (id, other, "parent"),
        };
        let there: Option<i64> = sqlx::query_scalar(
            "select at from relation where (from_id = $1 and to_id = $2) or (from_id = $2 and to_id = $1)",
        )
        .bind(from.clone())
        .bind(to.clone())
        .fetch_optional(self.sql())
        .await?;
        if there.is_some() {
            return Err(Error::invalid("other", Why::Double));
        }
        if kind != RelationKind::Related {
            self.one_parent_and_no_circle(from, to).await?;
        }
        if matches!(actor, Actor::Agent { .. } | Actor::Rule { .. } | Actor::Plugin { .. }) {
            self.remember(other).await?;
        }
        let (relation, now) = (RelationId::new(), self.now);
        sqlx::query("insert into relation (id, from_id, to_id, kind, comment, at) values ($1, $2, $3, $4, $5, $6)")
            .bind(relation.clone())
            .bind(from.clone())
            .bind(to.clone())
            .bind(word)
            .bind(shorten(comment, 1_000))
            .bind(now)
            .execute(self.sql())
            .await?;
        for (end, other) in [(id, other), (other, id)] {
            let number = self.number_of(other).await?;
            let fact = Fact { ticket: Some(end), new: Some(&number), data: Some(word.to_owned()), ..Fact::default() };
            self.record(actor, cause, EventKind::Related, fact).await?;
        }
        Ok(relation)
    }

    pub(crate) async fn one_parent_and_no_circle(&mut self, parent: &TicketId, child: &TicketId) -> Result<()> {
        if self.parent_of(child).await?.is_some() {
            return Err(Error::invalid("other", Why::Double));
        }
        let mut above = Some(parent.clone());
        while let Some(here) = above {
            if here == *child {
                return Err(Error::invalid("other", Why::Circle));
            }
            above = self.parent_of(&here).await?;
        }
        Ok(())
    }

    async fn parent_of(&mut self, id: &TicketId) -> Result<Option<TicketId>> {
        Ok(sqlx::query_scalar("select from_id from relation where to_id = $1 and kind = 'parent' limit 1")
            .bind(id.clone())
            .fetch_optional(self.sql())
            .await?)
    }

    /// RUL-1: a request of some types belongs below one of others, whoever makes it.
    ///
    /// # Errors
    /// `parent` where a rule asks for one and there is none that fits.
    pub(crate) async fn needs_parent(&mut self, id: &TicketId) -> Result<()> {
        let rows: Vec<RuleRow> = sqlx::query_as(RULES).fetch_all(self.sql()).await?;
        let rules: Vec<RelationRule> =
            rows.into_iter().map(RelationRule::from).filter(|rule| rule.require_parent).collect();
        let own = match rules.is_empty() {
            true => return Ok(()),
            false => kin(self.sql(), id).await?,
        };
        let about =
            |rule: &&RelationRule| rule.children.iter().any(|kind| Some(kind.as_str()) == own.type_id.as_deref());
        let mut rules = rules.iter().filter(about).peekable();
        if rules.peek().is_none() {
            return Ok(());
        }
        let parent = match self.parent_of(id).await? {
            Some(parent) => kin(self.sql(), &parent).await?.type_id,
            None => return Err(Error::invalid("parent", Why::Missing)),
        };
        match rules.any(|rule| rule.fits(parent.as_deref(), own.type_id.as_deref())) {
            true => Ok(()),
            false => Err(Error::invalid("parent", Why::NotAChoice)),
        }
    }

    /// As people say it: `#1042`.
    pub(crate) async fn number_of(&mut self, id: &TicketId) -> Result<String> {
        let number: i64 = sqlx::query_scalar("select number from ticket where id = $1")
            .bind(id.clone())
            .fetch_one(self.sql())
            .await?;
        Ok(format!("#{number}"))
    }

    /// CLO-2, RUL-1: a parent waits for its children where a rule says so, whoever closes it.
    pub(crate) async fn may_close(&mut self, id: &TicketId) -> Result<()> {
        let rows: Vec<RuleRow> = sqlx::query_as(RULES).fetch_all(self.sql()).await?;
        let rules: Vec<RelationRule> =
            rows.into_iter().map(RelationRule::from).filter(|rule| rule.children_first).collect();
        if rules.is_empty() {
            return Ok(());
        }
        let own = kin(self.sql(), id).await?;
        let now = self.now;
        for child in unfinished(self.sql(), id, now).await? {
            if rules.iter().any(|rule| rule.fits(own.type_id.as_deref(), child.type_id.as_deref())) {
                return Err(Error::invalid("status", Why::First { what: format!("#{}", child.number) }));
            }
        }
        Ok(())
    }
}
