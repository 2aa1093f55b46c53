//! Plugins that think along: which there are, what they are asked, and when. Each question is a job of its own, so that one
//! that is slow or fails keeps no other from being asked.

use crate::{
    Desk, Error, Result, Why,
    access::administrator,
    channel::{Failure, Filled, LANGUAGE},
    db::{Fact, Write, word},
    job::{Job, Kind, Outcome},
    model::*,
    outside::{Party, Unreadable},
    person::shorten,
    seal,
};
use package::Interface;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Times that one question is asked: over a day, in which a plugin that switched itself off has been tried again.
const MOST_ATTEMPTS: i64 = 14;

/// A plugin that is asked, with its settings, and its secrets in the open. Never leaves the host.
#[derive(Clone, Debug)]
pub struct Mind {
    pub plugin: PluginId,
    pub settings: serde_json::Map<String, serde_json::Value>,
    pub secrets: BTreeMap<String, String>,
}

/// A request, as a plugin may see one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Glimpse {
    pub number: i64,
    pub title: String,
    pub status: String,
    pub priority: String,
    pub category: String,
    /// The main contact's company.
    pub organisation: String,
    /// Address of whoever has it; empty for nobody.
    pub owner: String,
    pub state: String,
    pub created_at: i64,
    pub tags: Vec<String>,
    pub url: String,
    pub customer: Party,
    /// The customer's last message.
    pub said: String,
    pub said_at: Option<i64>,
    /// BCP 47, of the main contact.
    pub language: String,
}

/// One question to one plugin: the subject of a job.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Question {
    plugin: PluginId,
    about: About,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum About {
    /// What is this request about, by its customer's last message?
    Request(TicketId),
    Person(PersonId),
    /// The event's number.
    Event(i64),
}

/// Which plugin a job asks.
pub(crate) fn asked(subject: &str) -> Result<PluginId> {
    Ok(serde_json::from_str::<Question>(subject)?.plugin)
}

/// Plugins that think along now, and how.
pub(crate) struct Minds(Vec<(PluginId, Vec<Interface>)>);

#[derive(sqlx::FromRow)]
struct GlimpseRow {
    number: i64,
    title: String,
    state: String,
    status: String,
    priority: String,
    category: String,
    organisation: Option<String>,
    owner: Option<String>,
    created_at: i64,
    person: Option<String>,
    address: Option<String>,
    sender: String,
    language: Option<String>,
}

impl Desk {
    /// Which plugins have a mind, and are not switched off by anybody.
    pub(crate) async fn minds(&self) -> Result<Minds> {
        let rows: Vec<(PluginId, String)> = sqlx::query_as(
            "select p.id, v.exports from plugin p join plugin_version v on v.plugin_id = p.id and v.hash = p.hash
             where p.off_at is null and (' ' || v.exports || ' ' like '% classifier %'
               or ' ' || v.exports || ' ' like '% enricher %' or ' ' || v.exports || ' ' like '% automation %')
             order by p.installed_at, p.id",
        )
        .fetch_all(self.read())
        .await?;
        let read = |exports: String| exports.split_whitespace().filter_map(Interface::named).collect();
        Ok(Minds(rows.into_iter().map(|(id, exports)| (id, read(exports))).collect()))
    }

    async fn mind(&self, id: &PluginId) -> Result<Option<Mind>> {
        let row: Option<(String, String)> =
            sqlx::query_as("select settings, secrets from plugin where id = $1 and off_at is null")
                .bind(id.clone())
                .fetch_optional(self.read())
                .await?;
        let Some((settings, secrets)) = row else { return Ok(None) };
        Ok(Some(Mind {
            plugin: id.clone(),
            settings: self.completed(id, &settings).await?,
            secrets: self.unsealed(id, &secrets)?,
        }))
    }

    fn unsealed(&self, id: &PluginId, sealed: &str) -> Result<BTreeMap<String, String>> {
        match sealed {
            "" => Ok(BTreeMap::new()),
            sealed => Ok(serde_json::from_str(&seal::open(self.secret(), id.as_str(), sealed)?)?),
        }
    }

