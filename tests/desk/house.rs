//! A desk with the people of the acceptance scenarios, before a world that does as it is told. Section D.
//!
//! The clock stands still at Tuesday 24 November 2026, 10:00 in Oslo, until a story moves it.

use anyhow::{Context, Result, ensure};
use desk::{
    Desk, Place, Running,
    clock::{Clock, MINUTE},
    mailbox::Mailbox,
    model::*,
    outside::{
        Arrival, Boxed, Envelope, HookAnswer, HookPost, Inbound, Outside, Parcel, Party, Sent, Sheet, Unreadable,
    },
    person::{NewCompany, NewContact},
    settings::{NewAgent, NewCategory, NewMailbox},
};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use crate::postgres::Database;

/// Tuesday 24 November 2026, 10:00 in Oslo, in Unix microseconds.
pub const TUESDAY_TEN: i64 = 1_795_510_800 * 1_000_000;
pub const MAILBOX: &str = "support@company.com";

/// Mail that is read is what was put in; mail that should leave is kept.
#[derive(Default)]
pub struct World {
    /// What raw bytes mean, by what they are.
    inbound: Mutex<HashMap<Vec<u8>, Inbound>>,
    arriving: Mutex<Option<Vec<u8>>>,
    pub sent: Mutex<Vec<Parcel>>,
    /// What was posted to webhooks, and the status that each of them answers; 0 is silence.
    pub posted: Mutex<Vec<HookPost>>,
    pub answers: Mutex<u16>,
    /// Whom each mail was handed over for.
    pub handed: Mutex<Vec<String>>,
    /// Whether no template can be rendered now.
    pub speechless: Mutex<bool>,
    /// Why no mail can be written now.
    pub unwritable: Mutex<Option<Unreadable>>,
}

impl Outside for World {
    fn read<'a>(&'a self, _: &'a Arrival) -> Boxed<'a, Result<Vec<Inbound>, Unreadable>> {
        Box::pin(async move {
            let raw = self.arriving.lock().unwrap().take().unwrap_or_default();
            match self.inbound.lock().unwrap().get(&raw) {
                Some(inbound) => Ok(vec![inbound.clone()]),
                None => Err(Unreadable::new("no such mail".to_owned())),
            }
        })
    }

    fn compose<'a>(&'a self, parcel: &'a Parcel) -> Boxed<'a, Result<Vec<u8>, Unreadable>> {
        if let Some(why) = self.unwritable.lock().unwrap().clone() {
            return Box::pin(async { Err(why) });
        }
        self.sent.lock().unwrap().push(parcel.clone());
        Box::pin(async { Ok(b"Subject: Hei\r\n\r\n".to_vec()) })
    }

    fn send<'a>(&'a self, envelope: &'a Envelope, _: &'a [u8]) -> Boxed<'a, Sent> {
        self.handed.lock().unwrap().extend(envelope.to.iter().cloned());
        Box::pin(async { Sent::Accepted })
    }

    fn templates<'a>(&'a self, _: Language) -> Boxed<'a, Result<Vec<TemplateCard>, Unreadable>> {
        let title = Named { id: "solution".to_owned(), nb: "Løsning".to_owned(), en: "Solution".to_owned() };
        let days =
            r#"{ "type": "object", "properties": { "days": { "type": "integer", "minimum": 1, "maximum": 30 } } }"#;
        let asks = SettingsForm::of_params(days).map_err(|trouble| Unreadable::new(trouble.words));
        Box::pin(async { Ok(vec![TemplateCard { name: "solution".to_owned(), title, asks: asks? }]) })
    }

    fn post_hook<'a>(&'a self, post: &'a HookPost) -> Boxed<'a, HookAnswer> {
        self.posted.lock().unwrap().push(post.clone());
        let answer = match *self.answers.lock().unwrap() {
            0 => HookAnswer::Silent("nobody is there".to_owned()),
            status => HookAnswer::Answered { status, body: "ø".repeat(3_000) },
        };
        Box::pin(async { answer })
    }

    /// The draft itself, or what the template is called and what more it is given.
    fn render<'a>(&'a self, sheet: &'a Sheet) -> Boxed<'a, Result<Rendered, Unreadable>> {
        if *self.speechless.lock().unwrap() {
            return Box::pin(async { Err(Unreadable::new("no template can be rendered")) });
        }
        if sheet.template == "house-style" {
            return Box::pin(async { frame(sheet) });
        }
        let number = sheet.ticket_number.map(|n| format!(" [Sak #{n}]")).unwrap_or_default();
        let more: String = sheet.more.iter().map(|(name, value)| format!("\n{name}={value}")).collect();
        let text = sheet.draft.clone().unwrap_or_else(|| format!("{}{more}", sheet.template));
        let quote = sheet.quote.as_ref().map(|(_, _, text)| format!("<blockquote>{text}</blockquote>"));
        let rendered = Rendered {
            subject: Some(format!("{}{number}", sheet.ticket_title)),
            html: format!(
                "<p>{text}</p><p>{}</p><a href=\"{}\">Sak</a>{}",
                sheet.signature,
                sheet.ticket_url,
                quote.unwrap_or_default()
            ),
            text,
            language: sheet.language,
            warnings: vec![],
        };
        Box::pin(async { Ok(rendered) })
    }
}

