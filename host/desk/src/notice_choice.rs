//! In which ways each agent hears of what. Section 18: per user, per event, per way.

use crate::{
    Desk, Result,
    access::{administrator, staff},
    db::{Fact, Write},
    model::*,
    several::found_for,
};
use std::collections::HashMap;

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
        let chosen = chosen(&mut *self.read().acquire().await?, std::slice::from_ref(me)).await?;
        Ok(all().map(|(kind, way)| chosen.of(Some(me), kind, way)).collect())
    }

    /// What holds for whoever has not chosen.
    pub async fn notice_defaults(&self, actor: &Actor) -> Result<Vec<NoticeChoice>> {
        administrator(actor)?;
        let chosen = chosen(&mut *self.read().acquire().await?, &[]).await?;
        Ok(all().map(|(kind, way)| chosen.of(None, kind, way)).collect())
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
    /// What these agents want to hear of, and how.
    pub(crate) async fn notices_chosen(&mut self, agents: &[AgentId]) -> Result<Chosen> {
        chosen(self.sql(), agents).await
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

/// What some agents chose for themselves, and the administrator for everybody.
pub(crate) struct Chosen {
    own: HashMap<(AgentId, String, String), bool>,
    /// By the name of the setting.
    everybodys: HashMap<String, bool>,
}

impl Chosen {
    pub(crate) fn wants(&self, agent: &AgentId, kind: NoticeKind, way: Way) -> bool {
        self.of(Some(agent), kind, way).wanted
    }

    /// The agent's own, else the administrator's, else Saker's.
    fn of(&self, agent: Option<&AgentId>, kind: NoticeKind, way: Way) -> NoticeChoice {
        let own = agent.and_then(|agent| self.own.get(&(agent.clone(), kind.to_string(), way.to_string())));
        let (wanted, from) = match (own, self.everybodys.get(&setting(kind, way))) {
            (Some(own), _) => (*own, Source::Own),
            (None, Some(everybodys)) => (*everybodys, Source::Administrator),
            (None, None) => (by_itself(kind, way), Source::Saker),
        };
        NoticeChoice { kind, way, wanted, from }
    }
}

async fn chosen(connection: &mut sqlx::AnyConnection, agents: &[AgentId]) -> Result<Chosen> {
    let own: Vec<(AgentId, String, String, i64)> =
        found_for(connection, "select agent_id, kind, way, wanted from notice_choice where agent_id in ({})", agents)
            .await?;
    let everybodys: Vec<(String, String)> =
        sqlx::query_as("select name, value from setting where name like 'notice.%'").fetch_all(connection).await?;
    Ok(Chosen {
        own: own.into_iter().map(|(agent, kind, way, wanted)| ((agent, kind, way), wanted != 0)).collect(),
        everybodys: everybodys.into_iter().map(|(name, value)| (name, value == "1")).collect(),
    })
}
