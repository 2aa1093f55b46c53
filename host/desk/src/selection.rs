//! Requests to be acted on, counted or put into a file: those of a list, those that fit, those of a view, or picked ones.
//! Section 10.3. Of all ways a reader gets what they may see in lists, and nothing else.

use crate::{
    Desk, Error, Result, Why,
    access::{listed, staff},
    criteria::{Bound, Condition, bind_all},
    model::*,
    paged::{ASKED, page, passed},
};
use sqlx::AssertSqlSafe;

/// How many requests are picked by hand, or acted on, at once.
pub(crate) const MOST_CHOSEN: usize = 20_000;

impl Desk {
    /// One page of a selection: of a list or a view in its own order, of what fits by the latest change.
    pub async fn page_of_selection(&self, actor: &Actor, of: &Selection, after: Option<&str>) -> Result<TicketPage> {
        match of {
            Selection::List(list) => self.list(actor, *list, after).await,
            Selection::View(view) => self.open_view(actor, view, after).await,
            Selection::Fits(_) | Selection::Picked(_) => {
                let me = staff(actor)?;
                let condition = self.holding(me, of).await?;
                self.page_of(me, condition, Sort::default(), after).await
            }
        }
    }

    /// How the requests of a selection are spread, the largest group first. Selections as charts: STAT-1.
    ///
    /// # Errors
    /// `key` with [`Why::NotAChoice`] where no custom field has it.
    pub async fn chart(&self, actor: &Actor, of: &Selection, by: Grouping, key: &str) -> Result<Vec<Share<String>>> {
        let me = staff(actor)?;
        if by == Grouping::Custom && !self.fields(actor).await?.iter().any(|field| field.key == key) {
            return Err(Error::invalid("key", Why::NotAChoice));
        }
        let condition = self.holding(me, of).await?;
        let shares = self.grouped(me, condition, by, key).await?;
        Ok(shares.into_iter().map(|(of, count)| Share { of, count }).collect())
    }

    /// A page of the contacts that the requests of a selection have, those of most requests first. Section 10.3.
    ///
    /// # Errors
    /// `Invalid` at `after` for what no page ended with.
    pub async fn contacts_of(
        &self,
        actor: &Actor,
        of: &Selection,
        after: Option<&str>,
    ) -> Result<Paged<LinkedContact>> {
        let joined = "ticket_contact c on c.ticket_id = t.id join person x on x.id = c.person_id";
        let linked = |id, name, requests| LinkedContact { id: PersonId(id), name, requests };
        self.linked(actor, of, after, joined, linked).await
    }

    /// The same of companies: a request reaches one through its main contact.
    ///
    /// # Errors
    /// As [`Desk::contacts_of`].
    pub async fn companies_of(
        &self,
        actor: &Actor,
        of: &Selection,
        after: Option<&str>,
    ) -> Result<Paged<LinkedCompany>> {
        let linked = |id, name, requests| LinkedCompany { id: CompanyId(id), name, requests };
        self.linked(actor, of, after, "company x on x.id = t.company_id", linked).await
    }

    /// What is joined to the requests of a selection as `x`, made of its id, its name and how many requests have it.
    async fn linked<T>(
        &self,
        actor: &Actor,
        of: &Selection,
        after: Option<&str>,
        join: &'static str,
        made: impl Fn(String, String, i64) -> T,
    ) -> Result<Paged<T>> {
        let me = staff(actor)?;
        let (last, id) = passed(after, i64::MAX)?;
        let mut condition = self.holding(me, of).await?;
        let (last, id) = (condition.bind(Bound::Int(last)), condition.bind(Bound::Text(id)));
        let sql = format!(
            "select id, name, requests from (
               select x.id as id, x.name as name, count(*) as requests from ticket t join {join}
               where ({}) and {} group by x.id, x.name) as linked
             where requests < {last} or (requests = {last} and id > {id}) order by requests desc, id limit {ASKED}",
            condition.sql,
            listed!(),
        );
        let query = sqlx::query_as(AssertSqlSafe(sql)).bind(me.clone());
        let rows: Vec<(String, String, i64)> = bind_all!(query, condition.values).fetch_all(self.read()).await?;
        page(rows.into_iter().map(|(id, name, count)| ((count, id.clone()), made(id, name, count))).collect())
    }

    /// The requests of a selection, to be acted on: oldest first; one more than can be stands for more.
    pub async fn chosen(&self, actor: &Actor, of: &Selection) -> Result<Vec<TicketId>> {
        let me = staff(actor)?;
        let condition = self.holding(me, of).await?;
        let sql = format!(
            "select t.id from ticket t where ({}) and {} order by t.id limit {}",
            condition.sql,
            listed!(),
            MOST_CHOSEN + 1
        );
        let query = sqlx::query_scalar(AssertSqlSafe(sql)).bind(me.clone());
        Ok(bind_all!(query, condition.values).fetch_all(self.read()).await?)
    }

    /// What holds of the requests `t` of a selection of reader `$1`.
    async fn holding(&self, me: &AgentId, of: &Selection) -> Result<Condition> {
        match of {
            Selection::List(list) => self.in_list(me, *list).await,
            Selection::View(id) => self.in_view(me, &self.view(me, id).await?).await,
            Selection::Fits(criteria) => self.fitting(me, criteria, 1).await,
            Selection::Picked(numbers) => picked(numbers),
        }
    }
}

/// What is nobody's to see any more is left out without a word, as in a list.
fn picked(numbers: &[i64]) -> Result<Condition> {
    if numbers.len() > MOST_CHOSEN {
        return Err(Error::invalid("numbers", Why::TooMany { most: MOST_CHOSEN as u32 }));
    }
    Ok(Condition::among(1, "t.number", numbers.iter().map(|number| Bound::Int(*number))))
}
