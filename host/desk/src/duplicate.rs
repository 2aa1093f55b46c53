//! Two contacts who are one, and two companies. Section 16; the right to merge, section 19.
//!
//! Whoever is swallowed keeps a row that leads to the survivor, so that links in old mails, sessions and names in the log
//! still mean somebody. What was whose is kept (`provenance.rs`), so that a merge can be taken apart in any order.

use crate::{
    Desk, Error, Result, Why,
    access::staff,
    db::{Fact, Write},
    model::*,
    provenance::{company_now, person_now},
};

/// Most people, or companies, that become one at a time.
const MOST: usize = 50;

impl Desk {
    /// Makes one person of several: their requests, messages, addresses and numbers, and the ways in that they know. The
    /// survivor's name and settings stay; what it lacks it gets (CRM-5).
    ///
    /// # Errors
    /// [`Error::Forbidden`] without the right to merge; `from` for whoever is not there, or was merged or forgotten before.
    pub async fn merge_people(&self, actor: &Actor, into: &PersonId, from: &[PersonId]) -> Result<()> {
        staff(actor)?;
        self.entitled(actor, Right::Merge).await?;
        several(from.len())?;
        let mut write = self.write().await?;
        let into = write.person_now(into).await?;
        for from in from {
            write.merge_person(actor, &into, from).await?;
        }
        write.reckon_legal_holds().await?;
        self.commit(write).await
    }

    /// Takes a merge of people apart: what it brought goes back, as far as the survivor still has it. What came since stays
    /// with the survivor.
    ///
    /// # Errors
    /// [`Error::NotFound`] for somebody who is not merged into another, or was forgotten.
    pub async fn unmerge_person(&self, actor: &Actor, from: &PersonId) -> Result<()> {
        staff(actor)?;
        self.entitled(actor, Right::Merge).await?;
        let mut write = self.write().await?;
        let merged: Option<(String, PersonId)> = sqlx::query_as(
            "select name, merged_into from person where id = $1 and merged_into is not null and erased_at is null",
        )
        .bind(from.clone())
        .fetch_optional(write.sql())
        .await?;
        let (name, master) = merged.ok_or(Error::NotFound)?;
        let survivor = write.person_now(&master).await?;
        let other = write.name_of(&survivor).await?;
        write.drop_void_notes(&survivor).await?;
        sqlx::query("update person set merged_into = null, merged_at = null where id = $1")
            .bind(from.clone())
            .execute(write.sql())
            .await?;
        write.give_settings_back(&master, from).await?;
        write.hand_back(&survivor, from).await?;
        for person in [&survivor, from] {
            write.follow_company(person).await?;
        }
        write.reckon_legal_holds().await?;
        write.say_of_two(actor, EventKind::PeopleUnmerged, (&survivor.0, &other), (&from.0, &name)).await?;
        write.look_at(actor, &[survivor, from.clone()]).await?;
        self.commit(write).await
    }

    /// Makes one company of several: its people, requests, sales and projects. Mail from any of their domains belongs to it.
    ///
    /// # Errors
    /// As [`Desk::merge_people`].
    pub async fn merge_companies(&self, actor: &Actor, into: &CompanyId, from: &[CompanyId]) -> Result<()> {
        staff(actor)?;
        self.entitled(actor, Right::Merge).await?;
        several(from.len())?;
        let mut write = self.write().await?;
        let into = write.company_now(into).await?;
        for from in from {
            write.merge_company(actor, &into, from).await?;
        }
        write.reckon_legal_holds().await?;
        self.commit(write).await
    }

    /// Who somebody is now. An id that was swallowed leads to the survivor for ever.
    pub(crate) async fn person_now(&self, id: &PersonId) -> Result<PersonId> {
        person_now(&mut *self.read().acquire().await?, id).await
    }

    /// Which company it is now.
    pub(crate) async fn company_now(&self, id: &CompanyId) -> Result<CompanyId> {
        company_now(&mut *self.read().acquire().await?, id).await
    }
}