/// The frame with the mail in it, as the templates' plugin would put it there.
fn frame(sheet: &Sheet) -> Result<Rendered, Unreadable> {
    let said =
        |name: &str| sheet.more.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone()).unwrap_or_default();
    let fill = |style: &str, body: &str| match said(style) {
        style if style.is_empty() => Ok(said(body)),
        style if style.matches("{{").count() != style.matches("}}").count() => {
            Err(Unreadable::new("a brace is not closed".to_owned()))
        }
        style => Ok(style.replace("{{ body }}", &said(body)).replace("{{ organisation }}", &sheet.organisation)),
    };
    let (html, text) = (fill("style-html", "body-html")?, fill("style-text", "body-text")?);
    Ok(Rendered { subject: None, html, text, language: sheet.language, warnings: vec![] })
}

/// A desk as it is first started, and an administrator.
pub struct Empty {
    pub desk: Desk,
    pub eva: Actor,
    _running: Running,
    _folder: tempfile::TempDir,
    _database: Option<Database>,
}

impl Empty {
    pub async fn open() -> Result<Empty> {
        let folder = tempfile::tempdir()?;
        let database = Database::create(async |_| Ok(())).await?;
        let place = place(&folder, database.as_ref(), &Clock::fixed(TUESDAY_TEN));
        let (desk, idle) = Desk::open(place, Arc::new(World::default())).await?;
        let new =
            NewAgent { name: "Eva".into(), email: "eva@other.example".into(), admin: true, ..NewAgent::default() };
        let eva = desk.add_agent(&Actor::System, new).await?;
        let eva = desk.agent_actor(&eva).await?;
        Ok(Empty { desk, eva, _running: idle.begin(), _folder: folder, _database: database })
    }

    /// What the rows say, for what no verb tells: one text each.
    pub async fn texts(&self, sql: &'static str) -> Result<Vec<String>> {
        Ok(sqlx::query_scalar(sql).fetch_all(self.desk.db().read()).await?)
    }
}

/// Everything that runs, and what is thrown away with it.
pub struct House {
    pub desk: Desk,
    pub clock: Clock,
    pub world: Arc<World>,
    /// Has all rights.
    pub eva: Actor,
    /// Members of *Brukerstøtte*.
    pub ane: Actor,
    pub bo: Actor,
    /// Member of *Faktura*.
    pub cia: Actor,
    /// Member of *Brukerstøtte*; its administrator where a story says so.
    pub dag: Actor,
    pub support: CategoryId,
    pub invoices: CategoryId,
    pub kari: PersonId,
    _running: Running,
    folder: tempfile::TempDir,
    _database: Option<Database>,
}

impl House {
    pub async fn open() -> Result<House> {
        let folder = tempfile::tempdir()?;
        let database = Database::create(async |_| Ok(())).await?;
        let clock = Clock::fixed(TUESDAY_TEN);
        let place = place(&folder, database.as_ref(), &clock);
        let world = Arc::new(World::default());
        let (desk, idle) = Desk::open(place, world.clone()).await?;
        let running = idle.begin();

        let mut agents = vec![];
        for (name, admin) in [("Ane", false), ("Bo", false), ("Cia", false), ("Dag", false), ("Eva", true)] {
            let email = format!("{}@company.com", name.to_lowercase());
            let new = NewAgent { name: name.to_owned(), email, language: Language::Nb, admin, ..NewAgent::default() };
            let id = desk.add_agent(&Actor::System, new).await?;
            agents.push(desk.agent_actor(&id).await?);
        }
        let [ane, bo, cia, dag, eva]: [Actor; 5] = agents.try_into().ok().context("five agents")?;
        let id = |actor: &Actor| actor.agent().cloned().context("an agent");
        let support = desk.choices(&eva).await?.categories.first().context("no category")?.id.clone();
        desk.join_category(&eva, &support, &[id(&ane)?, id(&bo)?, id(&dag)?]).await?;
        let invoices = NewCategory {
            name: "Faktura".to_owned(),
            nb: "Faktura".to_owned(),
            en: "Invoice".to_owned(),
            members: vec![id(&cia)?],
            ..NewCategory::default()
        };
        let invoices = desk.add_category(&eva, invoices).await?;
        let mailbox = NewMailbox {
            address: MAILBOX.to_owned(),
            name: "Support".to_owned(),
            category: support.clone(),
            imap: None,
            silent: false,
        };
        desk.add_mailbox(&eva, mailbox).await?;
        // Stories of what is sent don't wait for it; those of calling back say so.
        desk.hold_replies(&eva, 0).await?;
        let fjord = NewCompany { name: "Fjord AS".to_owned(), domain: Some("fjord.no".to_owned()) };
        let fjord = desk.add_company(&eva, fjord).await?;
        let kari = NewContact {
            name: "Kari Nordmann".to_owned(),
            emails: vec!["kari@fjord.no".to_owned()],
            phones: vec!["+47 900 00 001".to_owned()],
            language: Language::Nb,
            company: Some(fjord),
        };
        let kari = desk.add_contact(&eva, kari).await?;
        Ok(House {
            desk,
            clock,
            world,
            eva,
            ane,
            bo,
            cia,
            dag,
            support,
            invoices,
            kari,
            _running: running,
            folder,
            _database: database,
        })
    }

