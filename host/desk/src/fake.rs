//! A desk on a folder of its own, before a world that does as it is told. For the tests beside the rules.

use crate::{
    Desk, Idle, Place, Running,
    clock::Clock,
    model::*,
    outside::{
        Arrival, Boxed, Envelope, HookAnswer, HookPost, Inbound, Outside, Parcel, Party, Sent, Sheet, Unreadable,
    },
    settings::NewAgent,
};
use std::{
    path::Path,
    sync::{Arc, Mutex},
};

/// Every template says `html`; what should leave is kept.
#[derive(Default)]
pub struct World {
    pub html: String,
    pub composed: Mutex<Vec<Parcel>>,
}

impl Outside for World {
    fn read<'a>(&'a self, mail: &'a Arrival) -> Boxed<'a, Result<Vec<Inbound>, Unreadable>> {
        let inbound = Inbound {
            external_id: mail.blob.clone(),
            from: Party { address: mail.envelope.from.clone(), name: String::new() },
            subject: Some("Hei".to_owned()),
            text: "Hei".to_owned(),
            ..Inbound::default()
        };
        Box::pin(async { Ok(vec![inbound]) })
    }

    fn compose<'a>(&'a self, parcel: &'a Parcel) -> Boxed<'a, Result<Vec<u8>, Unreadable>> {
        self.composed.lock().unwrap().push(parcel.clone());
        Box::pin(async { Ok(b"Subject: Hei\r\n\r\n".to_vec()) })
    }

    fn send<'a>(&'a self, _: &'a Envelope, _: &'a [u8]) -> Boxed<'a, Sent> {
        Box::pin(async { Sent::Accepted })
    }

    fn templates<'a>(&'a self, _: Language) -> Boxed<'a, Result<Vec<TemplateCard>, Unreadable>> {
        let title = Named { id: "answer".to_owned(), nb: "Svar".to_owned(), en: "Answer".to_owned() };
        Box::pin(async { Ok(vec![TemplateCard { name: "answer".to_owned(), title, asks: SettingsForm::default() }]) })
    }

    fn post_hook<'a>(&'a self, _: &'a HookPost) -> Boxed<'a, HookAnswer> {
        Box::pin(async { HookAnswer::Answered { status: 204, body: String::new() } })
    }

    fn render<'a>(&'a self, sheet: &'a Sheet) -> Boxed<'a, Result<Rendered, Unreadable>> {
        let rendered = Rendered {
            subject: Some("Vi har fått <saken> din".to_owned()),
            text: "Hei".to_owned(),
            html: self.html.clone(),
            language: sheet.language,
            warnings: vec![],
        };
        Box::pin(async { Ok(rendered) })
    }
}

pub struct House {
    pub desk: Desk,
    pub world: Arc<World>,
    _running: Option<Running>,
    _folder: tempfile::TempDir,
}

impl House {
    pub async fn open() -> House {
        House::before(World::default()).await
    }

    /// One whose own work has not begun: whatever is queued waits.
    pub async fn asleep() -> House {
        House::made(World::default()).await.0
    }

    pub async fn before(world: World) -> House {
        let (house, idle) = House::made(world).await;
        House { _running: Some(idle.begin()), ..house }
    }

    async fn made(world: World) -> (House, Idle) {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| Path::join(folder.path(), name);
        let place = Place {
            database: format!("sqlite:{}", at("desk.db").display()),
            blobs: at("blobs"),
            index: at("index"),
            secret: vec![7; 32],
            adopt: false,
            public_url: "https://help.example".to_owned(),
            clock: Clock::real(),
        };
        let world = Arc::new(world);
        let (desk, idle) = Desk::open(place, world.clone()).await.unwrap();
        (House { desk, world, _running: None, _folder: folder }, idle)
    }

    /// A colleague; a new one each time.
    pub async fn agent(&self) -> Actor {
        let email = format!("{}@company.example", AgentId::new());
        let new = NewAgent { name: "Ane".to_owned(), email, ..NewAgent::default() };
        let id = self.desk.add_agent(&Actor::System, new).await.unwrap();
        self.desk.agent_actor(&id).await.unwrap()
    }

    /// A request of somebody new with this name.
    pub async fn request(&self, name: &str, access: Access) -> (TicketId, PersonId) {
        let email = format!("{}@fjord.example", PersonId::new());
        let new_person = NewPerson { name: name.to_owned(), email, phone: String::new() };
        self.open_ticket(None, Some(new_person), access).await
    }

    /// A request of somebody we know.
    pub async fn request_for(&self, person: &PersonId, access: Access) -> (TicketId, PersonId) {
        self.open_ticket(Some(person.clone()), None, access).await
    }

    async fn open_ticket(
        &self,
        person: Option<PersonId>,
        new_person: Option<NewPerson>,
        access: Access,
    ) -> (TicketId, PersonId) {
        let new = NewTicket {
            title: "Skriveren virker ikke".to_owned(),
            text: "Den står stille.".to_owned(),
            person,
            new_person,
            category: None,
            priority: None,
            owner: NewOwner::Nobody,
            origin: Origin::Phone,
            access: Some(access),
            confirm: true,
            key: String::new(),
            seconds: 0,
            ..NewTicket::default()
        };
        let opened = self.desk.open_ticket(&self.agent().await, new).await.unwrap();
        let person = sqlx::query_scalar("select person_id from ticket where id = $1")
            .bind(opened.id.clone())
            .fetch_one(self.desk.read())
            .await
            .unwrap();
        (opened.id, person)
    }

    /// Waits until no job is left and the index knows everything.
    pub async fn rest(&self) {
        while self.desk.open_jobs().await.unwrap() > 0 {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        self.desk.settle_index().await.unwrap();
    }
}