fn several(many: usize) -> Result<()> {
    match many {
        0 => Err(Error::invalid("from", Why::Missing)),
        1..=MOST => Ok(()),
        _ => Err(Error::invalid("from", Why::TooMany { most: MOST as u32 })),
    }
}

impl Write {
    async fn merge_person(&mut self, actor: &Actor, into: &PersonId, from: &PersonId) -> Result<()> {
        if into == from {
            return Err(Error::invalid("from", Why::Circle));
        }
        let new = self.name_of(into).await?;
        let old = self.name_of(from).await.map_err(|_| Error::invalid("from", Why::NotAChoice))?;
        self.hand_over(into, from).await?;
        let now = self.now;
        sqlx::query("update person set merged_into = $1, merged_at = $3 where id = $2")
            .bind(into.clone())
            .bind(from.clone())
            .bind(now)
            .execute(self.sql())
            .await?;
        self.fill_settings(into).await?;
        // CRM-1: the company of an open request is its main contact's.
        self.follow_company(into).await?;
        self.say_of_two(actor, EventKind::PeopleMerged, (&into.0, &new), (&from.0, &old)).await?;
        self.look_at(actor, &[into.clone(), from.clone()]).await
    }

    async fn merge_company(&mut self, actor: &Actor, into: &CompanyId, from: &CompanyId) -> Result<()> {
        if into == from {
            return Err(Error::invalid("from", Why::Circle));
        }
        let new = self.name_of_company(into).await?;
        let old = self.name_of_company(from).await.map_err(|_| Error::invalid("from", Why::NotAChoice))?;
        for sql in [
            "update person set company_id = $1 where company_id = $2",
            "update ticket set company_id = $1 where company_id = $2",
            "update sale set company_id = $1 where company_id = $2",
            "update project set company_id = $1 where company_id = $2",
            "update company set merged_into = $1 where id = $2",
            "update company set priority_id = coalesce(priority_id, (select o.priority_id from company o where o.id = $2)),
                    agreement_id = coalesce(agreement_id, (select o.agreement_id from company o where o.id = $2)),
                    service_agent_id = coalesce(service_agent_id, (select o.service_agent_id from company o where o.id = $2))
             where id = $1",
        ] {
            sqlx::query(sql).bind(into.clone()).bind(from.clone()).execute(self.sql()).await?;
        }
        self.file_company(into, &new).await?;
        self.say_of_two(actor, EventKind::CompaniesMerged, (&into.0, &new), (&from.0, &old)).await?;
        let people: Vec<PersonId> =
            sqlx::query_scalar("select id from person where company_id = $1 and merged_into is null order by id")
                .bind(into.clone())
                .fetch_all(self.sql())
                .await?;
        self.look_at(actor, &people).await
    }

    async fn name_of_company(&mut self, id: &CompanyId) -> Result<String> {
        self.company_there(id).await?;
        Ok(sqlx::query_scalar("select name from company where id = $1").bind(id.clone()).fetch_one(self.sql()).await?)
    }

    /// One fact about two: ids and names of the survivor and of the one that came or went.
    async fn say_of_two(
        &mut self,
        actor: &Actor,
        kind: EventKind,
        (into, new): (&str, &str),
        (from, old): (&str, &str),
    ) -> Result<()> {
        let data = serde_json::json!({ "from": from, "into": into }).to_string();
        let fact = Fact { old: Some(old), new: Some(new), data: Some(data), ..Fact::default() };
        self.record(actor, Cause::Person, kind, fact).await?;
        Ok(())
    }

    /// The index looks at people, and at their requests, whom a change names.
    async fn look_at(&mut self, actor: &Actor, people: &[PersonId]) -> Result<()> {
        for person in people {
            let fact = Fact { new: Some(person.as_str()), ..Fact::default() };
            self.record(actor, Cause::Person, EventKind::PersonChanged, fact).await?;
        }
        Ok(())
    }
}
