//! How long closed requests are kept: when a category's days are over they are erased, or made anonymous so that the
//! statistics stay. What a legal hold keeps waits until it is lifted. C-20 (GDPR, article 5 paragraph 1 e).

use crate::{
    Desk, Error, Result, Why,
    access::administrator,
    clock::DAY,
    db::{Fact, Write, word},
    legal_hold::holding,
    merge::with_swallowed,
    model::*,
};
use std::collections::BTreeMap;

/// Numbers that a preview names.
const NAMED: usize = 50;
/// What stands where a name or a text was.
const GONE: &str = "—";

/// Closed requests whose time is up, and which nobody holds. `cross join` keeps SQLite from looking through all that is closed.
pub(crate) const DUE: &str = concat!(
    "select t.id as subject, t.id as ticket_id, t.closed_at + r.days * 86400000000 as due_at
     from retention r cross join ticket t
     where t.category_id = r.category_id and t.state = 'closed' and t.anonymised_at is null
       and t.closed_at <= $1 - r.days * 86400000000 and not exists (select 1 from legal_hold h where ",
    holding!(),
    ")"
);

/// What is left of an anonymous request: that it was, where, when, how long and by which colleague. Asked with its id, what
/// stands for words, and the moment.
const WITHOUT_WORDS: &[&str] = &[
    "delete from attachment where message_id in (select id from message where ticket_id = $1) and $2 <> '' and $3 > 0",
    "delete from redaction where message_id in (select id from message where ticket_id = $1) and $2 <> '' and $3 > 0",
    "update held set draft = null where message_id in (select id from message where ticket_id = $1) and $2 <> '' and $3 > 0",
    "update delivery set parcel = '{}', recipient = $2, subject = $2, raw = null where ticket_id = $1 and $3 > 0
       and state not in ('queued', 'sending')",
    "update message set text = $2, html = null, source = null, author_email = '', reply_to = '', recipients = '', cc = '', bcc = '',
            author_name = case when agent_id is null then $2 else author_name end, person_id = null, problem = null,
            quote_at = null, mail_id = null, in_reply_to = null, redacted_at = $3 where ticket_id = $1",
    "update side set subject = $2, helpers = '', cc = '', bcc = '' where $3 > 0 and ticket_id = $1",
    "update conversation set address = '', token = null where $2 <> '' and $3 > 0 and ticket_id = $1",
    "update phone_call set ticket_id = null where ticket_id = $1 and $2 <> '' and $3 > 0",
    "delete from ticket_contact where ticket_id = $1 and $2 <> '' and $3 > 0",
    "delete from provenance where kind = 'contact' and thing = $1 and $2 <> '' and $3 > 0",
    // What was chosen from a list counts; what was written, and who is named, goes.
    "delete from ticket_field where ticket_id = $1 and $2 <> '' and $3 > 0
       and field_id in (select id from field where kind in ('text', 'person'))",
    "update notification set actor = $2 where ticket_id = $1 and $3 > 0",
    "update notice_mail set actor = $2 where ticket_id = $1 and $3 > 0",
    "delete from draft where place = $1 and $2 <> '' and $3 > 0",
    "update step set changes = '[]' where number in (select number from step_ticket where ticket_id = $1) and $2 <> '' and $3 > 0",
    // The log keeps that it happened, and what is counted by; not who it was, nor their words.
    "update event set actor_name = $2, actor_id = null where ticket_id = $1 and actor_kind = 'customer' and $3 > 0",
    "update event set old = null, new = null, data = null where ticket_id = $1 and $2 <> '' and $3 > 0 and kind not in
       ('ticket-opened', 'status-changed', 'closed', 'reopened', 'category-changed', 'priority-changed', 'type-changed',
        'access-changed', 'transferred', 'accepted', 'released', 'distributed', 'handed-out', 'postponed', 'woken', 'tagged',
        'untagged', 'time-changed', 'charge-changed', 'deadline-near', 'deadline-missed', 'undone', 'anonymised')",
    "update ticket set title = $2, sender = $2, preview = '', person_id = null,
            language = (select p.language from person p where p.id = ticket.person_id), files = 0, anonymised_at = $3 where id = $1",
];

impl Desk {
    /// What holds for the closed requests of each category, and which category says so.
    pub async fn retentions(&self, actor: &Actor) -> Result<Vec<CategoryRetention>> {
        administrator(actor)?;
        let tree = tree(&mut *self.read().acquire().await?).await?;
        Ok(tree.iter().map(|(id, branch)| branch.said(id, &tree)).collect())
    }

    /// Keeps the closed requests of a category for so long; none leaves it to the categories above.
    ///
    /// # Errors
    /// [`Why::NotAChoice`] for days that nobody can mean; [`Error::NotFound`] for no category.
    pub async fn save_retention(&self, actor: &Actor, category: &CategoryId, own: Option<Retention>) -> Result<()> {
        administrator(actor)?;
        check(own)?;
        let mut write = self.write().await?;
        let changed =
            sqlx::query("update category set keep_days = $2, keep_then = $3 where id = $1 and deleted_at is null")
                .bind(category.clone())
                .bind(own.map(|own| own.days))
                .bind(own.map(|own| own.then.as_str()))
                .execute(write.sql())
                .await?;
        if changed.rows_affected() == 0 {
            return Err(Error::NotFound);
        }
        write.reckon_retention().await?;
        write.say_of_category(actor, category).await?;
        self.commit(write).await
    }

    /// What would go today if a category kept its closed requests like this: its own, and those of the categories below it
    /// that say nothing themselves. Nothing is changed.
    ///
    /// # Errors
    /// As [`Desk::save_retention`].
    pub async fn preview_retention(
        &self,
        actor: &Actor,
        category: &CategoryId,
        own: Option<Retention>,
    ) -> Result<RetentionPreview> {
        administrator(actor)?;
        check(own)?;
        let mut connection = self.read().acquire().await?;
        let mut tree = tree(&mut connection).await?;
        tree.get_mut(category).ok_or(Error::NotFound)?.own = own;
        let mut preview = RetentionPreview::default();
        let mut going = vec![];
        for (id, branch) in &tree {
            let said = branch.said(id, &tree);
            if id != category && (said.own.is_some() || !below(id, category, &tree)) {
                continue;
            }
            let Some(holds) = said.holds else { continue };
            let due: Vec<(i64, i64, i64)> = sqlx::query_as(concat!(
                "select t.number, t.closed_at, (select count(*) from legal_hold h where ",
                holding!(),
                ") as holds from ticket t where t.category_id = $1 and t.state = 'closed' and t.anonymised_at is null
                   and t.closed_at <= $2 order by t.closed_at, t.number"
            ))
            .bind(id.clone())
            .bind(self.clock().now() - holds.days * DAY)
            .fetch_all(&mut *connection)
            .await?;
            let goes = due.iter().filter(|(.., held)| *held == 0);
            let count = goes.clone().count() as i64;
            preview.held += due.len() as i64 - count;
            match holds.then {
                Farewell::Erase => preview.erased += count,
                Farewell::Anonymise => preview.anonymised += count,
            }
            going.extend(goes.map(|(number, closed, _)| (*closed, *number)));
        }
        going.sort_unstable();
        preview.numbers = going.into_iter().take(NAMED).map(|(_, number)| number).collect();
        Ok(preview)
    }
}

fn check(own: Option<Retention>) -> Result<()> {
    match own {
        Some(own) if !own.is_sound() => Err(Error::invalid("days", Why::NotAChoice)),
        _ => Ok(()),
    }
}

/// A category with what it says itself.
struct Branch {
    parent: Option<CategoryId>,
    own: Option<Retention>,
}

type Tree = BTreeMap<CategoryId, Branch>;

impl Branch {
    fn said(&self, id: &CategoryId, tree: &Tree) -> CategoryRetention {
        let mut said = CategoryRetention { category: id.clone(), own: self.own, holds: None, from: None };
        let (mut here, mut branch) = (id, self);
        // No tree is deeper than it has branches.
        for _ in 0..=tree.len() {
            if branch.own.is_some() {
                (said.holds, said.from) = (branch.own, Some(here.clone()));
                break;
            }
            match branch.parent.as_ref().and_then(|parent| tree.get_key_value(parent)) {
                Some((above, up)) => (here, branch) = (above, up),
                None => break,
            }
        }
        said
    }
}

/// Whether one category stands somewhere below another.
fn below(id: &CategoryId, above: &CategoryId, tree: &Tree) -> bool {
    let mut here = tree.get(id).and_then(|branch| branch.parent.as_ref());
    for _ in 0..=tree.len() {
        match here {
            Some(one) if one == above => return true,
            Some(one) => here = tree.get(one).and_then(|branch| branch.parent.as_ref()),
            None => return false,
        }
    }
    false
}

#[derive(sqlx::FromRow)]
struct Row {
    id: CategoryId,
    parent_id: Option<CategoryId>,
    keep_days: Option<i64>,
    keep_then: Option<String>,
}

async fn tree(connection: &mut sqlx::AnyConnection) -> Result<Tree> {
    let rows: Vec<Row> =
        sqlx::query_as("select id, parent_id, keep_days, keep_then from category where deleted_at is null order by id")
            .fetch_all(connection)
            .await?;
    let mut tree = Tree::new();
    for row in rows {
        let own = match (row.keep_days, row.keep_then) {
            (Some(days), Some(then)) => Some(Retention { days, then: word(&then)? }),
            _ => None,
        };
        tree.insert(row.id, Branch { parent: row.parent_id, own });
    }
    Ok(tree)
}

impl Write {
    /// Derives `retention` anew. Called by every write that changes categories, as [`Write::reckon_reach`] is.
    pub(crate) async fn reckon_retention(&mut self) -> Result<()> {
        let tree = tree(self.sql()).await?;
        sqlx::query("delete from retention").execute(self.sql()).await?;
        for (id, branch) in &tree {
            let Some(holds) = branch.said(id, &tree).holds else { continue };
            sqlx::query("insert into retention (category_id, days, farewell) values ($1, $2, $3)")
                .bind(id.clone())
                .bind(holds.days)
                .bind(holds.then.as_str())
                .execute(self.sql())
                .await?;
        }
        Ok(())
    }

    /// Erases a closed request whose time is up, or takes its words and people away. Looked at once more inside of the
    /// write: it may have been opened, moved or held meanwhile.
    pub(crate) async fn bid_farewell(&mut self, id: &TicketId) -> Result<()> {
        let row: Option<(i64, String)> = sqlx::query_as(
            "select r.days, r.farewell from ticket t join retention r on r.category_id = t.category_id
             where t.id = $1 and t.state = 'closed' and t.anonymised_at is null and t.closed_at <= $2 - r.days * 86400000000",
        )
        .bind(id.clone())
        .bind(self.now)
        .fetch_optional(self.sql())
        .await?;
        let Some((days, farewell)) = row else { return Ok(()) };
        if self.is_not_held(id).await.is_err() {
            return Ok(());
        }
        let blobs = match word(&farewell)? {
            Farewell::Erase => self.erase(&Actor::System, Cause::Clock, id).await?,
            Farewell::Anonymise => self.anonymise(id, days).await?,
        };
        self.loosen(&blobs).await
    }

    /// Takes words, files and people from a request, and from all that was merged into it, but for what is held itself; the
    /// names of the bytes that belonged to them.
    async fn anonymise(&mut self, id: &TicketId, days: i64) -> Result<Vec<String>> {
        let swallowed: Vec<TicketId> =
            sqlx::query_scalar(concat!("select id from ticket where id <> $1 and id in ", with_swallowed!("$1")))
                .bind(id.clone())
                .fetch_all(self.sql())
                .await?;
        let mut chain = vec![id.clone()];
        for one in swallowed {
            if self.is_not_held(&one).await.is_ok() {
                chain.push(one);
            }
        }
        let (mut blobs, now) = (vec![], self.now);
        for one in &chain {
            blobs.extend(self.bytes_of(one).await?);
            for sql in WITHOUT_WORDS {
                sqlx::query(*sql).bind(one.clone()).bind(GONE).bind(now).execute(self.sql()).await?;
            }
        }
        let days = days.to_string();
        for one in &chain {
            let fact = Fact { ticket: Some(one), new: Some(&days), ..Fact::default() };
            self.record(&Actor::System, Cause::Clock, EventKind::Anonymised, fact).await?;
        }
        Ok(blobs)
    }
}
