//! People and companies as colleagues look after them. Section 16.

use crate::{
    Desk, Error, Result, Why,
    access::staff,
    alphabet::filed_under,
    criteria::{fold, folded},
    db::{Fact, Write},
    model::*,
    paged::{ASKED, page, passed},
    person::{address, phone, shorten, with_letters},
};
use sqlx::AssertSqlSafe;

/// Bytes of a company's domain (RFC 1035, 2.3.4).
const LONGEST_DOMAIN: usize = 253;

#[derive(sqlx::FromRow)]
struct ContactRow {
    name: String,
    language: String,
    company_id: Option<String>,
    priority_id: Option<String>,
    service_agent_id: Option<String>,
    company_requests_at: Option<i64>,
    note: String,
}

#[derive(sqlx::FromRow)]
struct CompanyRow {
    name: String,
    domain: Option<String>,
    priority_id: Option<String>,
    service_agent_id: Option<String>,
}

impl Desk {
    /// A contact as it is set up; of somebody who was merged, the survivor.
    pub async fn contact_settings(&self, actor: &Actor, id: &PersonId) -> Result<ContactSettings> {
        staff(actor)?;
        let id = &self.person_now(id).await?;
        let row: ContactRow = sqlx::query_as(
            "select name, language, company_id, priority_id, service_agent_id, company_requests_at, note
             from person where id = $1 and erased_at is null",
        )
        .bind(id.clone())
        .fetch_optional(self.read())
        .await?
        .ok_or(Error::NotFound)?;
        let person = self.people(std::slice::from_ref(id)).await?.pop().ok_or(Error::NotFound)?;
        Ok(ContactSettings {
            name: row.name,
            emails: person.emails,
            phones: person.phones,
            language: Language::from_tag(&row.language).unwrap_or_default(),
            company: row.company_id.map(CompanyId),
            priority: row.priority_id.map(PriorityId),
            service_contact: row.service_agent_id.map(AgentId),
            company_requests: row.company_requests_at.is_some(),
            note: row.note,
        })
    }

    /// Sets a contact up anew; of somebody who was merged, the survivor.
    ///
    /// # Errors
    /// [`Why::Double`] for an address that somebody else has: two people would get each other's mail.
    pub async fn save_contact(&self, actor: &Actor, id: &PersonId, new: ContactSettings) -> Result<()> {
        staff(actor)?;
        let name = shorten(&new.name, 200);
        if name.is_empty() {
            return Err(Error::invalid("name", Why::Missing));
        }
        let mut write = self.write().await?;
        let id = &write.person_now(id).await?;
        let company = write.company_chosen(new.company.as_ref()).await?;
        let old: Option<Option<String>> =
            sqlx::query_scalar("select company_id from person where id = $1 and erased_at is null")
                .bind(id.clone())
                .fetch_optional(write.sql())
                .await?;
        let old = old.ok_or(Error::NotFound)?;
        if let Some(priority) = &new.priority {
            write.offered(priority).await?;
        }
        let since = new.company_requests.then_some(write.now);
        sqlx::query(
            "update person set name = $2, language = $3, company_id = $4, priority_id = $5, service_agent_id = $6,
                    company_requests_at = $7, note = $8 where id = $1",
        )
        .bind(id.clone())
        .bind(name.clone())
        .bind(new.language.tag())
        .bind(company.clone())
        .bind(new.priority)
        .bind(new.service_contact)
        .bind(since)
        .bind(new.note.chars().take(10_000).collect::<String>())
        .execute(write.sql())
        .await?;
        write.file_contact(id, &name).await?;
        write.set_addresses(id, &new.emails).await?;
        write.set_numbers(id, &new.phones).await?;
        if old != company.map(|company| company.0) {
            write.follow_company(id).await?;
        }
        let fact = Fact { new: Some(id.as_str()), ..Fact::default() };
        write.record(actor, Cause::Person, EventKind::PersonChanged, fact).await?;
        self.commit(write).await
    }

    /// A page of the companies with these letters in their name, or of all of them; by name.
    ///
    /// # Errors
    /// `Invalid` at `after` for what no page ended with.
    pub async fn companies(&self, actor: &Actor, letters: &str, after: Option<&str>) -> Result<Paged<Company>> {
        staff(actor)?;
        let (last, id) = passed(after, String::new())?;
        let sql = format!(
            "select id, name from company where merged_into is null and {} like $1 escape '!'
               and (name > $2 or (name = $2 and id > $3)) order by name, id limit $4",
            folded("name")
        );
        let like = with_letters(&fold(letters));
        let rows: Vec<(CompanyId, String)> = sqlx::query_as(AssertSqlSafe(sql))
            .bind(like)
            .bind(last)
            .bind(id)
            .bind(ASKED)
            .fetch_all(self.read())
            .await?;
        page(rows.into_iter().map(|(id, name)| ((name.clone(), id.0.clone()), Company { id, name })).collect())
    }

