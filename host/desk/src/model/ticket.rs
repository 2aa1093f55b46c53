//! A request. People read *request* and *sak*; code says ticket, because `Request` is HTTP's word.

use super::event::text_enum;
use super::*;
use serde::{Deserialize, Serialize};

text_enum! {
    /// How it came.
    Origin {
        Email = "email",
        Portal = "portal",
        Phone = "phone",
        /// A channel of a plugin.
        Channel = "channel",
        Internal = "internal",
    }
}

text_enum! {
    /// Whether its owner knows what is in it. FND-4.
    ReadState {
        /// Red: not read by its owner.
        Unread = "unread",
        /// Yellow: something new since.
        News = "news",
        /// Green.
        Read = "read",
    }
}

text_enum! {
    /// The predefined lists. Section 10.1.
    List {
        /// Own open requests.
        Mine = "mine",
        Unassigned = "unassigned",
        Favourites = "favourites",
        /// Newest first, all that are open.
        Open = "open",
        Closed = "closed",
        /// Newest first, whatever their state.
        Latest = "latest",
    }
}

/// A request in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct TicketRow {
    pub id: TicketId,
    pub number: i64,
    pub title: String,
    pub state: State,
    pub status: StatusId,
    pub read: ReadState,
    pub owner: Option<AgentCard>,
    /// Main contact's name, or the address it came from.
    pub from: String,
    pub company: Option<String>,
    pub category: CategoryId,
    pub priority: PriorityId,
    #[serde(default)]
    pub kind: Option<RequestTypeId>,
    /// Of the last message that the reader may see.
    pub preview: String,
    pub has_files: bool,
    pub starred: bool,
    /// Unix microseconds.
    pub created_at: i64,
    /// Last message.
    pub changed_at: i64,
    /// Nobody has answered yet.
    pub new: bool,
}

/// A page of a list. `next` is handed back to go on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct TicketPage {
    pub rows: Vec<TicketRow>,
    pub total: i64,
    pub next: Option<String>,
}

/// A request that an agent opened, and when that was. Section 11.3.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Visit {
    pub ticket: TicketRow,
    /// Unix microseconds.
    pub at: i64,
}

/// How many there are in each list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Counts {
    pub mine: i64,
    pub unassigned: i64,
    pub favourites: i64,
    pub open: i64,
    pub notifications: i64,
}

/// A request opened by an agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Ticket {
    pub id: TicketId,
    pub number: i64,
    pub title: String,
    pub state: State,
    pub status: StatusId,
    pub access: Access,
    pub origin: Origin,
    /// The account it came by, where that is a channel's.
    #[serde(default)]
    pub channel: Option<String>,
    pub read: ReadState,
    pub owner: Option<AgentCard>,
    pub category: CategoryId,
    pub priority: PriorityId,
    /// Its type. Section 8.2.
    pub kind: Option<RequestTypeId>,
    /// CRM-3.
    pub sale: Option<SaleId>,
    pub project: Option<ProjectId>,
    /// Its custom fields, in their order, with what they hold.
    pub fields: Vec<FieldValue>,
    /// First is the main contact.
    pub contacts: Vec<Person>,
    /// The main contact's company. CRM-1: never set directly.
    pub company: Option<Company>,
    pub starred: bool,
    pub created_at: i64,
    pub changed_at: i64,
    pub closed_at: Option<i64>,
    pub replied_at: Option<i64>,
    /// When it opens by itself, where it is postponed.
    pub wake_at: Option<i64>,
    /// The earliest instant by which something is due.
    pub deadline: Option<i64>,
    /// Why its owner has it, where the rules decided. C-8.
    pub why: Option<Decision>,
    pub messages: Vec<Message>,
    pub log: Vec<LogEntry>,
    /// Other requests of the main contact.
    pub earlier: Vec<TicketRow>,
    /// The log's number when this was read: handed back in a draft, so that nobody answers past a newer message.
    pub seen: i64,
    /// Minutes spent on it in all. TIM-1.
    pub minutes: i64,
    /// Minutes of it to charge.
    #[serde(default)]
    pub charge: i64,
    /// Who follows the private link, for an agent to copy.
    pub link: Option<String>,
    /// What keeps it from being erased: holds on itself, on its people and on their company. C-20.
    #[serde(default)]
    pub holds: Vec<LegalHold>,
}

impl Ticket {
    /// Whoever wrote last with an address only typed it: nobody has shown that it is theirs.
    pub fn is_by_somebody_unproven(&self) -> bool {
        let outside = |message: &&Message| message.kind == MessageKind::Enquiry && !message.author.email.is_empty();
        self.messages.iter().rev().find(outside).is_some_and(|message| message.author.unproven)
    }
}

/// Where a request stands, in a customer's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Progress {
    Received,
    InProgress,
    WaitingForYou,
    Solved,
}

/// A request as its customer sees it: external messages only, none of our inner words. POR-3.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct CustomerTicket {
    pub id: TicketId,
    pub number: i64,
    pub title: String,
    pub progress: Progress,
    /// External name of the category.
    pub category: Category,
    pub created_at: i64,
    /// First opened by an agent.
    pub read_at: Option<i64>,
    pub replied_at: Option<i64>,
    pub closed_at: Option<i64>,
    /// Whether an answer begins a new request: its status wants no more of them. STA-3.
    #[serde(default)]
    pub ended: bool,
    /// First name of who has it.
    pub owner: Option<String>,
    /// Custom fields that customers see and that hold something.
    #[serde(default)]
    pub fields: Vec<FieldValue>,
    pub messages: Vec<Message>,
    /// Path of the private link.
    pub link: String,
    pub customer: String,
    pub customer_email: String,
}

