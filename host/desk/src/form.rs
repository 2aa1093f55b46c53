//! The portal's form: what it asks, what is wrong with one that was filled in, and the request that comes of it. Section 15.1.

use crate::{
    Desk, Error, Result, Why,
    db::Write,
    field::{Layout, form::form},
    intake::Account,
    job::Kind,
    message::{LONGEST_TEXT, NewMessage, written},
    model::*,
    opening::Opening,
    outside::{Inbound, Party},
    person::{address, shorten},
    reply::known_as,
    request_type::usual_type,
};

impl Desk {
    /// What the form asks with this category and type, as they stand in the form; empty, or none that there is, is not
    /// chosen yet. The page draws it and [`Desk::open_by_form`] goes by it, so that the two never differ.
    pub async fn form_asks(&self, category: &str, kind: &str) -> Result<FormAsks> {
        let categories = self.open_categories().await?;
        let category = match (category, categories.as_slice()) {
            ("", [only]) => Some(only.id.clone()),
            (id, all) => all.iter().find(|category| category.id.as_str() == id).map(|category| category.id.clone()),
        };
        let types = self.request_types().await?;
        let mut external: Vec<&RequestType> = types.iter().filter(|of| of.external).collect();
        if external.len() < 2 {
            external.clear();
        }
        let usual = self.usual_type_of_form().await?;
        let said = external.iter().find(|of| of.id.as_str() == kind).map(|of| of.id.clone());
        let kind = said.or(usual);
        let taken = types.iter().find(|of| Some(&of.id) == kind.as_ref());
        let mut priorities = self.open_priorities().await?;
        let narrows = |of: &RequestType| !priorities.is_empty() && !of.priorities.is_empty();
        let types_narrow = external.iter().any(|of| narrows(of));
        priorities.retain(|priority| taken.is_none_or(|of| of.allows_priority(&priority.id)));
        if priorities.len() < 2 {
            priorities.clear();
        }
        let mut connection = self.read().acquire().await?;
        let layout = Layout::load(&mut connection).await?;
        let (kind_id, category_id) =
            (kind.as_ref().map(RequestTypeId::as_str), category.as_ref().map_or("", CategoryId::as_str));
        let in_portal = || layout.fields.iter().filter(|field| field.portal);
        let depends = types_narrow || in_portal().any(|field| !field.places.is_empty());
        let fields = in_portal().filter(|field| layout.belongs(field, kind_id, category_id)).map(for_customers);
        Ok(FormAsks {
            fields: fields.collect(),
            depends: depends && (categories.len() > 1 || !external.is_empty()),
            kinds: external.into_iter().map(named).collect(),
            categories,
            category,
            kind,
            priorities,
        })
    }

    async fn usual_type_of_form(&self) -> Result<Option<RequestTypeId>> {
        let mut connection = self.read().acquire().await?;
        let portal: AccountId = sqlx::query_scalar("select id from account where kind = 'portal' order by id limit 1")
            .fetch_one(&mut *connection)
            .await?;
        usual_type(&mut connection, &portal).await.map(|usual| usual.value)
    }

    /// Opens a request from the portal's form. POR-1: whoever writes, the contact is found by the address. The link in the
    /// answer is the private one only where the contact is known to be who wrote: see [`Desk::confirmation`].
    ///
    /// # Errors
    /// `Invalid` with the name of the first field that can't be taken, a custom one as `fields.` and its key. The same key
    /// with the same words again is the same answer.
    pub async fn open_by_form(&self, actor: &Actor, form: Form) -> Result<Opened> {
        match self.file_form(actor, form).await? {
            Filed::New(id, email) => self.confirmed(actor, &id, &email).await,
            Filed::Before(account, key) => self.confirmed_before(actor, &account, &key).await,
        }
    }

