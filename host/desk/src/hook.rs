//! Telling webhooks: what is queued when something happened, and one try at posting it.
//!
//! Signed as <https://www.standardwebhooks.com> has it, so that ready-made libraries can verify.

use crate::{
    Desk, Result,
    access::{TicketFacts, may},
    clock::{DAY, MINUTE, SECOND},
    db::{Fact, Write, word},
    job::{Job, MOST_ATTEMPTS, Outcome, pause},
    model::*,
    outside::{HookAnswer, HookPost, Party, Sheet},
    role::May,
    webhook::SECRET_MARK,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

/// Whoever gets nothing for this long is told no more.
const PATIENCE: i64 = 3 * DAY;
/// Between two tries at an address that answers nobody.
const LONGEST_PAUSE: i64 = 15 * MINUTE;
/// Whoever lived there wants nothing more (RFC 9110, section 15.5.11).
const GONE: i64 = 410;
/// How long a webhook's log is kept.
const LOG_LIFE: i64 = 30 * DAY;
/// Bytes of an answer that are kept.
pub const KEPT_ANSWER: usize = 2_048;
/// Characters of a message that travel along; the rest is a call away.
const LONGEST_TEXT: usize = 4_000;

#[derive(sqlx::FromRow)]
struct Happened {
    at: i64,
    kind: String,
    ticket_id: Option<TicketId>,
    actor_kind: String,
    actor_name: String,
    cause: String,
    old: Option<String>,
    new: Option<String>,
}

#[derive(sqlx::FromRow)]
struct Said {
    id: MessageId,
    kind: String,
    access: String,
    author_name: String,
    text: String,
}

#[derive(sqlx::FromRow)]
struct Waiting {
    webhook_id: WebhookId,
    event_name: String,
    body: String,
    state: String,
    attempts: i64,
    answer: Option<String>,
    url: String,
    secret: String,
    enabled_at: Option<i64>,
    failing_since: Option<i64>,
    paused_until: Option<i64>,
}

impl Waiting {
    /// What somebody asked for by hand, a ping or a replay, is tried at once.
    fn may_wait(&self) -> bool {
        self.event_name != HookEvent::Ping.as_str() && (self.attempts > 0 || self.answer.is_none())
    }

    /// Whether the webhook is turned off by how this try went.
    fn ends_with(&self, tried: &Tried, now: i64) -> bool {
        let long = self.failing_since.is_some_and(|since| since < now - PATIENCE);
        self.enabled_at.is_some() && (tried.status == Some(GONE) || (tried.state != HookState::Sent && long))
    }
}

/// How one try went.
struct Tried {
    state: HookState,
    status: Option<i64>,
    text: String,
}

impl Tried {
    fn of(answer: HookAnswer, job: &Job) -> Tried {
        let never = matches!(answer, HookAnswer::Refused(_));
        let (status, text) = match answer {
            HookAnswer::Answered { status, body } => (Some(i64::from(status)), body),
            HookAnswer::Silent(why) | HookAnswer::Refused(why) => (None, why),
        };
        let state = match status {
            Some(200..300) => HookState::Sent,
            _ if never || status == Some(GONE) || job.attempts >= MOST_ATTEMPTS => HookState::Failed,
            _ => HookState::Queued,
        };
        Tried { state, status, text }
    }

    fn outcome(self) -> Outcome {
        match self.state {
            HookState::Sent => Outcome::Done,
            HookState::Failed => Outcome::GivenUp(self.text),
            HookState::Queued => Outcome::Again(self.status.map_or(self.text, |status| format!("status {status}"))),
        }
    }
}

/// A mail to whoever made a webhook.
struct Farewell {
    organisation: Organisation,
    to: Party,
    rendered: Rendered,
    language: Language,
}

impl Write {
    /// Queues an event for every webhook that asked for it and whose maker may read the request.
    pub(crate) async fn queue_hooks(&mut self, number: i64) -> Result<()> {
        let hooks: Vec<(WebhookId, AgentId, Option<i64>, String)> = sqlx::query_as(
            "select w.id, a.id, a.admin_at, w.events from webhook w join agent a on a.id = w.agent_id
             where w.enabled_at is not null and a.disabled_at is null order by w.id",
        )
        .fetch_all(self.sql())
        .await?;
        if hooks.is_empty() {
            return Ok(());
        }
        let happened: Option<Happened> = sqlx::query_as(
            "select at, kind, ticket_id, actor_kind, actor_name, cause, old, new from event where number = $1",
        )
        .bind(number)
        .fetch_optional(self.sql())
        .await?;
        let Some(happened) = happened else { return Ok(()) };
        let Some(ticket) = happened.ticket_id.clone() else { return Ok(()) };
        let names = HookEvent::of(word(&happened.kind)?);
        let mut snapshot = None;
        for (hook, agent, admin_at, events) in hooks {
            let asked = |name: &&HookEvent| events.split_whitespace().any(|event| event == name.as_str());
            let Some(name) = names.iter().find(asked) else { continue };
            let actor = Actor::Agent {
                id: agent,
                name: String::new(),
                admin: admin_at.is_some(),
                language: Language::default(),
                via: Via::Hand,
            };
            if !self.may_be_told(&actor, &ticket).await? || self.was_told(&hook, number).await? {
                continue;
            }
            if snapshot.is_none() {
                snapshot = Some(self.snapshot(number, &happened, &ticket).await?);
            }
            let mut body = snapshot.clone().unwrap_or_default();
            body["name"] = json!(name);
            self.queue_hook(&hook, number, *name, &body.to_string()).await?;
        }
        Ok(())
    }

    async fn may_be_told(&mut self, actor: &Actor, ticket: &TicketId) -> Result<bool> {
        let facts: Option<TicketFacts> = self.ticket_facts(ticket).await?;
        match facts {
            Some(facts) => Ok(may(self.sql(), actor, &facts).await? >= May::Read),
            None => Ok(false),
        }
    }

    /// A reaction that is begun again tells nobody twice.
    async fn was_told(&mut self, hook: &WebhookId, number: i64) -> Result<bool> {
        let before: Option<i64> =
            sqlx::query_scalar("select attempts from webhook_delivery where event = $1 and webhook_id = $2 limit 1")
                .bind(number)
                .bind(hook.clone())
                .fetch_optional(self.sql())
                .await?;
        Ok(before.is_some())
    }

    /// What happened and how the request stands: enough to decide on, small enough to send to many.
    async fn snapshot(&mut self, number: i64, happened: &Happened, ticket: &TicketId) -> Result<Value> {
        let kind: EventKind = word(&happened.kind)?;
        let mut body = json!({
            "event": number,
            "at": happened.at,
            "kind": kind,
            "actor": { "kind": happened.actor_kind, "name": happened.actor_name },
            "cause": happened.cause,
            "request": self.standing(ticket).await?,
            "changed": [],
        });
        if HookEvent::of(kind).contains(&HookEvent::MessageCreated) {
            body["message"] = self.said_at(ticket, happened.at).await?;
        } else if let Some(field) = field(kind) {
            body["changed"] = json!([{ "field": field, "old": happened.old, "new": happened.new }]);
        }
        Ok(body)
    }

    async fn standing(&mut self, ticket: &TicketId) -> Result<Value> {
        type Row = (i64, String, String, String, String, String, String, Option<String>, Option<String>, i64);
        let row: Row = sqlx::query_as(
            "select t.number, t.title, t.state, t.status_id, t.priority_id, t.category_id, t.access, t.owner_id, a.name, t.created_at
             from ticket t left join agent a on a.id = t.owner_id where t.id = $1",
        )
        .bind(ticket.clone())
        .fetch_one(self.sql())
        .await?;
        let owner = row.7.map(|id| json!({ "id": id, "name": row.8 }));
        Ok(json!({
            "id": ticket, "number": row.0, "title": row.1, "state": row.2, "status": row.3, "priority": row.4,
            "category": row.5, "access": row.6, "owner": owner, "created_at": row.9,
        }))
    }

    /// The message that an event is about: written in the same instant.
    async fn said_at(&mut self, ticket: &TicketId, at: i64) -> Result<Value> {
        let said: Option<Said> = sqlx::query_as(
            "select id, kind, access, author_name, text from message
             where ticket_id = $1 and created_at = $2 and taken_back_at is null order by id desc limit 1",
        )
        .bind(ticket.clone())
        .bind(at)
        .fetch_optional(self.sql())
        .await?;
        Ok(said.map_or(Value::Null, |said| {
            json!({
                "id": said.id, "kind": said.kind, "access": said.access, "author": said.author_name,
                "text": said.text.chars().take(LONGEST_TEXT).collect::<String>(),
            })
        }))
    }
}

/// What of a request an event is about, as the API calls it.
fn field(kind: EventKind) -> Option<&'static str> {
    use EventKind as E;
    Some(match kind {
        E::StatusChanged | E::Closed | E::Reopened | E::Postponed | E::Woken => "status",
        E::Accepted | E::Transferred | E::Released | E::Distributed | E::HandedOut => "owner",
        E::CategoryChanged => "category",
        E::PriorityChanged => "priority",
        E::TitleChanged => "title",
        E::TypeChanged => "type",
        E::AccessChanged => "access",
        E::FieldChanged => "fields",
        E::Tagged | E::Untagged => "tags",
        E::SaleChanged => "sale",
        E::ProjectChanged => "project",
        E::ContactAdded | E::ContactRemoved | E::MainContactChanged => "contacts",
        E::Related | E::Unrelated => "relations",
        E::TimeChanged => "minutes",
        E::ChargeChanged => "charge",
        E::MessageFlagged | E::MessageUnflagged | E::MessageRedacted | E::MessageChanged | E::MessageMoved => {
            "messages"
        }
        _ => return None,
    })
}

