//! How many requests there are of each kind, kept by the write that moves one, so that nothing is ever counted again.

use crate::{Result, db::Write, model::TicketId};

/// The part of a cell that decides which lists a request is in, and for whom: its state, owner (empty for nobody) and
/// category. It stands beside what the request holds in custom fields, so that a list in their order is read from its cells.
pub(crate) fn place(state: &str, owner: &str, category: &str) -> String {
    format!("{state} {owner} {category}")
}

/// Requests that are counted together.
#[derive(PartialEq, sqlx::FromRow)]
struct Cell {
    state: String,
    /// Empty for nobody.
    owner: String,
    category: String,
    status: String,
    late: i64,
}

/// The cell of a request as it is now.
#[derive(sqlx::FromRow)]
struct Found {
    #[sqlx(flatten)]
    cell: Cell,
    /// How much of what it holds in custom fields says another.
    astray: i64,
}

impl Write {
    /// Moves a request from the cell it is counted in to the one it belongs in now.
    pub(crate) async fn tally(&mut self, id: &TicketId) -> Result<()> {
        let now = self.now;
        let new: Option<Found> = sqlx::query_as(
            "select state, coalesce(owner_id, '') as owner, category_id as category, status_id as status,
                    cast(case when state = 'open' and deadline < $2 then 1 else 0 end as bigint) as late,
                    (select count(*) from ticket_field f where f.ticket_id = t.id
                       and f.cell <> t.state || ' ' || coalesce(t.owner_id, '') || ' ' || t.category_id) as astray
             from ticket t where id = $1",
        )
        .bind(id.clone())
        .bind(now)
        .fetch_optional(self.sql())
        .await?;
        let Some(Found { cell: new, astray }) = new else { return Ok(()) };
        if astray > 0 {
            self.put_in_place(id, &new).await?;
        }
        let old = self.cell(id).await?;
        if old.as_ref() == Some(&new) {
            return Ok(());
        }
        if let Some(old) = old {
            self.count(&old, -1).await?;
        }
        self.count(&new, 1).await?;
        sqlx::query(
            "update ticket set counted_state = $2, counted_owner = $3, counted_category = $4, counted_status = $5,
                    counted_late = $6 where id = $1",
        )
        .bind(id.clone())
        .bind(new.state)
        .bind(new.owner)
        .bind(new.category)
        .bind(new.status)
        .bind(new.late)
        .execute(self.sql())
        .await?;
        Ok(())
    }

    /// Says beside what it holds in custom fields where it is counted. What was just written there does not know yet.
    async fn put_in_place(&mut self, id: &TicketId, cell: &Cell) -> Result<()> {
        sqlx::query("update ticket_field set cell = $2 where ticket_id = $1 and cell <> $2")
            .bind(id.clone())
            .bind(place(&cell.state, &cell.owner, &cell.category))
            .execute(self.sql())
            .await?;
        Ok(())
    }

    /// Takes a request that is about to go for good out of its cell.
    pub(crate) async fn untally(&mut self, id: &TicketId) -> Result<()> {
        match self.cell(id).await? {
            Some(cell) => self.count(&cell, -1).await,
            None => Ok(()),
        }
    }

    async fn cell(&mut self, id: &TicketId) -> Result<Option<Cell>> {
        Ok(sqlx::query_as(
            "select counted_state as state, counted_owner as owner, counted_category as category, counted_status as status,
                    counted_late as late from ticket where id = $1 and counted_state is not null",
        )
        .bind(id.clone())
        .fetch_optional(self.sql())
        .await?)
    }

    async fn count(&mut self, cell: &Cell, by: i64) -> Result<()> {
        sqlx::query(
            "insert into tally (state, owner, category, status, late, count) values ($1, $2, $3, $4, $5, $6)
             on conflict (state, owner, category, status, late) do update set count = tally.count + excluded.count",
        )
        .bind(cell.state.clone())
        .bind(cell.owner.clone())
        .bind(cell.category.clone())
        .bind(cell.status.clone())
        .bind(cell.late)
        .bind(by)
        .execute(self.sql())
        .await?;
        Ok(())
    }
}
