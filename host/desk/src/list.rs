//! Lists of requests, and how many are in each. Section 10.1.

use crate::{
    Desk, Error, Result,
    access::{listed, staff},
    db::word,
    model::*,
};

/// Rows a page.
pub const PAGE: i64 = 50;

#[derive(sqlx::FromRow)]
struct Row {
    id: TicketId,
    number: i64,
    title: String,
    state: String,
    status_id: StatusId,
    read: String,
    owner_id: Option<AgentId>,
    owner_name: Option<String>,
    owner_email: Option<String>,
    person: Option<String>,
    sender: String,
    company: Option<String>,
    category_id: CategoryId,
    priority_id: PriorityId,
    preview: String,
    files: i64,
    starred_at: Option<i64>,
    created_at: i64,
    changed_at: i64,
    replied_at: Option<i64>,
}

impl TryFrom<Row> for TicketRow {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self> {
        let owner = match (row.owner_id, row.owner_name, row.owner_email) {
            (Some(id), Some(name), Some(email)) => Some(AgentCard { id, name, email }),
            _ => None,
        };
        Ok(TicketRow {
            new: row.replied_at.is_none() && owner.is_none(),
            state: word(&row.state)?,
            read: word(&row.read)?,
            from: row.person.unwrap_or(row.sender),
            has_files: row.files > 0,
            starred: row.starred_at.is_some(),
            id: row.id,
            number: row.number,
            title: row.title,
            status: row.status_id,
            owner,
            company: row.company,
            category: row.category_id,
            priority: row.priority_id,
            preview: row.preview,
            created_at: row.created_at,
            changed_at: row.changed_at,
        })
    }
}

/// `$1` is the reader, for the star.
macro_rules! rows {
    ($tail:literal) => {
        concat!(
            "select t.id, t.number, t.title, t.state, t.status_id, t.read, t.owner_id, a.name as owner_name,
                    a.email as owner_email, p.name as person, t.sender, c.name as company, t.category_id, t.priority_id,
                    t.preview, t.files, f.at as starred_at, t.created_at, t.changed_at, t.replied_at
             from ticket t
             left join agent a on a.id = t.owner_id
             left join person p on p.id = t.person_id
             left join company c on c.id = p.company_id
             left join favourite f on f.ticket_id = t.id and f.agent_id = $1 ",
            $tail,
            " and ",
            listed!(),
            " and (t.changed_at < $2 or (t.changed_at = $2 and t.id < $3))
             order by t.changed_at desc, t.id desc limit $4"
        )
    };
}

impl Desk {
    /// One page of a list, newest change first. `after` is the last page's `next`.
    pub async fn list(&self, actor: &Actor, list: List, after: Option<&str>) -> Result<TicketPage> {
        let me = staff(actor)?;
        let (changed, id) = after.map_or((i64::MAX, ""), |text| {
            let (changed, id) = text.split_once('.').unwrap_or(("0", ""));
            (changed.parse().unwrap_or(0), id)
        });
        let sql = match list {
            List::Mine => rows!("where t.owner_id = $1 and t.state = 'open'"),
            List::Unassigned => rows!("where t.owner_id is null and t.state = 'open'"),
            List::Favourites => rows!("where f.at is not null"),
            List::Open => rows!("where t.state = 'open'"),
            List::Closed => rows!("where t.state = 'closed'"),
            List::Latest => rows!("where t.state not in ('linked', 'deleted')"),
        };
        let rows: Vec<Row> = sqlx::query_as(sql)
            .bind(me.clone())
            .bind(changed)
            .bind(id.to_owned())
            .bind(PAGE + 1)
            .fetch_all(self.read())
            .await?;
        let more = rows.len() as i64 > PAGE;
        let rows: Vec<TicketRow> =
            rows.into_iter().take(PAGE as usize).map(TicketRow::try_from).collect::<Result<_>>()?;
        let next = match rows.last() {
            Some(last) if more => Some(format!("{}.{}", last.changed_at, last.id)),
            _ => None,
        };
        Ok(TicketPage { total: self.count(me, list).await?, rows, next })
    }

    /// From the tallies, so that it costs the same however many requests there are.
    async fn count(&self, me: &AgentId, list: List) -> Result<i64> {
        macro_rules! sum {
            ($where:literal) => {
                concat!(
                    "select cast(coalesce(sum(y.count), 0) as bigint) from tally y where (y.owner = $1 or exists
                       (select 1 from reach h where h.agent_id = $1 and h.category_id = y.category)) and ",
                    $where
                )
            };
        }
        let sql = match list {
            List::Mine => sum!("y.owner = $1 and y.state = 'open'"),
            List::Unassigned => sum!("y.owner = '' and y.state = 'open'"),
            List::Favourites => "select count(*) from favourite where agent_id = $1",
            List::Open => sum!("y.state = 'open'"),
            List::Closed => sum!("y.state = 'closed'"),
            List::Latest => sum!("y.state not in ('linked', 'deleted')"),
        };
        Ok(sqlx::query_scalar(sql).bind(me.clone()).fetch_one(self.read()).await?)
    }

    /// The numbers beside the lists' names.
    pub async fn counts(&self, actor: &Actor) -> Result<Counts> {
        let me = staff(actor)?;
        let notifications =
            sqlx::query_scalar("select count(*) from notification where agent_id = $1 and seen_at is null")
                .bind(me.clone())
                .fetch_one(self.read())
                .await?;
        Ok(Counts {
            mine: self.count(me, List::Mine).await?,
            unassigned: self.count(me, List::Unassigned).await?,
            favourites: self.count(me, List::Favourites).await?,
            open: self.count(me, List::Open).await?,
            notifications,
        })
    }

    /// A person's requests, open ones first; without one that is being looked at.
    pub(crate) async fn tickets_of(
        &self,
        actor: &Actor,
        person: &PersonId,
        but: Option<&TicketId>,
        most: i64,
    ) -> Result<Vec<TicketRow>> {
        let me = staff(actor)?;
        let ids: Vec<TicketId> = sqlx::query_scalar(
            "select t.id from ticket t join ticket_contact tc on tc.ticket_id = t.id
             where tc.person_id = $1 and t.id <> $2 and t.state not in ('linked', 'deleted')
             order by case when t.state = 'open' then 0 else 1 end, t.changed_at desc limit $3",
        )
        .bind(person.clone())
        .bind(but.map(|id| id.0.clone()).unwrap_or_default())
        .bind(most)
        .fetch_all(self.read())
        .await?;
        let mut found = Vec::with_capacity(ids.len());
        for id in ids {
            found.extend(self.row(me, &id).await?);
        }
        Ok(found)
    }

    pub(crate) async fn row(&self, me: &AgentId, id: &TicketId) -> Result<Option<TicketRow>> {
        let row: Option<Row> = sqlx::query_as(rows!("where t.id = $5"))
            .bind(me.clone())
            .bind(i64::MAX)
            .bind(String::new())
            .bind(1i64)
            .bind(id.clone())
            .fetch_optional(self.read())
            .await?;
        row.map(TicketRow::try_from).transpose()
    }
}
