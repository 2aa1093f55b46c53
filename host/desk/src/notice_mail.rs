//! Notices by mail: what happens within some minutes is one mail, rendered and saved once, sent by the durable delivery.

use crate::{
    Desk, Result,
    clock::MINUTE,
    db::Write,
    job::{Job, Kind, MOST_ATTEMPTS, Outcome, finish},
    model::*,
    outside::{Party, Sheet},
    routine::Errand,
};
use serde::{Deserialize, Serialize};

/// How long the first of several waits for the others. A recommendation: the specification does not say.
pub(crate) const GATHERED: i64 = 5 * MINUTE;
/// Most lines of one mail; the rest is a number.
pub(crate) const MOST_LINES: usize = 50;

/// Which mail a job makes, as the job keeps it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "mail", rename_all = "kebab-case")]
pub(crate) enum Notice {
    /// What was gathered for an agent, or for an address of a category.
    Gathered { reader: String, batch: String },
    /// What an agent gets by their own clock.
    Errand(Errand),
}

/// One thing that is told, as the template has it.
pub(crate) struct Line {
    pub kind: String,
    pub number: i64,
    pub by: String,
    /// How often it happened, or for how many days it lies.
    pub times: i64,
    pub title: String,
}

#[derive(sqlx::FromRow)]
struct Gathered {
    kind: String,
    number: i64,
    actor: String,
    times: i64,
    title: String,
    addresses: String,
    sight: i64,
}

impl Write {
    /// Puts something by until the reader's next mail. The same again is told more often, and no mailbox of ours is told
    /// anything: it would answer itself.
    pub(crate) async fn put_by_for_mail(
        &mut self,
        reader: &str,
        ticket: &TicketId,
        kind: NoticeKind,
        by: &str,
        at: i64,
    ) -> Result<()> {
        let due = self.now + GATHERED;
        sqlx::query(
            "insert into notice_mail (reader, batch, ticket_id, kind, actor, times, at, due_at)
             values ($1, '', $2, $3, $4, 1, $5, $6)
             on conflict (reader, batch, ticket_id, kind)
             do update set times = notice_mail.times + 1, actor = excluded.actor, at = excluded.at",
        )
        .bind(reader.to_owned())
        .bind(ticket.clone())
        .bind(kind.as_str())
        .bind(by.to_owned())
        .bind(at)
        .bind(due)
        .execute(self.sql())
        .await?;
        Ok(())
    }

    async fn let_gathered_go(&mut self, notice: &Notice) -> Result<()> {
        let Notice::Gathered { reader, batch } = notice else { return Ok(()) };
        sqlx::query("delete from notice_mail where reader = $1 and batch = $2")
            .bind(reader.clone())
            .bind(batch.clone())
            .execute(self.sql())
            .await?;
        Ok(())
    }

    pub(crate) async fn queue_notice_mail(&mut self, notice: &Notice) -> Result<()> {
        self.enqueue(Kind::MailNotice, &serde_json::to_string(notice)?).await
    }
}

impl Desk {
    /// Hands what has waited long enough to the jobs that mail it.
    pub(crate) async fn gather_notices(&self) -> Result<()> {
        let due = "select reader from notice_mail where batch = '' group by reader having min(due_at) <= $1 limit 200";
        let Some((readers, mut write)) = self.take_up_due::<String>(due).await? else { return Ok(()) };
        for reader in readers {
            let batch = NotificationId::new().0;
            sqlx::query("update notice_mail set batch = $2 where reader = $1 and batch = ''")
                .bind(reader.clone())
                .bind(batch.clone())
                .execute(write.sql())
                .await?;
            write.queue_notice_mail(&Notice::Gathered { reader, batch }).await?;
        }
        self.commit(write).await
    }

    /// One try at a mail. What it had gathered is let go with the last one.
    pub(crate) async fn mail_notice(&self, job: &Job) -> Result<Outcome> {
        let notice: Notice = serde_json::from_str(&job.subject)?;
        let tried = self.make_notice(job, &notice).await;
        if tried.is_err() && job.attempts >= MOST_ATTEMPTS {
            let mut write = self.write().await?;
            write.let_gathered_go(&notice).await?;
            self.commit(write).await?;
        }
        tried
    }