    /// Stops everything that runs, and starts it again on what was kept.
    pub async fn restart(self) -> Result<House> {
        let House { desk, _running, .. } = self;
        _running.stop().await;
        drop(desk);
        let place = place(&self.folder, self._database.as_ref(), &self.clock);
        let (desk, idle) = Desk::open(place, self.world.clone()).await?;
        Ok(House { desk, _running: idle.begin(), ..self })
    }

    /// A request that Kari sends by mail, with this subject.
    pub async fn request(&self, subject: &str) -> Result<Ticket> {
        self.mail("kari@fjord.no", subject, "Den står stille.").await?;
        self.rest().await?;
        self.latest().await
    }

    /// A mail from outside that belongs to nothing yet; its Message-Id.
    pub async fn mail(&self, from: &str, subject: &str, text: &str) -> Result<String> {
        self.mail_to(&self.mailbox().await?.id, from, subject, text).await
    }

    /// The same, by a mailbox of one's choice.
    pub async fn mail_to(&self, account: &AccountId, from: &str, subject: &str, text: &str) -> Result<String> {
        let name = format!("{}@{}", MessageId::new(), from.rsplit('@').next().unwrap_or_default());
        let inbound = Inbound {
            external_id: name.clone(),
            from: Party { address: from.to_owned(), name: String::new() },
            to: vec![Party { address: MAILBOX.to_owned(), name: String::new() }],
            subject: Some(subject.to_owned()),
            text: text.to_owned(),
            ..Inbound::default()
        };
        self.receive_by(account, inbound).await?;
        Ok(name)
    }

    /// An answer to the latest mail that left to this address.
    pub async fn answer(&self, from: &str, text: &str) -> Result<()> {
        let parcel = self.sent().into_iter().rev().find(|parcel| parcel.to.iter().any(|to| to.address == from));
        let parcel = parcel.with_context(|| format!("nothing was sent to {from}"))?;
        let inbound = Inbound {
            external_id: format!("{}@answers.example", MessageId::new()),
            from: Party { address: from.to_owned(), name: String::new() },
            to: vec![parcel.from],
            subject: Some(format!("SV: {}", parcel.subject)),
            text: text.to_owned(),
            in_reply_to: vec![parcel.message_id],
            ..Inbound::default()
        };
        self.receive(inbound).await?;
        self.rest().await
    }

    /// Any mail at all. Only one is on its way in at a time.
    pub async fn receive(&self, inbound: Inbound) -> Result<()> {
        self.receive_by(&self.mailbox().await?.id, inbound).await
    }

    /// The same, by a mailbox of one's choice.
    pub async fn receive_by(&self, account: &AccountId, inbound: Inbound) -> Result<()> {
        let raw = format!("{} {}", inbound.external_id, MessageId::new()).into_bytes();
        self.receive_bytes(account, inbound, raw).await
    }

    /// The same, from these bytes.
    pub async fn receive_bytes(&self, account: &AccountId, inbound: Inbound, raw: Vec<u8>) -> Result<()> {
        let envelope = Envelope { from: inbound.from.address.clone(), to: vec![MAILBOX.to_owned()] };
        self.world.inbound.lock().unwrap().insert(raw.clone(), inbound);
        *self.world.arriving.lock().unwrap() = Some(raw.clone());
        Ok(self.desk.post_mail(account, envelope, raw).await?)
    }

    pub async fn mailbox(&self) -> Result<Mailbox> {
        self.desk.mailboxes().await?.into_iter().next().context("no mailbox")
    }

