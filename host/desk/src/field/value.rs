//! What requests hold in custom fields: set, cleared, read, and shown in lists.

use super::{
    Layout,
    form::{Form, form, shown},
    order::filed,
};
use crate::{
    Desk, Error, Result, Why,
    access::{listed, staff},
    db::{Fact, Write},
    model::*,
    several::{found_for, places},
    substitution::Swap,
};
use sqlx::AssertSqlSafe;
use std::collections::{BTreeSet, HashMap};

/// Most fields that are changed at once.
const MOST_CHANGED: usize = 1_000;

#[derive(sqlx::FromRow)]
struct Held {
    ticket_id: String,
    field_id: String,
    text: String,
    words: Option<String>,
    /// Of a person.
    name: Option<String>,
}

impl Held {
    fn value(&self) -> String {
        self.words.clone().unwrap_or_else(|| self.text.clone())
    }
}

/// A field whose values are about to change.
struct Changing {
    field: Field,
    old: Vec<Named>,
    new: Vec<Named>,
    forms: Vec<Form>,
}

/// Where a request stands among fields.
type Spot = (Option<String>, String);

impl Desk {
    /// Fills in fields of a request, or clears them, all or none.
    ///
    /// # Errors
    /// `Invalid` with `fields.` and the key as the field: one that this request has not, a value that is none, more than one
    /// where there is room for one, nothing where something is required.
    pub async fn set_fields(&self, actor: &Actor, id: &TicketId, values: &FieldValues) -> Result<()> {
        staff(actor)?;
        let mut write = self.write().await?;
        write.editable(actor, id).await?;
        write.set_fields(actor, Cause::Person, id, values).await?;
        self.commit(write).await
    }

    /// Changes one field: what bulk actions do. Section 10.4.
    pub async fn change_field(
        &self,
        actor: &Actor,
        id: &TicketId,
        key: &str,
        how: FieldHow,
        values: &[String],
    ) -> Result<()> {
        staff(actor)?;
        let mut write = self.write().await?;
        write.editable(actor, id).await?;
        let values = match how {
            FieldHow::Set => values.to_vec(),
            FieldHow::Clear => vec![],
            FieldHow::Toggle => write.toggled(id, key).await?,
            FieldHow::Add | FieldHow::Remove => write.choices_with(id, key, how, values).await?,
        };
        let values = FieldValues::from([(key.to_owned(), values)]);
        write.set_fields(actor, Cause::Person, id, &values).await?;
        self.commit(write).await
    }

    /// Searches in a field of text, and puts other words there. Section 10.4.
    pub async fn replace_in_field(&self, actor: &Actor, id: &TicketId, key: &str, what: &Substitution) -> Result<()> {
        staff(actor)?;
        let swap = Swap::new(what)?;
        let mut write = self.write().await?;
        write.editable(actor, id).await?;
        let held = write.held_of_kind(id, key, FieldKind::Text).await?;
        let held = held.iter().map(|text| swap.apply(text)).collect();
        write.set_fields(actor, Cause::Person, id, &FieldValues::from([(key.to_owned(), held)])).await?;
        self.commit(write).await
    }

    /// The fields of a request in their order, with what they hold; also those that it has no more but holds something in.
    pub async fn field_values(&self, actor: &Actor, id: &TicketId) -> Result<Vec<FieldValue>> {
        staff(actor)?;
        self.facts(actor, id).await?;
        self.fields_of(id).await
    }

    pub(crate) async fn fields_of(&self, id: &TicketId) -> Result<Vec<FieldValue>> {
        let mut connection = self.read().acquire().await?;
        let layout = Layout::load(&mut connection).await?;
        if layout.fields.is_empty() {
            return Ok(vec![]);
        }
        let (kind, category) = spot(&mut connection, id).await?;
        let mut held = by_field(held(&mut connection, std::slice::from_ref(id)).await?);
        let mut values = vec![];
        for field in &layout.fields {
            let own = held.remove(field.id.as_str()).unwrap_or_default();
            if !own.is_empty() || layout.belongs(field, kind.as_deref(), &category) {
                values.push(value_of(field, &own));
            }
        }
        Ok(values)
    }

    pub(crate) async fn missing_fields(&self, id: &TicketId) -> Result<Vec<String>> {
        missing_fields(&mut *self.read().acquire().await?, id, false).await
    }

