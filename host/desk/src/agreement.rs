//! What was agreed with customers about times, in place of what their priorities say. C-11.

use crate::{
    Desk, Error, Result, Why,
    access::{administrator, staff},
    db::{Fact, Write},
    model::*,
    person::shorten,
    priority::check_targets,
};

#[derive(sqlx::FromRow)]
struct Row {
    id: AgreementId,
    name: String,
    calendar_id: Option<String>,
}

#[derive(sqlx::FromRow)]
struct TargetRow {
    agreement_id: AgreementId,
    priority_id: PriorityId,
    first_response: Option<i64>,
    next_response: Option<i64>,
    resolution: Option<i64>,
}

impl Desk {
    /// All of them by name, each with the companies it stands for.
    pub async fn agreements(&self, actor: &Actor) -> Result<Vec<AgreementCard>> {
        staff(actor)?;
        let rows: Vec<Row> =
            sqlx::query_as("select id, name, calendar_id from agreement order by name").fetch_all(self.read()).await?;
        let targets: Vec<TargetRow> = sqlx::query_as(
            "select g.agreement_id, g.priority_id, g.first_response, g.next_response, g.resolution
             from agreement_target g join priority p on p.id = g.priority_id order by p.rank, p.id",
        )
        .fetch_all(self.read())
        .await?;
        let companies: Vec<(AgreementId, CompanyId)> =
            sqlx::query_as("select agreement_id, id from company where agreement_id is not null order by name, id")
                .fetch_all(self.read())
                .await?;
        let card = |row: Row| {
            let own = targets.iter().filter(|target| target.agreement_id == row.id).map(|target| {
                let minutes = Targets {
                    first_response: target.first_response,
                    next_response: target.next_response,
                    resolution: target.resolution,
                };
                (target.priority_id.clone(), minutes)
            });
            AgreementCard {
                companies: companies
                    .iter()
                    .filter(|(agreement, _)| *agreement == row.id)
                    .map(|(_, company)| company.clone())
                    .collect(),
                agreement: Agreement {
                    targets: own.collect(),
                    id: row.id,
                    name: row.name,
                    calendar: row.calendar_id.map(CalendarId),
                },
            }
        };
        Ok(rows.into_iter().map(card).collect())
    }

    /// Adds an agreement, or changes the one whose id it has; it stands for these companies then, and no others.
    pub async fn save_agreement(&self, actor: &Actor, agreement: Agreement, companies: &[CompanyId]) -> Result<()> {
        administrator(actor)?;
        let name = shorten(&agreement.name, 200);
        if name.is_empty() {
            return Err(Error::invalid("name", Why::Missing));
        }
        for (_, targets) in &agreement.targets {
            check_targets(targets)?;
        }
        let mut write = self.write().await?;
        let same: Option<AgreementId> = sqlx::query_scalar("select id from agreement where name = $1 and id <> $2")
            .bind(name.clone())
            .bind(agreement.id.clone())
            .fetch_optional(write.sql())
            .await?;
        if same.is_some() {
            return Err(Error::invalid("name", Why::Double));
        }
        write.write_agreement(&agreement, name, companies).await?;
        write.record(actor, Cause::Person, EventKind::SettingsChanged, Fact::default()).await?;
        self.commit(write).await
    }

    /// Ends an agreement: from the next change of a request on it goes by its priority.
    pub async fn end_agreement(&self, actor: &Actor, id: &AgreementId) -> Result<()> {
        administrator(actor)?;
        let mut write = self.write().await?;
        write.empty_agreement(id).await?;
        let gone = sqlx::query("delete from agreement where id = $1").bind(id.clone()).execute(write.sql()).await?;
        if gone.rows_affected() == 0 {
            return Err(Error::NotFound);
        }
        write.record(actor, Cause::Person, EventKind::SettingsChanged, Fact::default()).await?;
        self.commit(write).await
    }
}

impl Write {
    async fn write_agreement(&mut self, agreement: &Agreement, name: String, companies: &[CompanyId]) -> Result<()> {
        sqlx::query(
            "insert into agreement (id, name, calendar_id) values ($1, $2, $3)
             on conflict (id) do update set name = excluded.name, calendar_id = excluded.calendar_id",
        )
        .bind(agreement.id.clone())
        .bind(name)
        .bind(agreement.calendar.clone())
        .execute(self.sql())
        .await?;
        self.empty_agreement(&agreement.id).await?;
        for (priority, targets) in &agreement.targets {
            sqlx::query(
                "insert into agreement_target (agreement_id, priority_id, first_response, next_response, resolution)
                 values ($1, $2, $3, $4, $5)",
            )
            .bind(agreement.id.clone())
            .bind(priority.clone())
            .bind(targets.first_response)
            .bind(targets.next_response)
            .bind(targets.resolution)
            .execute(self.sql())
            .await?;
        }
        for company in companies {
            // It may have become another since its id was read.
            let company = self.company_now(company).await?;
            sqlx::query("update company set agreement_id = $2 where id = $1")
                .bind(company)
                .bind(agreement.id.clone())
                .execute(self.sql())
                .await?;
        }
        Ok(())
    }

    /// It says nothing any more, and stands for nobody.
    async fn empty_agreement(&mut self, id: &AgreementId) -> Result<()> {
        for sql in [
            "delete from agreement_target where agreement_id = $1",
            "update company set agreement_id = null where agreement_id = $1",
        ] {
            sqlx::query(sql).bind(id.clone()).execute(self.sql()).await?;
        }
        Ok(())
    }
}