impl Desk {
    /// One try at posting one delivery.
    pub(crate) async fn deliver_hook(&self, job: &Job) -> Result<Outcome> {
        let id = WebhookDeliveryId(job.subject.clone());
        let waiting: Option<Waiting> = sqlx::query_as(
            "select d.webhook_id, d.name as event_name, d.body, d.state, d.attempts, d.answer, w.url, w.secret, w.enabled_at,
                    w.failing_since, w.paused_until
             from webhook_delivery d join webhook w on w.id = d.webhook_id where d.id = $1",
        )
        .bind(id.clone())
        .fetch_optional(self.read())
        .await?;
        // Deleted with its webhook, or sent by a worker that died before it could say so.
        let Some(waiting) = waiting.filter(|waiting| waiting.state == HookState::Queued.as_str()) else {
            return Ok(Outcome::Done);
        };
        let answer = if waiting.enabled_at.is_none() {
            HookAnswer::Refused("the webhook is turned off".to_owned())
        } else if waiting.may_wait() && waiting.paused_until.is_some_and(|until| until > self.clock().now()) {
            return Ok(Outcome::Again("the webhook answers nobody at the moment".to_owned()));
        } else {
            self.outside().post_hook(&self.signed(&id, &waiting)).await
        };
        self.note_hook(&id, &waiting, job, answer).await
    }