    /// What requests of a list hold in some fields, in the reader's language: one question for a whole page. FND-7.
    pub(crate) async fn field_columns(
        &self,
        tickets: &[TicketId],
        keys: &[String],
        language: Language,
    ) -> Result<HashMap<(String, String), String>> {
        let mut columns = HashMap::new();
        if tickets.is_empty() || keys.is_empty() {
            return Ok(columns);
        }
        let mut connection = self.read().acquire().await?;
        let layout = Layout::load(&mut connection).await?;
        let wanted: HashMap<&str, &Field> = layout
            .fields
            .iter()
            .filter(|field| keys.contains(&field.key))
            .map(|field| (field.id.as_str(), field))
            .collect();
        let mut rows: HashMap<(String, String), Vec<Held>> = HashMap::new();
        for row in held(&mut connection, tickets).await? {
            if wanted.contains_key(row.field_id.as_str()) {
                rows.entry((row.ticket_id.clone(), row.field_id.clone())).or_default().push(row);
            }
        }
        for ((ticket, field), own) in rows {
            let Some(field) = wanted.get(field.as_str()) else { continue };
            columns.insert((ticket, field.key.clone()), words(&value_of(field, &own).shown, language));
        }
        Ok(columns)
    }

    /// As [`Desk::fields_of`] for a list that a reader sees: the shown values by request and key.
    pub async fn list_fields(
        &self,
        actor: &Actor,
        tickets: &[TicketId],
        keys: &[String],
    ) -> Result<HashMap<(String, String), String>> {
        let Actor::Agent { language, .. } = actor else { return Err(Error::Forbidden) };
        if tickets.len() > 1_000 {
            return Err(Error::invalid("tickets", Why::TooMany { most: 1_000 }));
        }
        let list = if tickets.is_empty() { "''".to_owned() } else { places(2, tickets.len()) };
        let sql = format!("select t.id from ticket t where t.id in ({list}) and ($1 <> '' and {})", listed!());
        let query = sqlx::query_scalar(AssertSqlSafe(sql)).bind(staff(actor)?.clone());
        let query = tickets.iter().fold(query, |query, id| query.bind(id.clone()));
        let seen: Vec<TicketId> = query.fetch_all(self.read()).await?;
        self.field_columns(&seen, keys, *language).await
    }
}

async fn spot(connection: &mut sqlx::AnyConnection, id: &TicketId) -> Result<Spot> {
    Ok(sqlx::query_as("select type_id, category_id from ticket where id = $1")
        .bind(id.clone())
        .fetch_one(connection)
        .await?)
}

async fn held(connection: &mut sqlx::AnyConnection, tickets: &[TicketId]) -> Result<Vec<Held>> {
    found_for(
        connection,
        "select x.ticket_id, x.field_id, x.text, x.words, p.name from ticket_field x join field f on f.id = x.field_id
         left join person p on p.id = x.text and f.kind = 'person' where x.ticket_id in ({})",
        tickets,
    )
    .await
}

fn by_field(rows: Vec<Held>) -> HashMap<String, Vec<Held>> {
    let mut fields: HashMap<String, Vec<Held>> = HashMap::new();
    for row in rows {
        fields.entry(row.field_id.clone()).or_default().push(row);
    }
    fields
}

/// Choices in the order in which they are offered.
fn value_of(field: &Field, held: &[Held]) -> FieldValue {
    let mut held: Vec<&Held> = held.iter().collect();
    held.sort_by_key(|row| field.choices.iter().position(|choice| choice.key == row.text));
    FieldValue {
        id: field.id.clone(),
        key: field.key.clone(),
        nb: field.nb.clone(),
        en: field.en.clone(),
        kind: field.kind,
        required: field.required,
        portal: field.portal,
        values: held.iter().map(|row| row.value()).collect(),
        shown: held.iter().map(|row| shown(field, &row.value(), row.name.clone())).collect(),
    }
}

fn words(shown: &[Named], language: Language) -> String {
    shown.iter().map(|named| named.in_language(language)).collect::<Vec<_>>().join(", ")
}

fn wrong(key: &str, why: Why) -> Error {
    Error::invalid(&format!("fields.{key}"), why)
}

impl Write {
    pub(crate) async fn set_fields(
        &mut self,
        actor: &Actor,
        cause: Cause,
        id: &TicketId,
        values: &FieldValues,
    ) -> Result<()> {
        let language = match actor {
            Actor::Agent { language, .. } => *language,
            _ => Language::default(),
        };
        for change in self.write_fields(id, values).await? {
            let ids = |named: &[Named]| named.iter().map(|value| value.id.clone()).collect::<Vec<_>>();
            let data = serde_json::json!({
                "field": change.field.id, "key": change.field.key, "nb": change.field.nb, "en": change.field.en,
                "old": ids(&change.old), "new": ids(&change.new),
            });
            let (old, new) = (words(&change.old, language), words(&change.new, language));
            let fact = Fact { ticket: Some(id), old: Some(&old), new: Some(&new), data: Some(data.to_string()) };
            self.record(actor, cause, EventKind::FieldChanged, fact).await?;
        }
        Ok(())
    }

