//! Get the next request of the queue. Section 5.5.

use crate::{Desk, Result, access::staff, clock::HOUR, db::Write, model::*};

impl Desk {
    /// Claims the request whose deadline is nearest, of those that wait in a queue status in one's own categories and that
    /// one may change; without a deadline the oldest, after all others. Writers are serial, so nothing is handed out twice. QUE-1 to QUE-3.
    pub async fn next_in_queue(&self, actor: &Actor) -> Result<Next> {
        let me = staff(actor)?.clone();
        let mut write = self.write().await?;
        let skills: Option<String> =
            sqlx::query_scalar("select skill from wanted_skill limit 1").fetch_optional(write.sql()).await?;
        let found = match skills {
            None => write.first_in_queues(&me).await?,
            Some(_) => write.first_that_fits(&me).await?,
        };
        let Some((id, number)) = found else { return Ok(Next::Empty) };
        write.editable(actor, &id).await?;
        let why = write.why_handed_out(actor, &me, &id).await?;
        write.give(actor, Cause::Person, &id, &me, EventKind::HandedOut, why.as_ref()).await?;
        write.note_first_read(&id).await?;
        // It is in hand now: out of the queue's status. QUE-3.
        if let Some(status) = write.status_on_accept(&id).await? {
            write.set_status(actor, Cause::Person, &id, &status).await?;
        }
        self.commit(write).await?;
        Ok(Next::Yours { number })
    }
}

/// The queues of agent `$1`: a category `h` of theirs and a status `s`.
macro_rules! queues {
    () => {
        "reach h cross join status s
                where h.agent_id = $1 and h.level >= 3 and s.queue_at is not null
                  and (h.category_id in (select category_id from category_member where agent_id = $1)
                       or h.category_id in (select c.category_id from category_team c
                                            join team_member m on m.team_id = c.team_id where m.agent_id = $1))"
    };
}

/// How many of the skills that request `t` asks for agent `$1` lacks, of those that meet a condition.
macro_rules! lacking {
    ($which:literal) => {
        concat!(
            "(select count(*) from wanted_skill w where ",
            $which,
            " and ((w.place = 'category' and w.place_id = t.category_id) or (w.place = 'type' and w.place_id = t.type_id)
                   or (w.place = 'tag' and w.place_id in (select x.tag_id from ticket_tag x where x.ticket_id = t.id)))
                and not exists (select 1 from agent_skill a
                                where a.agent_id = $1 and a.skill = w.skill and a.level >= w.level))"
        )
    };
}

impl Write {
    async fn first_in_queues(&mut self, me: &AgentId) -> Result<Option<(TicketId, i64)>> {
        Ok(sqlx::query_as(concat!(
            // The first of each queue, and the first of those.
            "select t.id, t.number from
               (select (select q.id from ticket q
                          where q.pile = 'unassigned' and q.category_id = h.category_id and q.status_id = s.id
                          order by coalesce(q.deadline, 9223372036854775807), q.created_at, q.id limit 1) as id
                from ",
            queues!(),
            ") f
               join ticket t on t.id = f.id
             order by coalesce(t.deadline, 9223372036854775807), t.created_at, t.id limit 1"
        ))
        .bind(me.clone())
        .fetch_optional(self.sql())
        .await?)
    }

    /// Where requests ask for skills: none whose required ones they lack, and of the others first what asks for nothing that
    /// they lack. What is due within the hour waits for nobody's skills. C-9.
    async fn first_that_fits(&mut self, me: &AgentId) -> Result<Option<(TicketId, i64)>> {
        let soon = self.now + HOUR;
        Ok(sqlx::query_as(concat!(
            "select f.id, f.number from
               (select t.id, t.number, t.deadline, t.created_at, ",
            lacking!("w.required_at is not null"),
            " as unfit, ",
            lacking!("w.required_at is null"),
            " as lacks
                from ",
            "ticket t cross join (select h.category_id, s.id as status_id from ",
            queues!(),
            ") q where t.pile = 'unassigned' and t.category_id = q.category_id and t.status_id = q.status_id) f
             where f.unfit = 0
             order by case when coalesce(f.deadline, 9223372036854775807) <= $2 then 0 else f.lacks end,
                      coalesce(f.deadline, 9223372036854775807), f.created_at, f.id limit 1"
        ))
        .bind(me.clone())
        .bind(soon)
        .fetch_optional(self.sql())
        .await?)
    }

    /// What they have of the skills that it asks for; nothing to say where it asks for none.
    async fn why_handed_out(&mut self, actor: &Actor, me: &AgentId, id: &TicketId) -> Result<Option<Decision>> {
        let asked = self.skills_asked(id).await?;
        if asked.is_empty() {
            return Ok(None);
        }
        let fit = self.fit_of(&asked, me).await?;
        let category: String =
            sqlx::query_scalar("select c.name from category c join ticket t on t.category_id = c.id where t.id = $1")
                .bind(id.clone())
                .fetch_one(self.sql())
                .await?;
        let name = actor.name().to_owned();
        Ok(Some(Decision {
            category,
            ground: Ground::Queue,
            chosen: Some(name.clone()),
            instead_of: None,
            by: None,
            passed: vec![],
            skills: vec![SkillsOf { name, has: fit.has, lacks: fit.lacks }],
        }))
    }
}