    /// Asks one plugin one thing.
    pub(crate) async fn think(&self, job: &Job) -> Result<Outcome> {
        let question: Question = serde_json::from_str(&job.subject)?;
        let Some(mind) = self.mind(&question.plugin).await? else { return Ok(Outcome::Done) };
        let answered = match &question.about {
            About::Request(ticket) => self.form_opinions(&mind, ticket).await?,
            About::Person(person) => self.find_out(&mind, person).await?,
            About::Event(number) => self.react_by(&mind, *number).await?,
        };
        Ok(match answered {
            Ok(()) => Outcome::Done,
            Err(why) if job.attempts >= MOST_ATTEMPTS || !why.for_now => Outcome::GivenUp(why.words),
            Err(why) => Outcome::Again(why.words),
        })
    }

    /// A request as plugins see it; none for one that is gone.
    pub(super) async fn glimpse(&self, ticket: &TicketId) -> Result<Option<Glimpse>> {
        let row: Option<GlimpseRow> = sqlx::query_as(
            "select t.number, t.title, t.state, s.en as status, y.en as priority, c.name as category,
                    o.name as organisation, a.email as owner, t.created_at, p.name as person,
                    (select e.address from person_email e where e.person_id = t.person_id order by e.position limit 1) as address,
                    t.sender, p.language
             from ticket t join status s on s.id = t.status_id join priority y on y.id = t.priority_id
             join category c on c.id = t.category_id left join company o on o.id = t.company_id
             left join agent a on a.id = t.owner_id left join person p on p.id = t.person_id
             where t.id = $1 and t.state not in ('linked', 'deleted')",
        )
        .bind(ticket.clone())
        .fetch_optional(self.read())
        .await?;
        let Some(row) = row else { return Ok(None) };
        let said: Option<(String, i64)> = sqlx::query_as(
            "select text, created_at from message where ticket_id = $1 and kind = 'enquiry' and taken_back_at is null
             order by created_at desc, id desc limit 1",
        )
        .bind(ticket.clone())
        .fetch_optional(self.read())
        .await?;
        let tags: Vec<String> = sqlx::query_scalar(
            "select g.name from ticket_tag t join tag g on g.id = t.tag_id where t.ticket_id = $1 order by g.folded",
        )
        .bind(ticket.clone())
        .fetch_all(self.read())
        .await?;
        let (said, said_at) = said.map_or((String::new(), None), |(text, at)| (text, Some(at)));
        Ok(Some(Glimpse {
            url: format!("{}/desk/r/{}", self.public_url(), row.number),
            number: row.number,
            title: row.title,
            status: row.status,
            priority: row.priority,
            category: row.category,
            organisation: row.organisation.unwrap_or_default(),
            owner: row.owner.unwrap_or_default(),
            state: row.state,
            created_at: row.created_at,
            tags,
            customer: Party { address: row.address.unwrap_or_default(), name: row.person.unwrap_or(row.sender) },
            said,
            said_at,
            language: row.language.unwrap_or_default(),
        }))
    }

    /// The settings of a plugin that has no accounts; of secrets only which are set.
    pub async fn plugin_settings(&self, actor: &Actor, id: &PluginId) -> Result<PluginSettings> {
        administrator(actor)?;
        let (settings, secrets): (String, String) =
            sqlx::query_as("select settings, secrets from plugin where id = $1")
                .bind(id.clone())
                .fetch_one(self.read())
                .await?;
        let set = self.unsealed(id, &secrets)?.into_keys().map(|name| (name, String::new())).collect();
        Ok(PluginSettings { settings: self.completed(id, &settings).await?, secrets: set })
    }

