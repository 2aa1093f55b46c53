//! What the clock brings to one request after the other. Where one can't be dealt with the others are, an administrator is
//! told once, and it is tried again after pauses that grow.

use crate::{
    Desk, Error, Result,
    db::Fact,
    job::pause,
    model::{event::text_enum, *},
};
use sqlx::AssertSqlSafe;

text_enum! {
    /// What there is to do, in this order.
    Chore {
        LetGo = "let-go",
        Wake = "wake",
        HeedDeadlines = "heed-deadlines",
        Escalate = "escalate",
        Remind = "remind",
        BidFarewell = "bid-farewell",
    }
}

impl Chore {
    /// What is due at `$1`, its request, and since when.
    fn due(self) -> &'static str {
        match self {
            Chore::LetGo => crate::hold::DUE,
            Chore::Wake => crate::status::DUE,
            Chore::HeedDeadlines => crate::deadline::DUE,
            Chore::Escalate => crate::escalation::DUE,
            Chore::Remind => crate::side::DUE,
            Chore::BidFarewell => crate::retention::DUE,
        }
    }
}

#[derive(sqlx::FromRow)]
struct Due {
    subject: String,
    ticket_id: TicketId,
    /// How often it failed, without having been done since.
    failed: i64,
}

impl Desk {
    /// Does what is due, in one write; where that fails, each in a write of its own.
    pub(crate) async fn do_chore(&self, chore: Chore) -> Result<()> {
        let sql = format!(
            "select x.subject, x.ticket_id, coalesce(s.attempts, 0) as failed
             from ({}) x left join stumble s on s.chore = '{chore}' and s.subject = x.subject
             where coalesce(s.again_at, 0) <= $1 order by x.due_at, x.subject limit 200",
            chore.due()
        );
        let due: Vec<Due> = sqlx::query_as(AssertSqlSafe(sql)).bind(self.clock().now()).fetch_all(self.read()).await?;
        if due.is_empty() || self.do_all(chore, &due).await.is_ok() {
            return Ok(());
        }
        for one in &due {
            if let Err(error) = self.do_all(chore, std::slice::from_ref(one)).await {
                self.note_stumble(chore, one, &error).await?;
            }
        }
        Ok(())
    }

    async fn do_all(&self, chore: Chore, due: &[Due]) -> Result<()> {
        let mut write = self.write().await?;
        for Due { subject, failed, .. } in due {
            match chore {
                Chore::LetGo => write.let_go(&MessageId(subject.clone())).await?,
                Chore::Wake => write.wake(&TicketId(subject.clone())).await?,
                Chore::HeedDeadlines => write.heed_deadlines(&TicketId(subject.clone())).await?,
                Chore::Escalate => write.fire(&TicketId(subject.clone())).await?,
                Chore::Remind => write.remind_of_helpers(&SideId(subject.clone())).await?,
                Chore::BidFarewell => write.bid_farewell(&TicketId(subject.clone())).await?,
            }
            if *failed > 0 {
                sqlx::query("delete from stumble where chore = $1 and subject = $2")
                    .bind(chore.as_str())
                    .bind(subject.clone())
                    .execute(write.sql())
                    .await?;
            }
        }
        self.commit(write).await
    }

    /// Keeps when it is tried again. What is told is told of no request in the log: that one can't be reckoned with.
    async fn note_stumble(&self, chore: Chore, due: &Due, error: &Error) -> Result<()> {
        let mut write = self.write().await?;
        let now = write.now;
        // Two that looked at once, on two nodes or in one, failed at the same time: that is one try, and told once.
        let noted: Option<i64> = sqlx::query_scalar("select attempts from stumble where chore = $1 and subject = $2")
            .bind(chore.as_str())
            .bind(due.subject.clone())
            .fetch_optional(write.sql())
            .await?;
        if noted.unwrap_or_default() > due.failed {
            return Ok(());
        }
        let attempts = due.failed + 1;
        sqlx::query(
            "insert into stumble (chore, subject, ticket_id, attempts, again_at, error) values ($1, $2, $3, $4, $5, $6)
             on conflict (chore, subject)
             do update set attempts = excluded.attempts, again_at = excluded.again_at, error = excluded.error",
        )
        .bind(chore.as_str())
        .bind(due.subject.clone())
        .bind(due.ticket_id.clone())
        .bind(attempts)
        .bind(now + pause(attempts))
        .bind(error.to_string())
        .execute(write.sql())
        .await?;
        if attempts == 1 {
            let (number, why) = (write.number_of(&due.ticket_id).await?, error.to_string());
            let fact = Fact { old: Some(&number), new: Some(&why), ..Fact::default() };
            write.record(&Actor::System, Cause::Clock, EventKind::ChoreFailed, fact).await?;
            write.tell_administrators(&due.ticket_id, NoticeKind::Stuck).await?;
        }
        self.commit(write).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::House;

    /// Two look at the same moment, and both fail: an administrator is told once, and the next pause is the first one.
    #[tokio::test(flavor = "multi_thread")]
    async fn two_that_fail_at_once_tell_it_once() {
        let house = House::open().await;
        let (ticket, _) = house.request("Kari", Access::External).await;
        house.rest().await;
        let due = Due { subject: ticket.0.clone(), ticket_id: ticket, failed: 0 };
        for _ in 0..2 {
            house.desk.note_stumble(Chore::Escalate, &due, &Error::NotFound).await.unwrap();
        }
        for sql in ["select attempts from stumble", "select count(*) from event where kind = 'chore-failed'"] {
            let times: i64 = sqlx::query_scalar(sql).fetch_one(house.desk.read()).await.unwrap();
            assert_eq!(times, 1, "{sql}");
        }
    }
}