    fn signed(&self, id: &WebhookDeliveryId, waiting: &Waiting) -> HookPost {
        let at = self.clock().now() / SECOND;
        let headers = vec![
            ("content-type", "application/json".to_owned()),
            ("user-agent", format!("Saker/{}", env!("CARGO_PKG_VERSION"))),
            ("webhook-id", id.0.clone()),
            ("webhook-timestamp", at.to_string()),
            ("webhook-signature", signature(&waiting.secret, id, at, &waiting.body)),
        ];
        HookPost { url: waiting.url.clone(), headers, body: waiting.body.clone() }
    }

    async fn note_hook(
        &self,
        id: &WebhookDeliveryId,
        waiting: &Waiting,
        job: &Job,
        answer: HookAnswer,
    ) -> Result<Outcome> {
        let tried = Tried::of(answer, job);
        // Rendered before the pen is taken.
        let off = waiting.ends_with(&tried, self.clock().now());
        let farewell = if off { Some(self.farewell(&waiting.webhook_id).await?) } else { None };
        let mut write = self.write().await?;
        let now = write.now;
        let noted = sqlx::query(
            "update webhook_delivery set state = $2, attempts = $3, status = $4, answer = $5, sent_at = $6
             where id = $1 and state = 'queued'",
        )
        .bind(id.clone())
        .bind(tried.state.as_str())
        .bind(waiting.attempts + 1)
        .bind(tried.status)
        .bind(shorten_bytes(&tried.text))
        .bind((tried.state == HookState::Sent).then_some(now))
        .execute(write.sql())
        .await?;
        if waiting.enabled_at.is_some() {
            write.note_health(&waiting.webhook_id, tried.state == HookState::Sent).await?;
        }
        if let Some(farewell) = farewell
            && write.turn_off(&waiting.webhook_id).await?
        {
            let Farewell { organisation, to, rendered, language } = farewell;
            write.queue_notice(self, &organisation, to, rendered, language).await?;
        }
        self.commit(write).await?;
        // Turned off while this one was on its way, or by it: there is nothing to try again.
        if noted.rows_affected() == 0 || (off && tried.state == HookState::Queued) {
            return Ok(Outcome::GivenUp(tried.text));
        }
        Ok(tried.outcome())
    }

    /// What whoever made a webhook reads when it is turned off, in their language.
    async fn farewell(&self, id: &WebhookId) -> Result<Farewell> {
        let (agent, name, url): (AgentId, String, String) =
            sqlx::query_as("select agent_id, name, url from webhook where id = $1")
                .bind(id.clone())
                .fetch_one(self.read())
                .await?;
        let agent = self.agent(&agent).await?;
        let language = Language::from_tag(&agent.language).unwrap_or_default();
        let organisation = self.organisation().await?;
        let sheet = Sheet {
            template: "webhook-off".to_owned(),
            language,
            organisation: organisation.name.clone(),
            more: vec![("webhook".to_owned(), name), ("url".to_owned(), url)],
            ..self.empty_sheet()
        };
        let rendered = self.render(&sheet).await?;
        Ok(Farewell { organisation, to: Party { address: agent.email, name: agent.name }, rendered, language })
    }