    /// A merge keeps the values of one of the requests, or for each field those of the one that was chosen: then also that
    /// there are none. MRG-1.
    ///
    /// # Errors
    /// `Invalid` at `fields` for a key that no field of the survivor has.
    pub(crate) async fn take_over_fields(&mut self, actor: &Actor, merge: &Merge) -> Result<()> {
        if merge.keep.is_none() && merge.fields.is_empty() {
            return Ok(());
        }
        let into = &merge.into;
        let layout = Layout::load(self.sql()).await?;
        let (kind, category) = spot(self.sql(), into).await?;
        let mut values = FieldValues::new();
        let belonging = || layout.fields.iter().filter(|field| layout.belongs(field, kind.as_deref(), &category));
        if let Some(unknown) = merge.fields.keys().find(|key| belonging().all(|field| field.key != **key)) {
            return Err(wrong(unknown, Why::NotAChoice));
        }
        for of in merge.keep.iter().chain(merge.fields.values()).filter(|of| *of != into).collect::<BTreeSet<_>>() {
            let mut held = by_field(held(self.sql(), std::slice::from_ref(of)).await?);
            for field in belonging() {
                let chosen = merge.fields.get(&field.key);
                let own = held.remove(field.id.as_str());
                if chosen.or(merge.keep.as_ref()) == Some(of) && (chosen.is_some() || own.is_some()) {
                    let good = |value: &String| form(field, value).is_ok();
                    let own = own.unwrap_or_default();
                    values.insert(field.key.clone(), own.iter().map(Held::value).filter(good).collect());
                }
            }
        }
        self.set_fields(actor, Cause::Person, into, &values).await
    }

    /// What a new request begins with: that it was opened is the one fact.
    pub(crate) async fn first_fields(&mut self, id: &TicketId, values: &FieldValues) -> Result<()> {
        self.write_fields(id, values).await.map(|_| ())
    }

    /// Checks, then writes, what differs. What changed is given back.
    async fn write_fields(&mut self, id: &TicketId, values: &FieldValues) -> Result<Vec<Changing>> {
        if values.is_empty() {
            return Ok(vec![]);
        }
        if values.len() > MOST_CHANGED {
            return Err(Error::invalid("fields", Why::TooMany { most: MOST_CHANGED as u32 }));
        }
        let layout = Layout::load(self.sql()).await?;
        let (kind, category) = spot(self.sql(), id).await?;
        let held = by_field(held(self.sql(), std::slice::from_ref(id)).await?);
        let mut changes = vec![];
        for (key, values) in values {
            let field = layout.by_key(key).ok_or_else(|| wrong(key, Why::NotAChoice))?;
            let belongs = layout.belongs(field, kind.as_deref(), &category);
            let own = held.get(field.id.as_str()).map(Vec::as_slice).unwrap_or_default();
            let mut forms = vec![];
            for value in values.iter().filter(|value| !value.trim().is_empty()) {
                let value = &self.now_called(field.kind, value).await?;
                // A choice that was retired may stay where it is.
                let chosen = matches!(field.kind, FieldKind::Choice | FieldKind::MultiChoice);
                let form = match chosen && own.iter().any(|row| row.text == *value) {
                    true => Form { text: value.clone(), words: None, number: None },
                    false => form(field, value).map_err(|why| wrong(key, why))?,
                };
                if !forms.contains(&form) {
                    forms.push(form);
                }
            }
            if forms.len() > 1 && field.kind != FieldKind::MultiChoice {
                return Err(wrong(key, Why::TooMany { most: 1 }));
            }
            if !forms.is_empty() && !belongs {
                return Err(wrong(key, Why::NotAChoice));
            }
            if forms.is_empty() && belongs && field.required && !own.is_empty() {
                return Err(wrong(key, Why::Missing));
            }
            changes.extend(self.changing(field, own, forms).await?);
        }
        for change in &changes {
            self.put_field(id, change).await?;
        }
        Ok(changes)
    }

    /// Somebody who was merged is who they became.
    async fn now_called(&mut self, kind: FieldKind, value: &str) -> Result<String> {
        match kind {
            FieldKind::Person => Ok(self.person_now(&PersonId(value.trim().to_owned())).await?.0),
            _ => Ok(value.to_owned()),
        }
    }

    /// None where it holds the same already.
    async fn changing(&mut self, field: &Field, own: &[Held], forms: Vec<Form>) -> Result<Option<Changing>> {
        let value = |form: &Form| form.words.clone().unwrap_or_else(|| form.text.clone());
        let same =
            own.len() == forms.len() && forms.iter().all(|form| own.iter().any(|row| row.value() == value(form)));
        if same {
            return Ok(None);
        }
        let mut new = vec![];
        for form in &forms {
            let person = match field.kind {
                FieldKind::Person => {
                    let name = self.name_of(&PersonId(form.text.clone())).await;
                    Some(name.map_err(|_| wrong(&field.key, Why::NotAChoice))?)
                }
                _ => None,
            };
            new.push(shown(field, &value(form), person));
        }
        new.sort_by_key(|named| field.choices.iter().position(|choice| choice.key == named.id));
        Ok(Some(Changing { field: field.clone(), old: value_of(field, own).shown, new, forms }))
    }

