//! Who else is told of what happens, and the log of how that went. API-1, appendix C, number 23.

use crate::{
    Desk, Error, Result, Why,
    access::{administrator, staff},
    db::{Fact, Write, word},
    job::Kind,
    message::written,
    model::*,
    paged::{ASKED, page, passed},
    person::shorten,
};
use base64::{Engine, engine::general_purpose::STANDARD};

/// Webhooks that one agent may have.
const MOST_WEBHOOKS: i64 = 20;
/// What a secret begins with, as Standard Webhooks has it.
pub(crate) const SECRET_MARK: &str = "whsec_";

#[derive(sqlx::FromRow)]
struct HookRow {
    id: WebhookId,
    name: String,
    url: String,
    events: String,
    enabled_at: Option<i64>,
    failing_since: Option<i64>,
    created_at: i64,
    agent_id: AgentId,
    agent_name: String,
    agent_email: String,
}

#[derive(sqlx::FromRow)]
struct LogRow {
    id: WebhookDeliveryId,
    event: i64,
    name: String,
    body: String,
    state: String,
    attempts: i64,
    status: Option<i64>,
    answer: Option<String>,
    created_at: i64,
    sent_at: Option<i64>,
}

impl Desk {
    /// One's own webhooks by name; everybody's for an administrator.
    pub async fn webhooks(&self, actor: &Actor) -> Result<Vec<Webhook>> {
        let me = staff(actor)?;
        let rows: Vec<HookRow> = sqlx::query_as(
            "select w.id, w.name, w.url, w.events, w.enabled_at, w.failing_since, w.created_at,
                    a.id as agent_id, a.name as agent_name, a.email as agent_email
             from webhook w join agent a on a.id = w.agent_id where a.id = $1 or $2 = 1 order by w.name, w.id",
        )
        .bind(me.clone())
        .bind(i64::from(administrator(actor).is_ok()))
        .fetch_all(self.read())
        .await?;
        rows.into_iter().map(webhook).collect()
    }

    /// # Errors
    /// [`Error::NotFound`] for somebody else's, unless one is an administrator.
    pub async fn webhook(&self, actor: &Actor, id: &WebhookId) -> Result<Webhook> {
        self.webhooks(actor).await?.into_iter().find(|hook| hook.id == *id).ok_or(Error::NotFound)
    }