    /// Forgets what is old in the logs. Looks before it takes the pen.
    pub(crate) async fn shorten_hook_logs(&self) -> Result<()> {
        let before = self.clock().now() - LOG_LIFE;
        let old: Option<i64> = sqlx::query_scalar(
            "select created_at from webhook_delivery where created_at < $1 and state <> 'queued' limit 1",
        )
        .bind(before)
        .fetch_optional(self.read())
        .await?;
        if old.is_none() {
            return Ok(());
        }
        let mut write = self.write().await?;
        sqlx::query("delete from webhook_delivery where created_at < $1 and state <> 'queued'")
            .bind(before)
            .execute(write.sql())
            .await?;
        write.commit().await
    }
}

impl Write {
    /// Keeps since when nothing gets through, and how long the next try waits.
    async fn note_health(&mut self, id: &WebhookId, good: bool) -> Result<()> {
        let now = self.now;
        let failures: i64 = sqlx::query_scalar(
            "update webhook set failing_since = case when $2 = 1 then null else coalesce(failing_since, $3) end,
                    failures = case when $2 = 1 then 0 else failures + 1 end where id = $1 returning failures",
        )
        .bind(id.clone())
        .bind(i64::from(good))
        .bind(now)
        .fetch_one(self.sql())
        .await?;
        sqlx::query("update webhook set paused_until = $2 where id = $1")
            .bind(id.clone())
            .bind((failures > 0).then(|| now + pause(failures).min(LONGEST_PAUSE)))
            .execute(self.sql())
            .await?;
        Ok(())
    }

    /// False when somebody else did so a moment ago.
    async fn turn_off(&mut self, id: &WebhookId) -> Result<bool> {
        let name: Option<String> = sqlx::query_scalar(
            "update webhook set enabled_at = null where id = $1 and enabled_at is not null returning name",
        )
        .bind(id.clone())
        .fetch_optional(self.sql())
        .await?;
        let Some(name) = name else { return Ok(false) };
        // What waits is given up with it, and can be sent again by hand.
        let now = self.now;
        sqlx::query(
            "update job set run_at = $2 where kind = 'hook' and done_at is null and failed_at is null and run_at > $2
               and subject in (select id from webhook_delivery where webhook_id = $1 and state = 'queued')",
        )
        .bind(id.clone())
        .bind(now)
        .execute(self.sql())
        .await?;
        sqlx::query(
            "update webhook_delivery set state = 'failed', answer = coalesce(answer, 'the webhook is turned off')
             where webhook_id = $1 and state = 'queued'",
        )
        .bind(id.clone())
        .execute(self.sql())
        .await?;
        let fact = Fact { old: Some(&name), data: Some(id.0.clone()), ..Fact::default() };
        self.record(&Actor::System, Cause::Clock, EventKind::SettingsChanged, fact).await?;
        Ok(true)
    }
}

/// `v1,` and the base64 of HMAC-SHA-256 over id, time and body, joined by dots.
fn signature(secret: &str, id: &WebhookDeliveryId, at: i64, body: &str) -> String {
    let key = STANDARD.decode(secret.trim_start_matches(SECRET_MARK)).unwrap_or_default();
    // HMAC takes keys of any length; `new_from_slice` can't fail for it.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&key) else { return String::new() };
    mac.update(format!("{id}.{at}.{body}").as_bytes());
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

fn shorten_bytes(text: &str) -> String {
    let mut end = text.len().min(KEPT_ANSWER);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end].replace('\0', "")
}

#[cfg(test)]
mod tests {
    use super::{shorten_bytes, signature};
    use crate::model::WebhookDeliveryId;

    /// The example of the Standard Webhooks specification.
    #[test]
    fn a_signature_is_the_one_that_ready_made_libraries_expect() {
        let id = WebhookDeliveryId::from("msg_p5jXN8AQM9LWM0D4loKWxJek");
        let signed = signature("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", &id, 1_614_265_330, "{\"test\": 2432232314}");
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn an_answer_is_cut_between_letters() {
        assert_eq!(shorten_bytes(&"ø".repeat(2_000)).len(), 2_048);
        assert_eq!(shorten_bytes(&format!("x{}", "ø".repeat(2_000))).len(), 2_047);
    }
}