    async fn put_field(&mut self, id: &TicketId, change: &Changing) -> Result<()> {
        sqlx::query("delete from ticket_field where ticket_id = $1 and field_id = $2")
            .bind(id.clone())
            .bind(change.field.id.clone())
            .execute(self.sql())
            .await?;
        for form in &change.forms {
            sqlx::query(
                "insert into ticket_field (ticket_id, field_id, text, words, number, filed, turn)
                 values ($1, $2, $3, $4, $5, $6, (select number from ticket where id = $1))",
            )
            .bind(id.clone())
            .bind(change.field.id.clone())
            .bind(form.text.clone())
            .bind(form.words.clone())
            // Never nothing: the driver gives an absent double another type, and keeps the statement.
            .bind(form.number.unwrap_or_default())
            // People are filed with the request, by the names that they have then.
            .bind(filed(change.field.kind, form))
            .execute(self.sql())
            .await?;
        }
        Ok(())
    }

    /// The choices of a request with these, or without them.
    async fn choices_with(
        &mut self,
        id: &TicketId,
        key: &str,
        how: FieldHow,
        values: &[String],
    ) -> Result<Vec<String>> {
        let mut chosen = self.held_of_kind(id, key, FieldKind::MultiChoice).await?;
        chosen.retain(|value| !values.contains(value));
        if how == FieldHow::Add {
            chosen.extend_from_slice(values);
        }
        Ok(chosen)
    }

    /// Yes and no, the other way round.
    async fn toggled(&mut self, id: &TicketId, key: &str) -> Result<Vec<String>> {
        let held = self.held_of_kind(id, key, FieldKind::YesNo).await?;
        let yes = held.iter().any(|value| value == "yes");
        Ok(vec![if yes { "no" } else { "yes" }.to_owned()])
    }

    /// What a request holds in a field, as it is written.
    ///
    /// # Errors
    /// For a field that is not there, or of another kind.
    async fn held_of_kind(&mut self, id: &TicketId, key: &str, wanted: FieldKind) -> Result<Vec<String>> {
        let (field, kind): (String, String) =
            sqlx::query_as("select id, kind from field where key = $1 and deleted_at is null")
                .bind(key.to_owned())
                .fetch_optional(self.sql())
                .await?
                .ok_or_else(|| wrong(key, Why::NotAChoice))?;
        if kind != wanted.as_str() {
            return Err(wrong(key, Why::NotAChoice));
        }
        Ok(sqlx::query_scalar(
            "select coalesce(words, text) from ticket_field where ticket_id = $1 and field_id = $2 order by text",
        )
        .bind(id.clone())
        .bind(field)
        .fetch_all(self.sql())
        .await?)
    }

    /// Which required fields of a request are empty; for customers only of those that they fill in.
    pub(crate) async fn missing_fields(&mut self, id: &TicketId, portal: bool) -> Result<Vec<String>> {
        missing_fields(self.sql(), id, portal).await
    }

    /// # Errors
    /// The first required field that is empty.
    pub(crate) async fn fields_are_filled(&mut self, id: &TicketId, portal: bool) -> Result<()> {
        match self.missing_fields(id, portal).await?.first() {
            Some(key) => Err(wrong(key, Why::Missing)),
            None => Ok(()),
        }
    }
}

/// See [`Write::missing_fields`]. Where nothing is required this is one question.
pub(crate) async fn missing_fields(
    connection: &mut sqlx::AnyConnection,
    id: &TicketId,
    portal: bool,
) -> Result<Vec<String>> {
    let empty: Vec<String> = sqlx::query_scalar(
        "select f.id from field f where f.required_at is not null and f.deleted_at is null
           and not exists (select 1 from ticket_field x where x.ticket_id = $1 and x.field_id = f.id)",
    )
    .bind(id.clone())
    .fetch_all(&mut *connection)
    .await?;
    if empty.is_empty() {
        return Ok(vec![]);
    }
    let layout = Layout::load(&mut *connection).await?;
    let (kind, category) = spot(connection, id).await?;
    let missing = layout.fields.iter().filter(|field| {
        empty.contains(&field.id.0) && (field.portal || !portal) && layout.belongs(field, kind.as_deref(), &category)
    });
    Ok(missing.map(|field| field.key.clone()).collect())
}
