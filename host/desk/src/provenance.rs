//! Whose what was before its people became one, so that it can be theirs again.
//!
//! Who was merged keeps a row that leads to the survivor, link by link; everything that was theirs goes to the survivor and
//! is noted here. Taking apart asks only this table and who is merged with whom now, so that it may be done in any order.

use crate::{Result, db::Write, model::*};
use sqlx::AssertSqlSafe;

/// `$n` and everybody who leads to them. The first row is a column's where there is one, not only a value: PostgreSQL wants
/// all rows to be compared alike, and columns are by their bytes (collation.rs).
macro_rules! family {
    ($place:literal) => {
        concat!(
            "(with recursive family(id) as (select coalesce((select max(id) from person where id = ",
            $place,
            "), ",
            $place,
            ") union all select p.id from person p join family f on p.merged_into = f.id) select id from family)"
        )
    };
}
pub(crate) use family;

/// Rows that are one person's at a time.
struct Single {
    kind: &'static str,
    table: &'static str,
    thing: &'static str,
    owner: &'static str,
    only: &'static str,
    /// Where it stands among others, for the rows that have an order.
    order: &'static str,
}

const SINGLE: [Single; 5] = [
    Single {
        kind: "email",
        table: "person_email",
        thing: "address",
        owner: "person_id",
        only: "",
        order: ", position = position + (select coalesce(max(o.position), -1) + 1 from person_email o where o.person_id = $1)",
    },
    Single {
        kind: "handle",
        table: "person_handle",
        thing: "account_id || ' ' || address",
        owner: "person_id",
        only: "",
        order: "",
    },
    Single { kind: "main", table: "ticket", thing: "id", owner: "person_id", only: "", order: "" },
    Single { kind: "message", table: "message", thing: "id", owner: "person_id", only: "", order: "" },
    Single {
        kind: "field",
        table: "ticket_field",
        thing: "ticket_id || ' ' || field_id",
        owner: "text",
        only: " and field_id in (select id from field where kind = 'person')",
        order: "",
    },
];

/// Rows that several people may have of the same thing: one who becomes of two has one.
struct Shared {
    kind: &'static str,
    table: &'static str,
    thing: &'static str,
    /// Where a row `x` of `$2` stands with `$1`.
    position: &'static str,
}

const SHARED: [Shared; 2] = [
    // Where both took part the survivor stands in the better place.
    Shared { kind: "contact", table: "ticket_contact", thing: "ticket_id", position: "x.position" },
    Shared {
        kind: "phone",
        table: "person_phone",
        thing: "number",
        position: "x.position + (select coalesce(max(o.position), -1) + 1 from person_phone o where o.person_id = $1)",
    },
];

/// Settings that somebody takes over who has none. CRM-5. The first brings along who may see their company's requests.
const SETTINGS: [&str; 3] = ["company_id", "priority_id", "service_agent_id"];

/// Who somebody is now: the end of the chain of merges.
pub(crate) async fn person_now(connection: &mut sqlx::AnyConnection, id: &PersonId) -> Result<PersonId> {
    now(connection, "person", &id.0).await.map(PersonId)
}

/// Which company it is now.
pub(crate) async fn company_now(connection: &mut sqlx::AnyConnection, id: &CompanyId) -> Result<CompanyId> {
    now(connection, "company", &id.0).await.map(CompanyId)
}

async fn now(connection: &mut sqlx::AnyConnection, table: &str, id: &str) -> Result<String> {
    let sql = format!(
        "with recursive line(id, next) as (select id, merged_into from {table} where id = $1
           union all select o.id, o.merged_into from {table} o join line l on o.id = l.next)
         select id from line where next is null"
    );
    let found: Option<String> =
        sqlx::query_scalar(AssertSqlSafe(sql)).bind(id.to_owned()).fetch_optional(connection).await?;
    Ok(found.unwrap_or_else(|| id.to_owned()))
}

impl Write {
    pub(crate) async fn person_now(&mut self, id: &PersonId) -> Result<PersonId> {
        person_now(self.sql(), id).await
    }

    pub(crate) async fn company_now(&mut self, id: &CompanyId) -> Result<CompanyId> {
        company_now(self.sql(), id).await
    }