    /// Makes one, for oneself, with a fresh secret.
    pub async fn add_webhook(&self, actor: &Actor, new: NewWebhook) -> Result<MadeWebhook> {
        let me = staff(actor)?.clone();
        let checked = Checked::of(&new)?;
        let (id, secret) = (WebhookId::new(), fresh_secret());
        let mut write = self.write().await?;
        let there: i64 = sqlx::query_scalar("select count(*) from webhook where agent_id = $1")
            .bind(me.clone())
            .fetch_one(write.sql())
            .await?;
        if there >= MOST_WEBHOOKS {
            return Err(Error::invalid("name", Why::TooMany { most: MOST_WEBHOOKS as u32 }));
        }
        let now = write.now;
        sqlx::query(
            "insert into webhook (id, agent_id, name, url, secret, events, enabled_at, created_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(id.clone())
        .bind(me)
        .bind(checked.name.clone())
        .bind(checked.url)
        .bind(secret.clone())
        .bind(checked.events)
        .bind(new.enabled.then_some(now))
        .bind(now)
        .execute(write.sql())
        .await?;
        write.note_webhook(actor, None, Some(&checked.name), &id).await?;
        self.commit(write).await?;
        Ok(MadeWebhook { webhook: self.webhook(actor, &id).await?, secret })
    }

    /// Changes one. Turned on again, it begins anew: what it missed can be replayed.
    pub async fn save_webhook(&self, actor: &Actor, id: &WebhookId, new: NewWebhook) -> Result<Webhook> {
        let old = self.webhook(actor, id).await?;
        let checked = Checked::of(&new)?;
        let mut write = self.write().await?;
        let now = write.now;
        sqlx::query(
            "update webhook set name = $2, url = $3, events = $4,
                    enabled_at = case when $5 = 1 then coalesce(enabled_at, $6) else null end,
                    failing_since = case when $5 = 1 and enabled_at is null then null else failing_since end,
                    failures = 0, paused_until = null
             where id = $1",
        )
        .bind(id.clone())
        .bind(checked.name.clone())
        .bind(checked.url)
        .bind(checked.events)
        .bind(i64::from(new.enabled))
        .bind(now)
        .execute(write.sql())
        .await?;
        write.note_webhook(actor, Some(&old.name), Some(&checked.name), id).await?;
        self.commit(write).await?;
        self.webhook(actor, id).await
    }

    /// A fresh secret; the old one signs nothing from now on.
    pub async fn renew_secret(&self, actor: &Actor, id: &WebhookId) -> Result<MadeWebhook> {
        let webhook = self.webhook(actor, id).await?;
        let secret = fresh_secret();
        let mut write = self.write().await?;
        sqlx::query("update webhook set secret = $2 where id = $1")
            .bind(id.clone())
            .bind(secret.clone())
            .execute(write.sql())
            .await?;
        write.note_webhook(actor, Some(&webhook.name), Some(&webhook.name), id).await?;
        self.commit(write).await?;
        Ok(MadeWebhook { webhook, secret })
    }

    /// Takes it away, with its log.
    pub async fn delete_webhook(&self, actor: &Actor, id: &WebhookId) -> Result<()> {
        let webhook = self.webhook(actor, id).await?;
        let mut write = self.write().await?;
        sqlx::query("delete from webhook_delivery where webhook_id = $1").bind(id.clone()).execute(write.sql()).await?;
        sqlx::query("delete from webhook where id = $1").bind(id.clone()).execute(write.sql()).await?;
        write.note_webhook(actor, Some(&webhook.name), None, id).await?;
        self.commit(write).await
    }

    /// A page of its log, newest first.
    pub async fn hook_deliveries(
        &self,
        actor: &Actor,
        id: &WebhookId,
        after: Option<&str>,
    ) -> Result<Paged<HookDelivery>> {
        self.webhook(actor, id).await?;
        let (last, _) = passed(after, String::new())?;
        // Ids are in the order of their making.
        let rows: Vec<LogRow> = sqlx::query_as(
            "select id, event, name, body, state, attempts, status, answer, created_at, sent_at from webhook_delivery
             where webhook_id = $1 and ($2 = '' or id < $2) order by id desc limit $3",
        )
        .bind(id.clone())
        .bind(last)
        .bind(ASKED)
        .fetch_all(self.read())
        .await?;
        let placed = |row: LogRow| Ok(((row.id.to_string(), String::new()), delivery(row)?));
        page(rows.into_iter().map(placed).collect::<Result<_>>()?)
    }

    /// Posts one again, with the id and the body it had: whoever got it before can know.
    ///
    /// # Errors
    /// `Needed` while the webhook is turned off.
    pub async fn replay_hook(&self, actor: &Actor, id: &WebhookId, delivery: &WebhookDeliveryId) -> Result<()> {
        let webhook = self.webhook(actor, id).await?;
        if !webhook.enabled {
            return Err(Error::invalid("enabled", Why::Needed));
        }
        let mut write = self.write().await?;
        let again = sqlx::query(
            "update webhook_delivery set state = 'queued', attempts = 0 where id = $1 and webhook_id = $2 and state <> 'queued'",
        )
        .bind(delivery.clone())
        .bind(id.clone())
        .execute(write.sql())
        .await?;
        if again.rows_affected() == 0 {
            let waits: Option<i64> =
                sqlx::query_scalar("select attempts from webhook_delivery where id = $1 and webhook_id = $2")
                    .bind(delivery.clone())
                    .bind(id.clone())
                    .fetch_optional(write.sql())
                    .await?;
            // What still waits is on its way as it is.
            return waits.map(|_| ()).ok_or(Error::NotFound);
        }
        write.enqueue(Kind::Hook, delivery.as_str()).await?;
        self.commit(write).await
    }

    /// Queues something harmless, to try it out.
    pub async fn ping_webhook(&self, actor: &Actor, id: &WebhookId) -> Result<WebhookDeliveryId> {
        let webhook = self.webhook(actor, id).await?;
        if !webhook.enabled {
            return Err(Error::invalid("enabled", Why::Needed));
        }
        let mut write = self.write().await?;
        let body = serde_json::json!({ "event": 0, "name": HookEvent::Ping, "at": write.now, "webhook": webhook.name });
        let delivery = write.queue_hook(id, 0, HookEvent::Ping, &body.to_string()).await?;
        self.commit(write).await?;
        Ok(delivery)
    }
}

impl Write {
    async fn note_webhook(
        &mut self,
        actor: &Actor,
        old: Option<&str>,
        new: Option<&str>,
        id: &WebhookId,
    ) -> Result<()> {
        let fact = Fact { old, new, data: Some(id.0.clone()), ..Fact::default() };
        self.record(actor, Cause::Person, EventKind::SettingsChanged, fact).await?;
        Ok(())
    }

