//! What holds for an agent in a category, and who decided it. Appendix C, number 25.

use crate::{Desk, Error, Result, access::staff, model::*};

#[derive(sqlx::FromRow)]
struct Says {
    new_status_id: Option<StatusId>,
    message_status_id: Option<StatusId>,
    notify_members_at: Option<i64>,
    take_on_reply_at: Option<i64>,
    member: i64,
}

impl Desk {
    /// The values that come from several places, for the signed-in agent in one category: the category's word stands over
    /// the agent's, the agent's over the administrator's for everybody.
    pub async fn holds_in(&self, actor: &Actor, category: &CategoryId) -> Result<HoldsIn> {
        let me = staff(actor)?;
        let says: Says = sqlx::query_as(
            "select s.id as new_status_id, c.message_status_id, c.notify_members_at, c.take_on_reply_at,
                    (select count(*) from category_member m where m.category_id = c.id and m.agent_id = $2)
                    + (select count(*) from category_team x join team_member y on y.team_id = x.team_id
                       where x.category_id = c.id and y.agent_id = $2) as member
             from category c left join status s on s.id = c.new_status_id and s.state = 'open'
             where c.id = $1 and c.deleted_at is null",
        )
        .bind(category.clone())
        .bind(me.clone())
        .fetch_optional(self.read())
        .await?
        .ok_or(Error::NotFound)?;
        let own = self.preferences(actor).await?;
        let from = |name: &str| own.from.get(name).copied().unwrap_or(Source::Saker);
        let new_status = match (says.new_status_id, own.values.new_status) {
            (Some(value), _) => Decided { value, from: Source::Category },
            (None, Some(value)) => Decided { value, from: from("new_status") },
            (None, None) => Decided { value: self.default_open_status().await?, from: Source::Saker },
        };
        let message_status = match says.message_status_id {
            Some(value) => Decided { value: Some(value), from: Source::Category },
            None => Decided { value: own.values.message_status, from: from("message_status") },
        };
        // Whom the category does not tell hears nothing, whatever they chose.
        let told_of_new = if says.member == 0 || says.notify_members_at.is_none() {
            Decided { value: false, from: Source::Category }
        } else {
            let choices = self.notice_choices(actor).await?;
            let choice = choices.iter().find(|c| c.kind == NoticeKind::NewTicket && c.way == Way::Screen);
            choice.map_or(Decided { value: true, from: Source::Saker }, |choice| Decided {
                value: choice.wanted,
                from: choice.from,
            })
        };
        let takes_on_reply = Decided { value: says.take_on_reply_at.is_some(), from: Source::Category };
        Ok(HoldsIn { new_status, message_status, told_of_new, takes_on_reply })
    }

    async fn default_open_status(&self) -> Result<StatusId> {
        Ok(sqlx::query_scalar("select id from status where state = 'open' and default_at is not null limit 1")
            .fetch_one(self.read())
            .await?)
    }
}