    pub async fn company_settings(&self, actor: &Actor, id: &CompanyId) -> Result<CompanySettings> {
        staff(actor)?;
        let id = &self.company_now(id).await?;
        let row: Option<CompanyRow> =
            sqlx::query_as("select name, domain, priority_id, service_agent_id from company where id = $1")
                .bind(id.clone())
                .fetch_optional(self.read())
                .await?;
        let row = row.ok_or(Error::NotFound)?;
        Ok(CompanySettings {
            name: row.name,
            domain: row.domain,
            priority: row.priority_id.map(PriorityId),
            service_contact: row.service_agent_id.map(AgentId),
        })
    }

    pub async fn save_company(&self, actor: &Actor, id: &CompanyId, new: CompanySettings) -> Result<()> {
        staff(actor)?;
        let name = shorten(&new.name, 200);
        if name.is_empty() {
            return Err(Error::invalid("name", Why::Missing));
        }
        let mut write = self.write().await?;
        let id = &write.company_now(id).await?;
        let domain = write.domain_for(id, new.domain).await?;
        if let Some(priority) = &new.priority {
            write.offered(priority).await?;
        }
        let changed = sqlx::query(
            "update company set name = $2, domain = $3, priority_id = $4, service_agent_id = $5 where id = $1",
        )
        .bind(id.clone())
        .bind(name.clone())
        .bind(domain)
        .bind(new.priority)
        .bind(new.service_contact)
        .execute(write.sql())
        .await?;
        if changed.rows_affected() == 0 {
            return Err(Error::NotFound);
        }
        write.file_company(id, &name).await?;
        let fact = Fact { new: Some(&name), data: Some(id.0.clone()), ..Fact::default() };
        write.record(actor, Cause::Person, EventKind::CompanyChanged, fact).await?;
        self.commit(write).await
    }
}

impl Write {
    /// The domain as it is kept: no other company may have it.
    pub(crate) async fn domain_for(&mut self, id: &CompanyId, said: Option<String>) -> Result<Option<String>> {
        let domain = said.map(|domain| domain.trim().to_lowercase()).filter(|domain| !domain.is_empty());
        if domain.as_ref().is_some_and(|domain| domain.len() > LONGEST_DOMAIN) {
            return Err(Error::invalid("domain", Why::TooLong { most: LONGEST_DOMAIN as u32 }));
        }
        let taken: Option<i64> = sqlx::query_scalar("select created_at from company where domain = $1 and id <> $2")
            .bind(domain.clone().unwrap_or_default())
            .bind(id.clone())
            .fetch_optional(self.sql())
            .await?;
        if taken.is_some() { Err(Error::invalid("domain", Why::Double)) } else { Ok(domain) }
    }

    /// The company that somebody is to belong to, as it is now.
    pub(crate) async fn company_chosen(&mut self, id: Option<&CompanyId>) -> Result<Option<CompanyId>> {
        match id {
            Some(id) => self.company_now(id).await.map(Some),
            None => Ok(None),
        }
    }

    async fn set_addresses(&mut self, id: &PersonId, emails: &[String]) -> Result<()> {
        let mut gone: Vec<String> = sqlx::query_scalar("select address from person_email where person_id = $1")
            .bind(id.clone())
            .fetch_all(self.sql())
            .await?;
        sqlx::query("delete from person_email where person_id = $1").bind(id.clone()).execute(self.sql()).await?;
        for text in emails {
            let address = address(text).map_err(|why| Error::invalid("emails", why))?;
            gone.retain(|before| *before != address);
            let taken: Option<PersonId> = sqlx::query_scalar("select person_id from person_email where address = $1")
                .bind(address.clone())
                .fetch_optional(self.sql())
                .await?;
            if taken.is_some_and(|other| other != *id) {
                return Err(Error::invalid("emails", Why::Double));
            }
            self.add_address(id, &address).await?;
        }
        if gone.is_empty() { Ok(()) } else { self.shut_out(id, &gone).await }
    }

    async fn set_numbers(&mut self, id: &PersonId, phones: &[String]) -> Result<()> {
        sqlx::query("delete from person_phone where person_id = $1").bind(id.clone()).execute(self.sql()).await?;
        for text in phones {
            let number = phone(text).ok_or_else(|| Error::invalid("phones", Why::NotANumber))?;
            self.add_number(id, &number).await?;
        }
        Ok(())
    }

    /// CRM-1: the company comes with the main contact. Requests that are not closed follow; closed ones keep what was. All
    /// are filed under the contact's name.
    pub(crate) async fn follow_company(&mut self, id: &PersonId) -> Result<()> {
        let (name, company, company_name): (String, Option<CompanyId>, Option<String>) = sqlx::query_as(
            "select p.name, c.id, c.name from person p left join company c on c.id = p.company_id where p.id = $1",
        )
        .bind(id.clone())
        .fetch_one(self.sql())
        .await?;
        self.file_contact(id, &name).await?;
        sqlx::query(
            "update ticket set company_id = $2, company_key = $3 where person_id = $1 and state in ('open', 'postponed')",
        )
        .bind(id.clone())
        .bind(company)
        .bind(filed_under(&company_name.unwrap_or_default()))
        .execute(self.sql())
        .await?;
        Ok(())
    }
}