    pub(crate) async fn queue_hook(
        &mut self,
        hook: &WebhookId,
        event: i64,
        name: HookEvent,
        body: &str,
    ) -> Result<WebhookDeliveryId> {
        let id = WebhookDeliveryId::new();
        let now = self.now;
        sqlx::query(
            "insert into webhook_delivery (id, webhook_id, event, name, body, state, attempts, created_at)
             values ($1, $2, $3, $4, $5, 'queued', 0, $6)",
        )
        .bind(id.clone())
        .bind(hook.clone())
        .bind(event)
        .bind(name.as_str())
        .bind(body.to_owned())
        .bind(now)
        .execute(self.sql())
        .await?;
        self.enqueue(Kind::Hook, id.as_str()).await?;
        Ok(id)
    }
}

/// What somebody typed, looked through.
struct Checked {
    name: String,
    url: String,
    /// Separated by spaces.
    events: String,
}

impl Checked {
    fn of(new: &NewWebhook) -> Result<Checked> {
        let name = shorten(&written("name", &new.name, 100)?, 100);
        if new.events.is_empty() {
            return Err(Error::invalid("events", Why::Missing));
        }
        let mut events: Vec<&str> = new.events.iter().map(|event| event.as_str()).collect();
        events.sort_unstable();
        events.dedup();
        Ok(Checked { name, url: address_of(&new.url)?, events: events.join(" ") })
    }
}

/// Whether a row says these as somebody's typing would have made it.
pub(crate) fn is_sound(name: &str, url: &str, events: &str) -> Result<()> {
    let said: Vec<HookEvent> = events
        .split_whitespace()
        .map(|event| event.parse().map_err(|_| Error::invalid("events", Why::NotAChoice)))
        .collect::<Result<_>>()?;
    let typed = NewWebhook { name: name.to_owned(), url: url.to_owned(), events: said, enabled: false };
    let checked = Checked::of(&typed)?;
    let same = checked.name == name && checked.url == url && checked.events == events;
    if same { Ok(()) } else { Err(Error::invalid("events", Why::NotAChoice)) }
}

/// Where something can be posted at all. Which places are allowed is decided where it is posted, by their addresses.
fn address_of(url: &str) -> Result<String> {
    let url = url.trim();
    if url.is_empty() {
        return Err(Error::invalid("url", Why::Missing));
    }
    if url.len() > 2_000 {
        return Err(Error::invalid("url", Why::TooLong { most: 2_000 }));
    }
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    let host = rest.map(|rest| rest.split(['/', '?']).next().unwrap_or_default()).unwrap_or_default();
    let good = url.bytes().all(|byte| byte.is_ascii_graphic()) && !url.contains(['#', '\\', '"', '<', '>']);
    if !good || host.is_empty() || host.contains('@') {
        return Err(Error::invalid("url", Why::NotAChoice));
    }
    Ok(url.to_owned())
}

pub(crate) fn fresh_secret() -> String {
    format!("{SECRET_MARK}{}", STANDARD.encode(rand::random::<[u8; 32]>()))
}

fn webhook(row: HookRow) -> Result<Webhook> {
    Ok(Webhook {
        events: row.events.split_whitespace().map(word).collect::<Result<_>>()?,
        id: row.id,
        name: row.name,
        url: row.url,
        agent: AgentCard { id: row.agent_id, name: row.agent_name, email: row.agent_email },
        enabled: row.enabled_at.is_some(),
        failing_since: row.failing_since,
        created_at: row.created_at,
    })
}

fn delivery(row: LogRow) -> Result<HookDelivery> {
    Ok(HookDelivery {
        name: word(&row.name)?,
        state: word(&row.state)?,
        id: row.id,
        event: row.event,
        body: row.body,
        attempts: row.attempts,
        status: row.status,
        answer: row.answer,
        created_at: row.created_at,
        sent_at: row.sent_at,
    })
}

#[cfg(test)]
mod tests {
    use super::address_of;

    #[test]
    fn only_what_can_be_posted_to_is_an_address() {
        assert!(address_of(" https://hooks.example/saker?x=1 ").is_ok());
        for bad in [
            "",
            "hooks.example",
            "ftp://hooks.example",
            "https://",
            "https://a:b@hooks.example/",
            "https://x/#a",
            "https://x y",
        ] {
            assert!(address_of(bad).is_err(), "{bad}");
        }
    }
}