    /// Everybody who leads to somebody, they themselves first.
    pub(crate) async fn family(&mut self, id: &PersonId) -> Result<Vec<PersonId>> {
        let sql = concat!("select id from person where id in ", family!("$1"), " and id <> $1 order by id");
        let mut family = vec![id.clone()];
        family.extend(sqlx::query_scalar::<_, PersonId>(sql).bind(id.clone()).fetch_all(self.sql()).await?);
        Ok(family)
    }

    /// What is `from`'s is noted, and becomes `into`'s.
    pub(crate) async fn hand_over(&mut self, into: &PersonId, from: &PersonId) -> Result<()> {
        for person in [into, from] {
            self.drop_void_notes(person).await?;
        }
        for Single { kind, table, thing, owner, only, order } in &SINGLE {
            self.note_rows(from, kind, thing, &format!("{table} where {owner} = $1{only}"), "0").await?;
            self.pair(&format!("update {table} set {owner} = $1{order} where {owner} = $2{only}"), into, from).await?;
        }
        for Shared { kind, table, thing, position } in &SHARED {
            for person in [into, from] {
                self.note_rows(person, kind, thing, &format!("{table} where person_id = $1"), "position").await?;
            }
            let sql = format!(
                "insert into {table} (person_id, {thing}, position)
                 select cast($1 as text), x.{thing}, {position} from {table} x where x.person_id = $2
                 on conflict (person_id, {thing}) do update set position =
                   case when excluded.position < {table}.position then excluded.position else {table}.position end"
            );
            self.pair(&sql, into, from).await?;
            self.pair(&format!("delete from {table} where person_id = $2 and person_id <> $1"), into, from).await?;
        }
        Ok(())
    }

    /// What was `from`'s, and those's who lead to them, becomes theirs again, as far as `of` still has it. Called when the two
    /// are apart already.
    pub(crate) async fn hand_back(&mut self, of: &PersonId, from: &PersonId) -> Result<()> {
        for Single { kind, table, thing, owner, only, .. } in &SINGLE {
            let sql = format!(
                "update {table} set {owner} = $2 where {owner} = $1{only} and {thing} in
                   (select thing from provenance where kind = '{kind}' and person_id in {})",
                family!("$2")
            );
            self.pair(&sql, of, from).await?;
        }
        for Shared { kind, table, thing, .. } in &SHARED {
            let noted = |family: &str| {
                format!("(select o.thing from provenance o where o.kind = '{kind}' and o.person_id in {family})")
            };
            let (theirs, own) = (noted(family!("$2")), noted(family!("$1")));
            for sql in [
                format!(
                    "insert into {table} (person_id, {thing}, position)
                     select cast($2 as text), o.thing, min(o.position) from provenance o
                     where o.kind = '{kind}' and o.person_id in {} and o.thing in
                       (select x.{thing} from {table} x where x.person_id = $1)
                     group by o.thing on conflict do nothing",
                    family!("$2")
                ),
                format!("delete from {table} where person_id = $1 and {thing} in {theirs} and {thing} not in {own}"),
                // Who stood in the other's better place goes back to their own, if nobody moved them since.
                format!(
                    "update {table} set position =
                       (select min(o.position) from provenance o
                        where o.kind = '{kind}' and o.thing = {table}.{thing} and o.person_id in {own_family})
                     where person_id = $1 and {thing} in {theirs} and {thing} in {own} and position =
                       (select min(o.position) from provenance o where o.kind = '{kind}' and o.thing = {table}.{thing}
                          and (o.person_id in {own_family} or o.person_id in {their_family}))",
                    own_family = family!("$1"),
                    their_family = family!("$2"),
                ),
            ] {
                self.pair(&sql, of, from).await?;
            }
        }
        // Nobody leads to them any more: what is theirs is theirs.
        for person in [of, from] {
            sqlx::query(
                "delete from provenance where person_id = $1
                   and not exists (select 1 from person p where p.merged_into = $1)",
            )
            .bind(person.clone())
            .execute(self.sql())
            .await?;
        }
        Ok(())
    }

    /// Notes of what somebody no longer has, and others' notes of what is theirs, say nothing any more.
    pub(crate) async fn drop_void_notes(&mut self, person: &PersonId) -> Result<()> {
        let mut texts = vec![];
        for Single { kind, table, thing, owner, only, .. } in &SINGLE {
            let has = format!("(select {thing} from {table} where {owner} = $1{only})");
            let own = family!("$1");
            texts.push(format!(
                "delete from provenance where kind = '{kind}'
                   and ((person_id in {own} and thing not in {has}) or (thing in {has} and person_id not in {own}))"
            ));
        }
        for Shared { kind, table, thing, .. } in &SHARED {
            texts.push(format!(
                "delete from provenance where kind = '{kind}' and person_id in {}
                   and thing not in (select {thing} from {table} where person_id = $1)",
                family!("$1")
            ));
        }
        for sql in texts {
            sqlx::query(AssertSqlSafe(sql)).bind(person.clone()).execute(self.sql()).await?;
        }
        Ok(())
    }