    /// Changes them. Secrets that are left out stay.
    ///
    /// # Errors
    /// `settings.NAME` and `secrets.NAME` for what the plugin's form does not take; `settings` with the plugin's words, where it
    /// can't work with them.
    pub async fn save_plugin_settings(&self, actor: &Actor, id: &PluginId, new: PluginSettings) -> Result<()> {
        administrator(actor)?;
        let manifest = self.manifest(id).await?;
        let before: String = sqlx::query_scalar("select secrets from plugin where id = $1")
            .bind(id.clone())
            .fetch_one(self.read())
            .await?;
        let filled = Filled::of(&manifest, &new.settings, &new.secrets, &self.unsealed(id, &before)?)?;
        self.check_settings(actor, id, &filled).await?;
        let secrets = seal::seal(self.secret(), id.as_str(), &serde_json::to_string(&filled.secrets)?)?;
        let mut write = self.write().await?;
        sqlx::query("update plugin set settings = $2, secrets = $3 where id = $1")
            .bind(id.clone())
            .bind(serde_json::to_string(&filled.settings)?)
            .bind(secrets)
            .execute(write.sql())
            .await?;
        let fact = Fact { new: Some(&manifest.name.en), data: Some(id.0.clone()), ..Fact::default() };
        write.record(actor, Cause::Person, EventKind::SettingsChanged, fact).await?;
        self.commit(write).await
    }

    /// Asks the plugin itself, where it has an opinion. One that does not run, or whose remote is away, keeps nobody from
    /// saving.
    async fn check_settings(&self, actor: &Actor, id: &PluginId, filled: &Filled) -> Result<()> {
        let (mut settings, secrets) = (filled.settings.clone(), filled.secrets.clone());
        settings.insert(LANGUAGE.to_owned(), self.profile(actor).await?.language.tag().into());
        match self.outside().check_mind(&Mind { plugin: id.clone(), settings, secrets }).await {
            Err(Failure::Setup(words) | Failure::Refused(words)) => {
                Err(Error::invalid("settings", Why::Unfit { words: shorten(&words, 300), flaw: None }))
            }
            _ => Ok(()),
        }
    }
}

impl Write {
    /// Queues what plugins are asked because of an event. None is asked about what it did itself, and what a plugin did is
    /// no question to the others: they would set each other off.
    pub(crate) async fn ask_minds(&mut self, number: i64, minds: &Minds) -> Result<()> {
        if minds.0.is_empty() {
            return Ok(());
        }
        let event: Option<(String, Option<TicketId>, String, Option<PersonId>)> = sqlx::query_as(
            "select e.kind, e.ticket_id, e.actor_kind, t.person_id from event e left join ticket t on t.id = e.ticket_id
             where e.number = $1",
        )
        .bind(number)
        .fetch_optional(self.sql())
        .await?;
        let Some((kind, Some(ticket), by, person)) = event else { return Ok(()) };
        let kind: EventKind = word(&kind)?;
        // A request that comes in is told of twice, as opened and as heard from.
        let heard = kind == EventKind::EnquiryReceived || kind == EventKind::TicketOpened && by != "agent";
        for (plugin, does) in &minds.0 {
            let mut about = vec![];
            if heard && does.contains(&Interface::Classifier) {
                about.push(About::Request(ticket.clone()));
            }
            if let Some(person) = person.as_ref().filter(|_| heard || kind == EventKind::TicketOpened)
                && does.contains(&Interface::Enricher)
                && self.is_to_be_asked(plugin, person).await?
            {
                about.push(About::Person(person.clone()));
            }
            if does.contains(&Interface::Automation) && by != "plugin" {
                about.push(About::Event(number));
            }
            for about in about {
                let question = Question { plugin: plugin.clone(), about };
                self.enqueue(Kind::Think, &serde_json::to_string(&question)?).await?;
            }
        }
        Ok(())
    }

    /// A plugin is asked anew about somebody.
    pub(super) async fn ask_about(&mut self, plugin: &PluginId, person: &PersonId) -> Result<()> {
        let question = Question { plugin: plugin.clone(), about: About::Person(person.clone()) };
        self.enqueue(Kind::Think, &serde_json::to_string(&question)?).await
    }
}

impl Minds {
    /// Those that find things out about people.
    pub(super) fn enrichers(&self) -> impl Iterator<Item = &PluginId> {
        self.0.iter().filter(|(_, does)| does.contains(&Interface::Enricher)).map(|(id, _)| id)
    }
}

/// What an answer came to: nothing more to do, or why there is none.
pub(super) type Answered = std::result::Result<(), Unreadable>;

/// What can't be done is the plugin's mistake, unless it is ours.
pub(super) fn mistaken(error: Error) -> Result<Unreadable> {
    match error {
        Error::Internal { .. } => Err(error),
        other => Ok(Unreadable::new(other.to_string())),
    }
}