    /// Makes a mail of it and puts it on its way: both, and the end of the job, in one write.
    async fn make_notice(&self, job: &Job, notice: &Notice) -> Result<Outcome> {
        let letter = match notice {
            Notice::Gathered { reader, batch } => self.gathered(reader, batch).await?,
            Notice::Errand(errand) => self.errand(errand).await?,
        };
        let rendered = match letter {
            Some((to, sheet)) => Some((to, sheet.language, self.render(&sheet).await?)),
            None => None,
        };
        let organisation = self.organisation().await?;
        let mut write = self.write().await?;
        if !finish(&mut write, job).await? {
            return Ok(Outcome::Done);
        }
        write.let_gathered_go(notice).await?;
        if let Some((to, language, rendered)) = rendered {
            write.queue_notice(self, &organisation, to, rendered, language).await?;
        }
        self.commit(write).await?;
        Ok(Outcome::Done)
    }

    /// What was gathered, of what the reader may still know; nothing where nothing is left.
    async fn gathered(&self, reader: &str, batch: &str) -> Result<Option<(Party, Sheet)>> {
        let rows: Vec<Gathered> = sqlx::query_as(
            "select m.kind, t.number, m.actor, m.times, t.title, c.notify_addresses as addresses,
                    case when t.owner_id = $1
                      or exists (select 1 from reach h
                                 where h.agent_id = $1 and h.category_id = t.category_id and h.level >= 2)
                      or exists (select 1 from follower w where w.agent_id = $1 and w.ticket_id = t.id)
                    then 1 else 0 end as sight
             from notice_mail m join ticket t on t.id = m.ticket_id join category c on c.id = t.category_id
             where m.reader = $1 and m.batch = $2 and t.state not in ('linked', 'deleted')
             order by m.at, t.number, m.kind",
        )
        .bind(reader.to_owned())
        .bind(batch.to_owned())
        .fetch_all(self.read())
        .await?;
        let agent = self.mailable(&AgentId(reader.to_owned())).await?;
        let told: Vec<Line> = rows
            .into_iter()
            .filter(|row| row.sight == 1 || row.addresses.lines().any(|address| address == reader))
            .map(|row| Line { kind: row.kind, number: row.number, by: row.actor, times: row.times, title: row.title })
            .collect();
        let (to, language) = match agent {
            Some(agent) => agent,
            // Whoever works here no more has an id, and no address in it.
            None if !reader.contains('@') => return Ok(None),
            None => (Party { address: reader.to_owned(), name: String::new() }, Language::default()),
        };
        // A mail to a mailbox of ours would become a request, be told of, and so on for ever.
        if told.is_empty() || self.is_ours(&to.address).await? {
            return Ok(None);
        }
        Ok(Some((to, self.notice_sheet("notices", language, told).await?)))
    }

    /// Where and in which language an agent reads mail; none for whoever works here no more.
    pub(crate) async fn mailable(&self, agent: &AgentId) -> Result<Option<(Party, Language)>> {
        let row: Option<(String, String, String)> =
            sqlx::query_as("select email, name, language from agent where id = $1 and disabled_at is null")
                .bind(agent.clone())
                .fetch_optional(self.read())
                .await?;
        Ok(row.map(|(address, name, language)| {
            (Party { address, name }, Language::from_tag(&language).unwrap_or_default())
        }))
    }

    pub(crate) async fn notice_sheet(&self, template: &str, language: Language, lines: Vec<Line>) -> Result<Sheet> {
        let left_out = lines.len().saturating_sub(MOST_LINES);
        let rows: Vec<String> = lines.iter().take(MOST_LINES).map(Line::row).collect();
        Ok(Sheet {
            template: template.to_owned(),
            language,
            organisation: self.organisation().await?.name,
            more: vec![
                ("notices".to_owned(), rows.join("\n")),
                ("count".to_owned(), lines.len().to_string()),
                ("left-out".to_owned(), if left_out > 0 { left_out.to_string() } else { String::new() }),
                ("base-url".to_owned(), format!("{}/desk/request/", self.public_url())),
            ],
            ..self.empty_sheet()
        })
    }
}

impl Line {
    /// Its parts with a tab between, which no part holds.
    fn row(&self) -> String {
        let tidy = |text: &str| text.replace(|c: char| c.is_control(), " ");
        format!("{}\t{}\t{}\t{}\t{}", self.kind, self.number, tidy(&self.by), self.times, tidy(&self.title))
    }
}