    /// Notes the rows of somebody that nobody of the family brought.
    async fn note_rows(
        &mut self,
        person: &PersonId,
        kind: &str,
        thing: &str,
        from: &str,
        position: &str,
    ) -> Result<()> {
        let sql = format!(
            "insert into provenance (kind, thing, person_id, position)
             select '{kind}', {thing}, cast($1 as text), {position} from {from}
               and {thing} not in (select o.thing from provenance o where o.kind = '{kind}' and o.person_id in {})",
            family!("$1")
        );
        sqlx::query(AssertSqlSafe(sql)).bind(person.clone()).execute(self.sql()).await?;
        Ok(())
    }

    async fn pair(&mut self, sql: &str, first: &PersonId, second: &PersonId) -> Result<()> {
        sqlx::query(AssertSqlSafe(sql.to_owned())).bind(first.clone()).bind(second.clone()).execute(self.sql()).await?;
        Ok(())
    }

    /// What somebody lacks and one who was merged into them has; the first merged comes first.
    pub(crate) async fn fill_settings(&mut self, person: &PersonId) -> Result<()> {
        let children: Vec<PersonId> =
            sqlx::query_scalar("select id from person where merged_into = $1 order by merged_at, id")
                .bind(person.clone())
                .fetch_all(self.sql())
                .await?;
        for column in SETTINGS {
            for child in &children {
                let along = match column {
                    "company_id" => {
                        ", company_requests_at = (select o.company_requests_at from person o where o.id = $2)"
                    }
                    _ => "",
                };
                let sql = format!(
                    "update person set {column} = (select o.{column} from person o where o.id = $2){along}
                     where id = $1 and {column} is null
                       and exists (select 1 from person o where o.id = $2 and o.{column} is not null)"
                );
                let since: Option<i64> = sqlx::query_scalar("select company_requests_at from person where id = $1")
                    .bind(person.clone())
                    .fetch_one(self.sql())
                    .await?;
                let filled = sqlx::query(AssertSqlSafe(sql))
                    .bind(person.clone())
                    .bind(child.clone())
                    .execute(self.sql())
                    .await?;
                if filled.rows_affected() == 1 {
                    self.note("setting", column, child, since.unwrap_or_default()).await?;
                }
            }
        }
        Ok(())
    }

    /// Settings that came with somebody go with them, from their master and whoever got them through that one.
    pub(crate) async fn give_settings_back(&mut self, master: &PersonId, from: &PersonId) -> Result<()> {
        for column in SETTINGS {
            let (mut above, mut child) = (Some(master.clone()), from.clone());
            while let Some(person) = above {
                let along = match column {
                    "company_id" => {
                        ", company_requests_at =
                           (select case n.position when 0 then null else n.position end from provenance n
                            where n.kind = 'setting' and n.thing = 'company_id' and n.person_id = $3)"
                    }
                    _ => "",
                };
                let sql = format!(
                    "update person set {column} = null{along}
                     where id = $1 and {column} = (select o.{column} from person o where o.id = $2)
                       and exists (select 1 from provenance n
                                   where n.kind = 'setting' and n.thing = '{column}' and n.person_id = $3)"
                );
                let gone = sqlx::query(AssertSqlSafe(sql))
                    .bind(person.clone())
                    .bind(from.clone())
                    .bind(child.clone())
                    .execute(self.sql())
                    .await?;
                sqlx::query("delete from provenance where kind = 'setting' and thing = $1 and person_id = $2")
                    .bind(column)
                    .bind(child.clone())
                    .execute(self.sql())
                    .await?;
                if gone.rows_affected() == 0 {
                    break;
                }
                self.fill_settings(&person).await?;
                let next: Option<Option<PersonId>> = sqlx::query_scalar("select merged_into from person where id = $1")
                    .bind(person.clone())
                    .fetch_optional(self.sql())
                    .await?;
                (above, child) = (next.flatten(), person);
            }
        }
        Ok(())
    }

