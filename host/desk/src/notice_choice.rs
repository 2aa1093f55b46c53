//! In which ways each agent hears of what. Section 18: per user, per event, per way.

use crate::{
    Desk, Result,
    access::{administrator, staff},
    db::{Fact, Write},
    model::*,
};

/// Where the administrator's choice for everybody is kept.
fn setting(kind: NoticeKind, way: Way) -> String {
    format!("notice.{kind}.{way}")
}

/// Until somebody chooses: everything on the screen; by mail only what would lie for long.
fn by_itself(kind: NoticeKind, way: Way) -> bool {
    way == Way::Screen || kind == NoticeKind::Unhandled
}

/// Every kind in every way.
fn all() -> impl Iterator<Item = (NoticeKind, Way)> {
    NoticeKind::ALL.iter().flat_map(|kind| Way::ALL.iter().map(|way| (*kind, *way)))
}

impl Desk {
    /// What the signed-in agent hears of, and who decided that.
    pub async fn notice_choices(&self, actor: &Actor) -> Result<Vec<NoticeChoice>> {
        let me = staff(actor)?;
        let mut connection = self.read().acquire().await?;
        let mut choices = vec![];
        for (kind, way) in all() {
            let (wanted, from) = choice(&mut connection, Some(me), kind, way).await?;
            choices.push(NoticeChoice { kind, way, wanted, from });
        }
        Ok(choices)
    }

    /// What holds for whoever has not chosen.
    pub async fn notice_defaults(&self, actor: &Actor) -> Result<Vec<NoticeChoice>> {
        administrator(actor)?;
        let mut connection = self.read().acquire().await?;
        let mut choices = vec![];
        for (kind, way) in all() {
            let (wanted, from) = choice(&mut connection, None, kind, way).await?;
            choices.push(NoticeChoice { kind, way, wanted, from });
        }
        Ok(choices)
    }

    /// Chooses some anew; what is not named stays.
    pub async fn choose_notices(&self, actor: &Actor, wishes: &[NoticeWish]) -> Result<()> {
        let me = staff(actor)?.clone();
        let mut write = self.write().await?;
        for wish in wishes {
            write.choose_notice(&me, wish).await?;
        }
        write.record(actor, Cause::Person, EventKind::SettingsChanged, Fact::default()).await?;
        self.commit(write).await
    }

    /// Chooses for whoever has not chosen.
    pub async fn choose_notices_for_everybody(&self, actor: &Actor, wishes: &[NoticeWish]) -> Result<()> {
        administrator(actor)?;
        let mut write = self.write().await?;
        for wish in wishes {
            let name = setting(wish.kind, wish.way);
            match wish.wanted {
                Some(wanted) => write.set_setting(&name, if wanted { "1" } else { "0" }).await?,
                None => {
                    sqlx::query("delete from setting where name = $1").bind(name).execute(write.sql()).await?;
                }
            }
        }
        write.record(actor, Cause::Person, EventKind::SettingsChanged, Fact::default()).await?;
        self.commit(write).await
    }
}

impl Write {
    pub(crate) async fn wants(&mut self, agent: &AgentId, kind: NoticeKind, way: Way) -> Result<bool> {
        Ok(choice(self.sql(), Some(agent), kind, way).await?.0)
    }

    async fn choose_notice(&mut self, me: &AgentId, wish: &NoticeWish) -> Result<()> {
        let (kind, way) = (wish.kind.as_str(), wish.way.as_str());
        let Some(wanted) = wish.wanted else {
            sqlx::query("delete from notice_choice where agent_id = $1 and kind = $2 and way = $3")
                .bind(me.clone())
                .bind(kind)
                .bind(way)
                .execute(self.sql())
                .await?;
            return Ok(());
        };
        sqlx::query(
            "insert into notice_choice (agent_id, kind, way, wanted) values ($1, $2, $3, $4)
             on conflict (agent_id, kind, way) do update set wanted = excluded.wanted",
        )
        .bind(me.clone())
        .bind(kind)
        .bind(way)
        .bind(i64::from(wanted))
        .execute(self.sql())
        .await?;
        Ok(())
    }
}

/// The agent's own, else the administrator's, else Saker's.
async fn choice(
    connection: &mut sqlx::AnyConnection,
    agent: Option<&AgentId>,
    kind: NoticeKind,
    way: Way,
) -> Result<(bool, Source)> {
    let (own, everybodys): (Option<i64>, Option<String>) = sqlx::query_as(
        "select (select c.wanted from notice_choice c where c.agent_id = $1 and c.kind = $2 and c.way = $3) as own,
                (select s.value from setting s where s.name = $4) as everybodys",
    )
    .bind(agent.map(|id| id.0.clone()).unwrap_or_default())
    .bind(kind.as_str())
    .bind(way.as_str())
    .bind(setting(kind, way))
    .fetch_one(connection)
    .await?;
    Ok(match (own, everybodys) {
        (Some(own), _) => (own != 0, Source::Own),
        (None, Some(everybodys)) => (everybodys == "1", Source::Administrator),
        (None, None) => (by_itself(kind, way), Source::Saker),
    })
}
