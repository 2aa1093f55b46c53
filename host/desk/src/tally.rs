//! How many requests there are of each kind, kept by the write that moves one, so that nothing is ever counted again.

use crate::{Result, db::Write, model::TicketId};

#[derive(sqlx::FromRow)]
struct Cell {
    state: String,
    owner_id: Option<String>,
    category_id: String,
    counted_state: Option<String>,
    counted_owner: Option<String>,
    counted_category: Option<String>,
}

impl Write {
    /// Moves a request from the cell it is counted in to the one it belongs in.
    pub(crate) async fn tally(&mut self, id: &TicketId) -> Result<()> {
        let cell: Option<Cell> = sqlx::query_as(
            "select state, owner_id, category_id, counted_state, counted_owner, counted_category from ticket where id = $1",
        )
        .bind(id.clone())
        .fetch_optional(self.sql())
        .await?;
        let Some(cell) = cell else { return Ok(()) };
        let owner = cell.owner_id.unwrap_or_default();
        let new = (cell.state, owner, cell.category_id);
        let old = match (cell.counted_state, cell.counted_owner, cell.counted_category) {
            (Some(state), Some(owner), Some(category)) => Some((state, owner, category)),
            _ => None,
        };
        if old.as_ref() == Some(&new) {
            return Ok(());
        }
        if let Some((state, owner, category)) = old {
            self.count(&state, &owner, &category, -1).await?;
        }
        self.count(&new.0, &new.1, &new.2, 1).await?;
        sqlx::query("update ticket set counted_state = $2, counted_owner = $3, counted_category = $4 where id = $1")
            .bind(id.clone())
            .bind(new.0)
            .bind(new.1)
            .bind(new.2)
            .execute(self.sql())
            .await?;
        Ok(())
    }

    /// Takes a request that is about to go for good out of its cell.
    pub(crate) async fn untally(&mut self, id: &TicketId) -> Result<()> {
        let cell: Option<(Option<String>, Option<String>, Option<String>)> =
            sqlx::query_as("select counted_state, counted_owner, counted_category from ticket where id = $1")
                .bind(id.clone())
                .fetch_optional(self.sql())
                .await?;
        if let Some((Some(state), Some(owner), Some(category))) = cell {
            self.count(&state, &owner, &category, -1).await?;
        }
        Ok(())
    }

    async fn count(&mut self, state: &str, owner: &str, category: &str, by: i64) -> Result<()> {
        sqlx::query(
            "insert into tally (state, owner, category, count) values ($1, $2, $3, $4)
             on conflict (state, owner, category) do update set count = tally.count + excluded.count",
        )
        .bind(state.to_owned())
        .bind(owner.to_owned())
        .bind(category.to_owned())
        .bind(by)
        .execute(self.sql())
        .await?;
        Ok(())
    }
}