    async fn note(&mut self, kind: &str, thing: &str, person: &PersonId, position: i64) -> Result<()> {
        sqlx::query(
            "insert into provenance (kind, thing, person_id, position) values ($1, $2, $3, $4) on conflict do nothing",
        )
        .bind(kind.to_owned())
        .bind(thing.to_owned())
        .bind(person.clone())
        .bind(position)
        .execute(self.sql())
        .await?;
        Ok(())
    }

    /// Who takes part in a request as they were before they became others, in their order.
    pub(crate) async fn who_takes_part(&mut self, ticket: &TicketId) -> Result<Vec<PersonId>> {
        let contacts: Vec<PersonId> = sqlx::query_scalar(
            "select person_id from ticket_contact where ticket_id = $1 order by position, person_id",
        )
        .bind(ticket.clone())
        .fetch_all(self.sql())
        .await?;
        let mut people = vec![];
        for contact in contacts {
            let noted: Vec<PersonId> = sqlx::query_scalar(concat!(
                "select person_id from provenance where kind = 'contact' and thing = $2 and person_id in ",
                family!("$1"),
                " order by position, person_id"
            ))
            .bind(contact.clone())
            .bind(ticket.clone())
            .fetch_all(self.sql())
            .await?;
            if noted.is_empty() {
                people.push(contact);
            } else {
                people.extend(noted);
            }
        }
        Ok(people)
    }

    /// Lets somebody take part, at this place or the last one; as who they are now. True when these did not before.
    pub(crate) async fn take_part(&mut self, ticket: &TicketId, person: &PersonId, at: Option<i64>) -> Result<bool> {
        let now = self.person_now(person).await?;
        let last: i64 = sqlx::query_scalar("select count(*) from ticket_contact where ticket_id = $1")
            .bind(ticket.clone())
            .fetch_one(self.sql())
            .await?;
        let position = at.unwrap_or(last);
        let came = sqlx::query(
            "insert into ticket_contact (ticket_id, person_id, position) values ($1, $2, $3) on conflict do nothing",
        )
        .bind(ticket.clone())
        .bind(now.clone())
        .bind(position)
        .execute(self.sql())
        .await?
        .rows_affected()
            == 1;
        if now == *person && self.family(&now).await?.len() == 1 {
            return Ok(came);
        }
        // Who was there before the others were noted was there themselves.
        if !came || now == *person {
            self.note_own_part(ticket, &now).await?;
        }
        if !came || now != *person {
            self.note("contact", ticket.as_str(), person, position).await?;
        }
        Ok(came)
    }

    async fn note_own_part(&mut self, ticket: &TicketId, person: &PersonId) -> Result<()> {
        sqlx::query(concat!(
            "insert into provenance (kind, thing, person_id, position)
             select 'contact', x.ticket_id, x.person_id, x.position from ticket_contact x
             where x.ticket_id = $2 and x.person_id = $1 and not exists
               (select 1 from provenance o where o.kind = 'contact' and o.thing = $2 and o.person_id in ",
            family!("$1"),
            ")"
        ))
        .bind(person.clone())
        .bind(ticket.clone())
        .execute(self.sql())
        .await?;
        Ok(())
    }

    /// Takes somebody out of a request, but not whoever they became where these take part themselves. How much
    /// there was to take.
    pub(crate) async fn part_with(&mut self, ticket: &TicketId, person: &PersonId) -> Result<u64> {
        let now = self.person_now(person).await?;
        let note = sqlx::query("delete from provenance where kind = 'contact' and thing = $1 and person_id = $2")
            .bind(ticket.clone())
            .bind(person.clone())
            .execute(self.sql())
            .await?;
        let gone = sqlx::query(concat!(
            "delete from ticket_contact where ticket_id = $2 and person_id = $1 and not exists
               (select 1 from provenance o where o.kind = 'contact' and o.thing = $2 and o.person_id in ",
            family!("$1"),
            ")"
        ))
        .bind(now)
        .bind(ticket.clone())
        .execute(self.sql())
        .await?;
        Ok(note.rows_affected() + gone.rows_affected())
    }

    /// Takes somebody out of a request with everybody who leads to them.
    pub(crate) async fn part_with_family(&mut self, ticket: &TicketId, person: &PersonId) -> Result<u64> {
        let mut gone = 0;
        for member in self.family(person).await? {
            gone += self.part_with(ticket, &member).await?;
        }
        Ok(gone)
    }
}