/// One line of a customer's own list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct CustomerRow {
    pub number: i64,
    pub title: String,
    pub progress: Progress,
    pub changed_at: i64,
    /// Path of its page.
    pub link: String,
    /// There is an answer that the customer has not opened.
    pub news: bool,
}

/// A page of a customer's own list. `next` is handed back to go on; without it there is no more.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomerList {
    pub rows: Vec<CustomerRow>,
    pub next: Option<String>,
    /// How many there are in all that are not solved, and that are.
    pub open: i64,
    pub solved: i64,
}

/// The answer to a sent form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Opened {
    pub id: TicketId,
    pub number: i64,
    /// Path of the private link.
    pub link: String,
    /// The letter that was written along with it; it can be called back as any reply.
    #[serde(default)]
    pub message: Option<MessageId>,
}

/// Everything that a request can begin with, for a page, a call of the API and the phone alike. 3.1, D2. What is left out is
/// chosen by the type, the category and the preferences of its maker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
#[serde(default)]
pub struct NewTicket {
    pub title: String,
    /// What the contact said, as the first message; the title where nothing was written and there is no letter.
    pub text: String,
    /// A known contact, or …
    pub person: Option<PersonId>,
    /// … a new one, made on the spot; both may be missing for an internal request. CRE-10.
    pub new_person: Option<NewPerson>,
    /// Further contacts, in this order; the first is the main one where no other is named. CRM-2.
    pub contacts: Vec<PersonId>,
    pub category: Option<CategoryId>,
    pub priority: Option<PriorityId>,
    /// By the default type where nobody says. Section 8.2.
    pub kind: Option<RequestTypeId>,
    /// CRE-8 where nobody says.
    pub status: Option<StatusId>,
    /// When it opens again, for a status that puts it off.
    pub until: Option<Until>,
    pub tags: Vec<String>,
    /// Custom fields, by their keys.
    pub fields: FieldValues,
    /// CRM-3.
    pub sale: Option<SaleId>,
    pub project: Option<ProjectId>,
    /// REL-2; a parent may be asked for by a rule. RUL-1.
    pub relations: Vec<NewRelation>,
    /// Uploaded before; they come with the first message.
    pub files: Vec<Upload>,
    pub owner: NewOwner,
    pub origin: Origin,
    /// As the house has it where nobody says; external where a letter goes along.
    pub access: Option<Access>,
    /// Mail the number to the contact. PHO-1; without it and without a letter nothing is mailed. CRE-3.
    pub confirm: bool,
    /// What its maker writes to the customer: a reply in all but that nobody asked. It goes to the main contact where it
    /// does not say to whom; whoever is known and stands in To becomes a contact. CRE-1, CRE-2, CRE-4.
    pub letter: Option<Draft>,
    pub key: String,
    /// By the timer that began with the form. CRE-5, TIM-1.
    pub seconds: i64,
    /// Minutes of it to charge: 0 to 100,000. TIM-1.
    pub charge: i64,
    /// The call in the caller log that it is about.
    pub call: Option<PhoneCallId>,
}

/// As of a customer who phones, for whoever registers it.
impl Default for NewTicket {
    fn default() -> Self {
        NewTicket {
            title: String::new(),
            text: String::new(),
            person: None,
            new_person: None,
            contacts: vec![],
            category: None,
            priority: None,
            kind: None,
            status: None,
            until: None,
            tags: vec![],
            fields: FieldValues::new(),
            sale: None,
            project: None,
            relations: vec![],
            files: vec![],
            owner: NewOwner::Preferred,
            origin: Origin::Phone,
            access: None,
            confirm: false,
            letter: None,
            key: String::new(),
            seconds: 0,
            charge: 0,
            call: None,
        }
    }
}

/// What is to be different about a request; what is left out stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
#[serde(default)]
pub struct TicketChange {
    pub title: Option<String>,
    pub access: Option<Access>,
    pub kind: Option<RequestTypeId>,
    pub category: Option<CategoryId>,
    pub priority: Option<PriorityId>,
    /// Given to this colleague.
    pub owner: Option<AgentId>,
    /// Any but one that postpones, which needs a time.
    pub status: Option<StatusId>,
    /// Custom fields by their keys; an empty list clears one.
    pub fields: FieldValues,
    /// CRM-3; the empty id is none.
    pub sale: Option<SaleId>,
    pub project: Option<ProjectId>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum NewOwner {
    /// As its maker prefers. CRE-9.
    Preferred,
    #[default]
    Me,
    Nobody,
    /// By the rules of the category.
    Automatic,
    Agent(AgentId),
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct NewPerson {
    pub name: String,
    pub email: String,
    pub phone: String,
}

/// Which of all that is found is shown, and what comes first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Sift {
    /// What changed last, in place of what fits best.
    pub newest: bool,
    pub state: Option<State>,
}

/// How many requests are in a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct StateCount {
    pub state: State,
    pub count: u32,
}

/// A found request, with where and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Hit {
    pub ticket: TicketRow,
    /// Plain text; `marks` are byte ranges of the words that were found.
    pub snippet: String,
    pub marks: Vec<(u32, u32)>,
    /// Found inside an internal comment.
    pub internal: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Hits {
    pub hits: Vec<Hit>,
    /// How many fit in all.
    pub total: u32,
    /// How many of them are in each state, before one is picked.
    #[serde(default)]
    pub states: Vec<StateCount>,
    /// People whose name, address or number fits.
    pub people: Vec<Person>,
    /// Milliseconds.
    pub took: u32,
}
