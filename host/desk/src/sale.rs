//! Sales and projects: optional, beside a request, each with a list of its own requests. CRM-3, CRM-4.

use crate::{
    Desk, Error, Result, Why,
    access::staff,
    criteria::{fold, folded},
    db::{Fact, Write},
    model::*,
    person::{shorten, with_letters},
};
use sqlx::AssertSqlSafe;

type Row = (String, String, Option<String>, Option<i64>);

/// The same for both: what differs are names.
macro_rules! book {
    ($table:literal, $record:ident, $id:ident, $kind:ident, $save:ident, $all:ident, $set:ident, $doc:literal) => {
        impl Desk {
            #[doc = concat!("Adds a ", $doc, ", or changes the one whose id it has; closed, it is not offered any more.")]
            pub async fn $save(&self, actor: &Actor, new: $record) -> Result<()> {
                staff(actor)?;
                let name = shorten(&new.name, 200);
                if name.is_empty() {
                    return Err(Error::invalid("name", Why::Missing));
                }
                let mut write = self.write().await?;
                let company = write.company_chosen(new.company.as_ref()).await?;
                if let Some(company) = &company {
                    write.company_there(company).await?;
                }
                let now = write.now;
                sqlx::query(concat!(
                    "insert into ", $table, " (id, name, company_id, closed_at, created_at) values ($1, $2, $3, $4, $5)
                     on conflict (id) do update set name = excluded.name, company_id = excluded.company_id,
                       closed_at = excluded.closed_at"
                ))
                .bind(new.id)
                .bind(name.clone())
                .bind(company)
                .bind(new.closed.then_some(now))
                .bind(now)
                .execute(write.sql())
                .await?;
                let fact = Fact { new: Some(&name), ..Fact::default() };
                write.record(actor, Cause::Person, EventKind::SettingsChanged, fact).await?;
                self.commit(write).await
            }

            #[doc = concat!("Each ", $doc, " whose name has this in it, open ones first; at most 200.")]
            pub async fn $all(&self, actor: &Actor, part: &str) -> Result<Vec<$record>> {
                staff(actor)?;
                let sql = format!(
                    "select id, name, company_id, closed_at from {} where {} like $1 escape '!'
                     order by case when closed_at is null then 0 else 1 end, name, id limit 200",
                    $table,
                    folded("name")
                );
                let rows: Vec<Row> = sqlx::query_as(AssertSqlSafe(sql))
                .bind(with_letters(&fold(part)))
                .fetch_all(self.read())
                .await?;
                let record = |(id, name, company, closed): Row| $record {
                    id: $id(id),
                    name,
                    company: company.map(CompanyId),
                    closed: closed.is_some(),
                };
                Ok(rows.into_iter().map(record).collect())
            }

            #[doc = concat!("Links a request to a ", $doc, ", or to none. CRM-3.")]
            pub async fn $set(&self, actor: &Actor, ticket: &TicketId, to: Option<&$id>) -> Result<()> {
                staff(actor)?;
                let mut write = self.write().await?;
                write.editable(actor, ticket).await?;
                write.$set(actor, Cause::Person, ticket, to).await?;
                self.commit(write).await
            }
        }

        impl Write {
            pub(crate) async fn $set(
                &mut self,
                actor: &Actor,
                cause: Cause,
                ticket: &TicketId,
                to: Option<&$id>,
            ) -> Result<()> {
                let (old, name): (Option<String>, Option<String>) = sqlx::query_as(concat!(
                    "select t.", $table, "_id, b.name from ticket t left join ", $table, " b on b.id = t.", $table,
                    "_id where t.id = $1"
                ))
                .bind(ticket.clone())
                .fetch_one(self.sql())
                .await?;
                if old.as_deref() == to.map($id::as_str) {
                    return Ok(());
                }
                let new: Option<String> = match to {
                    Some(to) => {
                        let found: Option<String> =
                            sqlx::query_scalar(concat!("select name from ", $table, " where id = $1 and closed_at is null"))
                                .bind(to.clone())
                                .fetch_optional(self.sql())
                                .await?;
                        Some(found.ok_or_else(|| Error::invalid($table, Why::NotAChoice))?)
                    }
                    None => None,
                };
                sqlx::query(concat!("update ticket set ", $table, "_id = $2 where id = $1"))
                    .bind(ticket.clone())
                    .bind(to.cloned())
                    .execute(self.sql())
                    .await?;
                let data = serde_json::json!({ "old": old, "new": to }).to_string();
                let fact = Fact { ticket: Some(ticket), old: name.as_deref(), new: new.as_deref(), data: Some(data) };
                self.record(actor, cause, EventKind::$kind, fact).await?;
                Ok(())
            }
        }
    };
}

book!("sale", Sale, SaleId, SaleChanged, save_sale, sales, set_sale, "sale");
book!("project", Project, ProjectId, ProjectChanged, save_project, projects, set_project, "project");

impl Desk {
    /// The requests on somebody's or something's card, of those that the reader sees: a person's wherever they take part, a
    /// company's by their main contact. CRM-2 to CRM-4, FND-7.
    pub async fn requests_of(
        &self,
        actor: &Actor,
        card: &Card,
        closed: bool,
        sort: Sort,
        after: Option<&str>,
    ) -> Result<TicketPage> {
        let (aspect, id) = match card {
            Card::Person(id) => (Aspect::Contact, &id.0),
            Card::Company(id) => (Aspect::Company, &id.0),
            Card::Sale(id) => (Aspect::Sale, &id.0),
            Card::Project(id) => (Aspect::Project, &id.0),
        };
        let states = ["open", "postponed", "closed"];
        let states = &states[..if closed { 3 } else { 2 }];
        let rows = vec![
            Criterion::new(aspect, Operator::OneOf, [id.clone()]),
            Criterion::new(Aspect::State, Operator::OneOf, states.iter().copied()),
        ];
        self.list_by(actor, &Criteria::all(rows), sort, after).await
    }
}

impl Write {
    pub(crate) async fn company_there(&mut self, id: &CompanyId) -> Result<()> {
        let there: Option<i64> =
            sqlx::query_scalar("select created_at from company where id = $1 and merged_into is null")
                .bind(id.clone())
                .fetch_optional(self.sql())
                .await?;
        if there.is_some() { Ok(()) } else { Err(Error::invalid("company", Why::NotAChoice)) }
    }
}