    /// The request with the highest number.
    pub async fn latest(&self) -> Result<Ticket> {
        let rows = self.desk.list(&self.eva, List::Latest, None).await?.rows;
        let number = rows.iter().map(|row| row.number).max().context("no request")?;
        self.ticket(number).await
    }

    /// All that stands in a customer's own list, on all of its pages: open ones first.
    pub async fn own_requests(&self, actor: &Actor) -> Result<Vec<CustomerRow>> {
        let mut rows = vec![];
        for solved in [false, true] {
            let mut after = None;
            loop {
                let list = self.desk.customer_tickets(actor, solved, after.as_deref()).await?;
                rows.extend(list.rows);
                ensure!(list.next != after || after.is_none(), "the same page again");
                after = list.next;
                if after.is_none() {
                    ensure!(
                        rows.len() as i64 == list.open + if solved { list.solved } else { 0 },
                        "{} rows",
                        rows.len()
                    );
                    break;
                }
            }
        }
        Ok(rows)
    }

    /// As an administrator sees it.
    pub async fn ticket(&self, number: i64) -> Result<Ticket> {
        Ok(self.desk.ticket(&self.eva, number).await?)
    }

    /// A status by its English name.
    pub async fn status(&self, name: &str) -> Result<StatusId> {
        let statuses = self.desk.choices(&self.eva).await?.statuses;
        Ok(statuses.into_iter().find(|status| status.en == name).with_context(|| format!("no status {name}"))?.id)
    }

    pub async fn priority(&self, name: &str) -> Result<PriorityId> {
        let priorities = self.desk.choices(&self.eva).await?.priorities;
        Ok(priorities.into_iter().find(|p| p.en == name).with_context(|| format!("no priority {name}"))?.id)
    }

    /// Mail that left, oldest first.
    pub fn sent(&self) -> Vec<Parcel> {
        self.world.sent.lock().unwrap().clone()
    }

    /// Whom mail was handed over for, oldest first.
    pub fn handed(&self) -> Vec<String> {
        self.world.handed.lock().unwrap().clone()
    }

    /// Lets time pass, and does what is due by then.
    pub async fn pass(&self, minutes: i64) -> Result<()> {
        self.clock.advance(minutes * MINUTE);
        self.desk.tick().await?;
        self.rest().await
    }

    /// Makes every kept file one that was put two hours ago: a disk has a clock of its own.
    pub fn let_bytes_age(&self) -> Result<()> {
        let before = std::time::SystemTime::now() - Duration::from_secs(7_200);
        for folder in std::fs::read_dir(self.folder.path().join("blobs"))? {
            let folder = folder?.path();
            // Beside the folders lies what the store is called.
            for file in std::fs::read_dir(&folder).into_iter().flatten() {
                std::fs::File::open(file?.path())?.set_modified(before)?;
            }
        }
        Ok(())
    }

    /// Waits until nothing is left to do now.
    pub async fn rest(&self) -> Result<()> {
        for _ in 0..3_000 {
            if self.desk.open_jobs().await? == 0 {
                self.desk.settle_index().await?;
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        anyhow::bail!("jobs were left after 30 seconds")
    }

    /// What the rows say, for what no verb tells: one text each.
    pub async fn texts(&self, sql: &'static str) -> Result<Vec<String>> {
        Ok(sqlx::query_scalar(sql).fetch_all(self.desk.db().read()).await?)
    }

    /// What the log of a request says happened, in order.
    pub async fn log(&self, number: i64) -> Result<Vec<EventKind>> {
        Ok(self.ticket(number).await?.log.into_iter().map(|entry| entry.kind).collect())
    }
}

fn place(folder: &tempfile::TempDir, database: Option<&Database>, clock: &Clock) -> Place {
    let at = |name: &str| folder.path().join(name);
    Place {
        database: match database {
            Some(database) => database.url().to_owned(),
            None => format!("sqlite:{}", at("desk.db").display()),
        },
        blobs: at("blobs"),
        index: at("index"),
        secret: vec![7; 32],
        adopt: false,
        public_url: "https://help.example".to_owned(),
        clock: clock.clone(),
    }
}

pub fn id(actor: &Actor) -> AgentId {
    actor.agent().cloned().unwrap_or_default()
}

pub fn draft(text: &str, access: Access) -> Draft {
    Draft {
        text: text.into(),
        access,
        template: None,
        close: false,
        files: vec![],
        seen: None,
        key: String::new(),
        ..Draft::default()
    }
}

/// The log must have said these, in this order, whatever else it says between.
pub fn in_order(log: &[EventKind], wanted: &[EventKind]) -> Result<()> {
    let mut rest = log.iter();
    for kind in wanted {
        ensure!(rest.any(|said| said == kind), "{kind} is not where it should be in {log:?}");
    }
    Ok(())
}
