//! Saved views, which the reference product calls selections. Section 10.3.

use crate::{
    Desk, Error, Result, Why,
    access::{administrator, staff},
    criteria::{Bound, Condition},
    db::Fact,
    model::*,
    person::shorten,
};

/// How deep combinations of combinations go.
const DEEPEST: usize = 4;
const MOST_PICKED: usize = 5_000;
/// Nobody reads more next to each other.
const MOST_COLUMNS: usize = 60;

impl Desk {
    /// One's own views and shared ones.
    pub async fn views(&self, actor: &Actor) -> Result<Vec<View>> {
        let me = staff(actor)?;
        let rows: Vec<(String,)> = sqlx::query_as(
            "select content from view where agent_id = $1 or shared_at is not null order by position, name, id",
        )
        .bind(me.clone())
        .fetch_all(self.read())
        .await?;
        rows.into_iter().map(|(content,)| Ok(serde_json::from_str(&content)?)).collect()
    }

    /// Adds a view, or changes the one whose id it has. A shared one is its owner's and administrators' to change.
    ///
    /// # Errors
    /// `columns` with [`Why::NotAChoice`] for one that no list can show, or that stands there twice.
    pub async fn save_view(&self, actor: &Actor, mut view: View) -> Result<ViewId> {
        let me = staff(actor)?.clone();
        view.name = shorten(&view.name, 200);
        if view.name.is_empty() {
            return Err(Error::invalid("name", Why::Missing));
        }
        self.are_columns(actor, &view.columns).await?;
        // What can't be asked is refused now and not when somebody opens it.
        self.in_view(&me, &view).await?;
        let mut write = self.write().await?;
        let owner: Option<AgentId> = sqlx::query_scalar("select agent_id from view where id = $1")
            .bind(view.id.clone())
            .fetch_optional(write.sql())
            .await?;
        if owner.as_ref().is_some_and(|owner| *owner != me) {
            administrator(actor)?;
        }
        let now = write.now;
        let kind = match &view.holds {
            Holds::Dynamic { .. } => "dynamic",
            Holds::Static { .. } => "static",
            Holds::Combined { .. } => "combined",
        };
        sqlx::query(
            "insert into view (id, agent_id, name, shared_at, kind, content, position, created_at)
             values ($1, $2, $3, $4, $5, $6, (select count(*) from view), $7)
             on conflict (id) do update set name = excluded.name, shared_at = excluded.shared_at, kind = excluded.kind,
               content = excluded.content",
        )
        .bind(view.id.clone())
        .bind(owner.unwrap_or(me))
        .bind(view.name.clone())
        .bind(view.shared.then_some(now))
        .bind(kind)
        .bind(serde_json::to_string(&view)?)
        .bind(now)
        .execute(write.sql())
        .await?;
        let fact = Fact { new: Some(&view.name), ..Fact::default() };
        write.record(actor, Cause::Person, EventKind::SettingsChanged, fact).await?;
        self.commit(write).await?;
        Ok(view.id)
    }

    /// FND-7: what a list can show, and custom fields by their keys, each once.
    async fn are_columns(&self, actor: &Actor, columns: &[String]) -> Result<()> {
        if columns.len() > MOST_COLUMNS {
            return Err(Error::invalid("columns", Why::TooMany { most: MOST_COLUMNS as u32 }));
        }
        let fields = self.fields(actor).await?;
        let known =
            |column: &String| column.parse::<ListColumn>().is_ok() || fields.iter().any(|field| field.key == *column);
        match columns.iter().enumerate().all(|(at, column)| known(column) && !columns[..at].contains(column)) {
            true => Ok(()),
            false => Err(Error::invalid("columns", Why::NotAChoice)),
        }
    }

    pub async fn delete_view(&self, actor: &Actor, id: &ViewId) -> Result<()> {
        let me = staff(actor)?.clone();
        let mut write = self.write().await?;
        let owner: Option<AgentId> = sqlx::query_scalar("select agent_id from view where id = $1")
            .bind(id.clone())
            .fetch_optional(write.sql())
            .await?;
        if owner.ok_or(Error::NotFound)? != me {
            administrator(actor)?;
        }
        sqlx::query("delete from view where id = $1").bind(id.clone()).execute(write.sql()).await?;
        write.record(actor, Cause::Person, EventKind::SettingsChanged, Fact::default()).await?;
        self.commit(write).await
    }

    /// What is in a view now, of what its reader may see.
    pub async fn open_view(&self, actor: &Actor, id: &ViewId, after: Option<&str>) -> Result<TicketPage> {
        let me = staff(actor)?;
        let view = self.view(me, id).await?;
        self.page_of(me, self.in_view(me, &view).await?, view.order, after).await
    }

    /// What holds of the requests `t` in a view of reader `$1`.
    pub(crate) async fn in_view(&self, me: &AgentId, view: &View) -> Result<Condition> {
        Box::pin(self.view_condition(me, &view.holds, 1, DEEPEST)).await
    }

    /// One that the reader may open: their own, or a shared one.
    pub(crate) async fn view(&self, me: &AgentId, id: &ViewId) -> Result<View> {
        let content: Option<String> =
            sqlx::query_scalar("select content from view where id = $1 and (agent_id = $2 or shared_at is not null)")
                .bind(id.clone())
                .bind(me.clone())
                .fetch_optional(self.read())
                .await?;
        Ok(serde_json::from_str(&content.ok_or(Error::NotFound)?)?)
    }

    /// What is in it, as a condition whose places come after so many others.
    pub(crate) async fn view_condition(
        &self,
        me: &AgentId,
        holds: &Holds,
        places: usize,
        deep: usize,
    ) -> Result<Condition> {
        match holds {
            Holds::Dynamic { criteria } => self.fitting(me, criteria, places).await,
            Holds::Static { tickets } => {
                if tickets.len() > MOST_PICKED {
                    return Err(Error::invalid("tickets", Why::TooMany { most: MOST_PICKED as u32 }));
                }
                Ok(Condition::among(places, "t.id", tickets.iter().map(|id| Bound::Text(id.0.clone()))))
            }
            Holds::Combined { left, right, how } => {
                if deep == 0 {
                    return Err(Error::invalid("view", Why::Circle));
                }
                let left = self.view(me, left).await.map_err(|_| Error::invalid("left", Why::NotAChoice))?;
                let right = self.view(me, right).await.map_err(|_| Error::invalid("right", Why::NotAChoice))?;
                let mut one = Box::pin(self.view_condition(me, &left.holds, places, deep - 1)).await?;
                let after = places + one.values.len();
                let other = Box::pin(self.view_condition(me, &right.holds, after, deep - 1)).await?;
                let word = match how {
                    Combined::Either => "or",
                    Combined::Both => "and",
                    Combined::Without => "and not",
                };
                one.sql = format!("(({}) {word} ({}))", one.sql, other.sql);
                one.values.extend(other.values);
                Ok(one)
            }
        }
    }
}