    pub(crate) async fn file_form(&self, actor: &Actor, form: Form) -> Result<Filed> {
        let name = written("name", &form.name, 200)?;
        let email = address(&form.email).map_err(|why| Error::invalid("email", why))?;
        let title = shorten(&written("title", &form.title, 255)?, 255);
        let text = written("text", &form.text, LONGEST_TEXT)?;
        let files = self.uploads(&form.files)?;
        let asked = self.form_asks(&form.category, &form.kind).await?;
        if let Some((field, why)) = findings(&asked, &form).into_iter().next() {
            return Err(Error::invalid(&field, why));
        }
        let category = asked.category.ok_or_else(|| Error::invalid("category", Why::Missing))?;
        // Not the language that the page was read in: it is nothing that anybody typed. An address is the same in capitals.
        let sent = known_as(&form.key, &Form { language: None, email: email.clone(), ..form.clone() })?;
        self.blobs().flush().await?;
        let mut write = self.write().await?;
        let account = write.account_of_kind("portal").await?;
        if !sent.is_empty() && !write.first_time(&account.id, &sent).await? {
            return Ok(Filed::Before(account.id, sent));
        }
        let party = Party { address: email.clone(), name: shorten(&name, 200) };
        let language = form.language.unwrap_or_default();
        let (person, unknown) = write.person_by_address(&Actor::System, Cause::Form, &party, language).await?;
        let from = if form.language.is_some() { Source::Said } else { Source::Saker };
        write.grounds.language = unknown.then_some(from);
        // Where there is only one, nobody had to say.
        write.grounds.category = Some(if form.category.is_empty() { Source::Saker } else { Source::Said });
        let opening = Opening {
            title,
            origin: Origin::Portal,
            access: Access::External,
            account: account.id.clone(),
            category,
            priority: (!form.priority.is_empty()).then_some(PriorityId(form.priority)),
            kind: (!form.kind.is_empty()).then_some(RequestTypeId(form.kind)),
            status: None,
            person: Some(person.clone()),
            sender: party.name.clone(),
            owner: None,
        };
        let id = write.open(actor, Cause::Form, opening).await?;
        let new = NewMessage {
            person: Some(person.clone()),
            author_name: party.name.clone(),
            author_email: email.clone(),
            unproven: !actor.is_customer(&person),
            text,
            files,
            ..NewMessage::default()
        };
        write.first_fields(&id, &form.fields).await?;
        write.fields_are_filled(&id, true).await?;
        let message = write.add_message(&id, new).await?;
        if !sent.is_empty() {
            write.note_received(&account.id, &sent, &id, Some(&message)).await?;
        }
        let author = Author { person: &person, party, new: unknown };
        write.hand_in(actor, &account, &id, author).await?;
        self.commit(write).await?;
        Ok(Filed::New(id, email))
    }
}

/// Who wrote a form, by what they typed.
pub(crate) struct Author<'a> {
    pub person: &'a PersonId,
    pub party: Party,
    /// Nobody knew them before.
    pub new: bool,
}

impl Write {
    /// A request that began in the portal goes to whoever takes it, and its author gets a receipt. Anybody can type anybody's
    /// address: unless its owner is signed in, it gets no more of them than a mailbox would send.
    pub(crate) async fn hand_in(
        &mut self,
        actor: &Actor,
        account: &Account,
        id: &TicketId,
        author: Author<'_>,
    ) -> Result<()> {
        let proven = actor.is_customer(author.person);
        let mail = Inbound { from: author.party, ..Inbound::default() };
        if !proven && self.is_spam(&mail).await? {
            return self.bin_spam(id).await;
        }
        self.distribute_new(Cause::Form, id).await?;
        let silence = if proven { None } else { self.why_silent(account, &mail, author.new).await? };
        match silence {
            None => self.enqueue(Kind::Acknowledge, id.as_str()).await,
            Some(reason) => self.withhold_receipt(Cause::Form, id, &reason).await,
        }
    }
}

/// What became of a form.
pub(crate) enum Filed {
    /// With the address that was typed.
    New(TicketId, String),
    /// It was there already, known as this.
    Before(AccountId, String),
}

/// Everything that can't be taken about what was chosen and about the custom fields, in the order of the page.
pub fn findings(asked: &FormAsks, filled: &Form) -> Vec<(String, Why)> {
    let mut found = vec![];
    let mut note = |field: &str, why: Why| found.push((field.to_owned(), why));
    match (&asked.category, filled.category.as_str()) {
        (Some(_), _) => {}
        (None, "") => note("category", Why::Missing),
        (None, _) => note("category", Why::NotAChoice),
    }
    match filled.kind.as_str() {
        "" if asked.needs_kind() => note("kind", Why::Missing),
        "" => {}
        kind if asked.offers(kind) => {}
        _ => note("kind", Why::NotAChoice),
    }
    for field in &asked.fields {
        if let Some(why) = wrong(field, filled.fields.get(&field.key).map_or(&[], Vec::as_slice)) {
            note(&format!("fields.{}", field.key), why);
        }
    }
    for key in filled.fields.keys().filter(|key| !asked.fields.iter().any(|field| field.key == **key)) {
        note(&format!("fields.{key}"), Why::NotAChoice);
    }
    let offered = asked.priorities.iter().any(|priority| priority.id.as_str() == filled.priority);
    if !filled.priority.is_empty() && !offered {
        note("priority", Why::NotAChoice);
    }
    found
}

fn wrong(field: &Field, values: &[String]) -> Option<Why> {
    let mut given = values.iter().filter(|value| !value.trim().is_empty()).peekable();
    if given.peek().is_none() {
        return field.required.then_some(Why::Missing);
    }
    if field.kind != FieldKind::MultiChoice && given.clone().nth(1).is_some() {
        return Some(Why::TooMany { most: 1 });
    }
    given.find_map(|value| form(field, value).err())
}

/// Without what is no customer's business: where else the field belongs, and what nobody can choose any more.
fn for_customers(field: &Field) -> Field {
    let choices = field.choices.iter().filter(|choice| !choice.retired).cloned().collect();
    Field { choices, places: vec![], ..field.clone() }
}

fn named(of: &RequestType) -> Named {
    Named { id: of.id.0.clone(), nb: of.nb.clone(), en: of.en.clone() }
}
