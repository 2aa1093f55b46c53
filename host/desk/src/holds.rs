//! What holds for an agent in a category, and who decided it. Appendix C, number 25.

use crate::{Desk, Error, Result, access::staff, db::word, model::*};

#[derive(sqlx::FromRow)]
struct Says {
    new_status_id: Option<StatusId>,
    message_status_id: Option<StatusId>,
    notify_members_at: Option<i64>,
    take_on_reply_at: Option<i64>,
    quarantine: Option<i64>,
    days: Option<i64>,
    farewell: Option<String>,
    member: i64,
}

impl Desk {
    /// The values that come from several places, for the signed-in agent in one category: the category's word stands over
    /// the agent's, the agent's over the administrator's for everybody.
    pub async fn holds_in(&self, actor: &Actor, category: &CategoryId) -> Result<HoldsIn> {
        let me = staff(actor)?;
        let says: Says = sqlx::query_as(
            "select s.id as new_status_id, c.message_status_id, c.notify_members_at, c.take_on_reply_at, c.quarantine,
                    r.days, r.farewell,
                    (select count(*) from category_member m where m.category_id = c.id and m.agent_id = $2)
                    + (select count(*) from category_team x join team_member y on y.team_id = x.team_id
                       where x.category_id = c.id and y.agent_id = $2) as member
             from category c left join status s on s.id = c.new_status_id and s.state = 'open'
             left join retention r on r.category_id = c.id where c.id = $1 and c.deleted_at is null",
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
        let house = self.house_rules(actor).await?;
        let by_house = |name: &str| house.from.get(name).copied().unwrap_or(Source::Saker);
        let same_owner = match says.quarantine {
            Some(minutes) => Decided { value: Some(minutes), from: Source::Category },
            None => Decided { value: house.values.same_owner, from: by_house("same_owner") },
        };
        let retention = match (says.days, says.farewell) {
            (Some(days), Some(then)) => {
                Decided { value: Some(Retention { days, then: word(&then)? }), from: Source::Category }
            }
            _ => Decided { value: None, from: Source::Saker },
        };
        Ok(HoldsIn {
            new_status,
            message_status,
            told_of_new,
            takes_on_reply,
            accept_status: self.accept_status().await?,
            access: Decided { value: house.values.access, from: by_house("access") },
            same_owner,
            retention,
        })
    }

    async fn accept_status(&self) -> Result<Decided<StatusId>> {
        let chosen: Option<StatusId> = sqlx::query_scalar(
            "select id from status where accept_at is not null and deleted_at is null order by position limit 1",
        )
        .fetch_optional(self.read())
        .await?;
        Ok(match chosen {
            Some(value) => Decided { value, from: Source::Administrator },
            None => Decided { value: self.default_open_status().await?, from: Source::Saker },
        })
    }

    /// What holds for the signed-in agent on one request, and who decides it now.
    pub async fn holds_of(&self, actor: &Actor, id: &TicketId) -> Result<HoldsOf> {
        staff(actor)?;
        let facts = self.facts(actor, id).await?;
        let here = self.holds_in(actor, &CategoryId(facts.category_id.clone())).await?;
        let template = self.template_of_type(&facts).await?;
        let from = if template.is_some() { Source::Type } else { Source::Saker };
        // By what decides about a new one: asked in a write that is dropped.
        let mut write = self.write().await?;
        let kind = write.type_of(id).await?;
        let account = AccountId(facts.account_id.clone());
        let priority = write.priority_by_itself(kind.as_ref(), facts.person_id.as_ref(), &account).await?;
        let rows: (Option<String>, Option<String>) = sqlx::query_as(
            "select p.language, t.why from ticket t left join person p on p.id = t.person_id where t.id = $1",
        )
        .bind(id.clone())
        .fetch_one(write.sql())
        .await?;
        let language = match rows.0.as_deref().and_then(Language::from_tag) {
            Some(value) => Decided { value, from: Source::Contact },
            None => Decided { value: Language::default(), from: Source::Saker },
        };
        Ok(HoldsOf {
            reply_status: here.message_status,
            takes_on_reply: here.takes_on_reply,
            reply_template: Decided { value: template, from },
            priority,
            language,
            owner: rows.1.map(|why| serde_json::from_str(&why)).transpose()?,
        })
    }

    async fn default_open_status(&self) -> Result<StatusId> {
        Ok(sqlx::query_scalar("select id from status where state = 'open' and default_at is not null limit 1")
            .fetch_one(self.read())
            .await?)
    }
}
