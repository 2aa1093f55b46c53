//! Custom fields as administrators set them up, and which of them a request has. What requests hold in them is in `value`,
//! what they are sorted by in `order`.

pub(crate) mod form;
pub(crate) mod order;
mod value;

use crate::{
    Desk, Error, Result, Why,
    access::{administrator, staff},
    db::{Fact, Write, word},
    model::*,
    person::shorten,
};
use std::collections::HashMap;

const MOST_FIELDS: i64 = 1_000;
const MOST_CHOICES: usize = 500;
const MOST_PLACES: usize = 500;

#[derive(sqlx::FromRow)]
struct FieldRow {
    id: FieldId,
    key: String,
    nb: String,
    en: String,
    hint_nb: String,
    hint_en: String,
    kind: String,
    choices: String,
    places: String,
    required_at: Option<i64>,
    portal_at: Option<i64>,
}

/// All fields that are not retired, and where each belongs: as many questions to the database however many there are.
pub(crate) struct Layout {
    pub fields: Vec<Field>,
    /// The category above each.
    above: HashMap<String, String>,
}

impl Layout {
    pub async fn load(connection: &mut sqlx::AnyConnection) -> Result<Layout> {
        let rows: Vec<FieldRow> = sqlx::query_as(
            "select id, key, nb, en, hint_nb, hint_en, kind, choices, places, required_at, portal_at from field
             where deleted_at is null order by position, id",
        )
        .fetch_all(&mut *connection)
        .await?;
        let above: Vec<(String, String)> =
            sqlx::query_as("select id, parent_id from category where parent_id is not null")
                .fetch_all(connection)
                .await?;
        let mut fields = Vec::with_capacity(rows.len());
        for row in rows {
            fields.push(Field {
                places: serde_json::from_str(&row.places)?,
                kind: word(&row.kind)?,
                choices: serde_json::from_str(&row.choices)?,
                required: row.required_at.is_some(),
                portal: row.portal_at.is_some(),
                id: row.id,
                key: row.key,
                nb: row.nb,
                en: row.en,
                hint_nb: row.hint_nb,
                hint_en: row.hint_en,
            });
        }
        Ok(Layout { fields, above: above.into_iter().collect() })
    }

    /// Whether a request of this type and category has a field.
    pub fn belongs(&self, field: &Field, kind: Option<&str>, category: &str) -> bool {
        field.places.is_empty()
            || field.places.iter().any(|place| {
                place.kind.as_ref().is_none_or(|wanted| Some(wanted.as_str()) == kind)
                    && place.category.as_ref().is_none_or(|wanted| self.is_below(category, wanted.as_str()))
            })
    }

    fn is_below(&self, category: &str, wanted: &str) -> bool {
        let mut here = Some(category);
        // A tree has no circle; a broken one shall not hold us.
        for _ in 0..=self.above.len() {
            match here {
                Some(category) if category == wanted => return true,
                Some(category) => here = self.above.get(category).map(String::as_str),
                None => return false,
            }
        }
        false
    }

    pub fn by_key(&self, key: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.key == key)
    }
}

impl Desk {
    /// All of them, in their order.
    pub async fn fields(&self, actor: &Actor) -> Result<Vec<Field>> {
        staff(actor)?;
        Ok(Layout::load(&mut *self.read().acquire().await?).await?.fields)
    }

    /// Those that a request of this type and category has. No category is a request that has none yet.
    pub async fn fields_at(
        &self,
        actor: &Actor,
        kind: Option<&RequestTypeId>,
        category: Option<&CategoryId>,
    ) -> Result<Vec<Field>> {
        staff(actor)?;
        let layout = Layout::load(&mut *self.read().acquire().await?).await?;
        let (kind, category) = (kind.map(RequestTypeId::as_str), category.map_or("", CategoryId::as_str));
        Ok(layout.fields.iter().filter(|field| layout.belongs(field, kind, category)).cloned().collect())
    }

    /// Adds a field, or changes the one whose id it has; one that was retired is there again.
    ///
    /// # Errors
    /// `key` that is none, is taken, or is not the one it had; `kind` of a field that requests hold values in; `choices` that
    /// are missing, double, or gone while requests have them: those are retired instead.
    pub async fn save_field(&self, actor: &Actor, new: Field) -> Result<()> {
        administrator(actor)?;
        check(&new)?;
        let mut write = self.write().await?;
        write.may_save_field(&new).await?;
        write.save_field(&new).await?;
        let fact = Fact { new: Some(&new.nb), data: Some(new.id.0.clone()), ..Fact::default() };
        write.record(actor, Cause::Person, EventKind::SettingsChanged, fact).await?;
        self.commit(write).await
    }

    /// The order in which they are shown.
    pub async fn order_fields(&self, actor: &Actor, ids: &[FieldId]) -> Result<()> {
        self.put_in_order(actor, "field", ids, 0).await
    }

    /// Takes a field away from all requests. What they hold in it stays, and is there again when the field is saved anew.
    pub async fn retire_field(&self, actor: &Actor, id: &FieldId) -> Result<()> {
        administrator(actor)?;
        let mut write = self.write().await?;
        let now = write.now;
        let retired = sqlx::query("update field set deleted_at = $2 where id = $1 and deleted_at is null")
            .bind(id.clone())
            .bind(now)
            .execute(write.sql())
            .await?;
        if retired.rows_affected() == 0 {
            return Err(Error::NotFound);
        }
        let fact = Fact { data: Some(id.0.clone()), ..Fact::default() };
        write.record(actor, Cause::Person, EventKind::SettingsChanged, fact).await?;
        self.commit(write).await
    }
}

pub(crate) fn check(new: &Field) -> Result<()> {
    if !form::is_key(&new.key) {
        return Err(Error::invalid("key", if new.key.is_empty() { Why::Missing } else { Why::NotAChoice }));
    }
    if new.nb.trim().is_empty() || new.en.trim().is_empty() {
        return Err(Error::invalid("name", Why::Missing));
    }
    if new.portal && new.kind == FieldKind::Person {
        return Err(Error::invalid("portal", Why::NotAChoice));
    }
    if new.places.len() > MOST_PLACES {
        return Err(Error::invalid("places", Why::TooMany { most: MOST_PLACES as u32 }));
    }
    let choices = |why| Err(Error::invalid("choices", why));
    match (matches!(new.kind, FieldKind::Choice | FieldKind::MultiChoice), new.choices.len()) {
        (true, 0) => return choices(Why::Missing),
        (false, 1..) => return choices(Why::NotAChoice),
        (true, many) if many > MOST_CHOICES => return choices(Why::TooMany { most: MOST_CHOICES as u32 }),
        _ => {}
    }
    let bad = |choice: &FieldChoice| {
        let key = choice.key.trim();
        // `none` asks for requests without a value.
        key.is_empty() || key != choice.key || key.len() > 100 || key == "none" || key.chars().any(char::is_control)
    };
    if new.choices.iter().any(|choice| bad(choice) || choice.nb.trim().is_empty() || choice.en.trim().is_empty()) {
        return choices(Why::Missing);
    }
    let double = |(n, choice): (usize, &FieldChoice)| new.choices[..n].iter().any(|other| other.key == choice.key);
    if new.choices.iter().enumerate().any(double) {
        return choices(Why::Double);
    }
    Ok(())
}

impl Write {
    pub(crate) async fn may_save_field(&mut self, new: &Field) -> Result<()> {
        let taken: Option<FieldId> = sqlx::query_scalar("select id from field where key = $1 and id <> $2")
            .bind(new.key.clone())
            .bind(new.id.clone())
            .fetch_optional(self.sql())
            .await?;
        if taken.is_some() {
            return Err(Error::invalid("key", Why::Double));
        }
        let others: i64 = sqlx::query_scalar("select count(*) from field where id <> $1")
            .bind(new.id.clone())
            .fetch_one(self.sql())
            .await?;
        if others >= MOST_FIELDS {
            return Err(Error::invalid("field", Why::TooMany { most: MOST_FIELDS as u32 }));
        }
        for place in &new.places {
            if let Some(category) = &place.category {
                self.category_there(category).await?;
            }
            if let Some(kind) = &place.kind {
                self.type_there(kind).await?;
            }
        }
        let old: Option<(String, String)> = sqlx::query_as("select key, kind from field where id = $1")
            .bind(new.id.clone())
            .fetch_optional(self.sql())
            .await?;
        let Some((key, kind)) = old else { return Ok(()) };
        if key != new.key {
            return Err(Error::invalid("key", Why::NotAChoice));
        }
        let used: Vec<(String, i64)> =
            sqlx::query_as("select text, count(*) from ticket_field where field_id = $1 group by text")
                .bind(new.id.clone())
                .fetch_all(self.sql())
                .await?;
        if kind != new.kind.as_str() && !used.is_empty() {
            let times = used.iter().map(|(_, times)| times).sum::<i64>() as u32;
            return Err(Error::invalid("kind", Why::InUse { times }));
        }
        let chosen = matches!(new.kind, FieldKind::Choice | FieldKind::MultiChoice);
        let lost = used.iter().find(|(text, _)| !new.choices.iter().any(|choice| choice.key == *text));
        match lost {
            Some((_, times)) if chosen => Err(Error::invalid("choices", Why::InUse { times: *times as u32 })),
            _ => Ok(()),
        }
    }

    async fn save_field(&mut self, new: &Field) -> Result<()> {
        let now = self.now;
        let since = |on: bool| on.then_some(now);
        sqlx::query(
            "insert into field (id, key, nb, en, kind, choices, places, position, required_at, portal_at, hint_nb, hint_en)
             values ($1, $2, $3, $4, $5, $6, $7, (select count(*) from field), $8, $9, $10, $11)
             on conflict (id) do update set nb = excluded.nb, en = excluded.en, kind = excluded.kind,
               choices = excluded.choices, places = excluded.places, required_at = excluded.required_at,
               portal_at = excluded.portal_at, hint_nb = excluded.hint_nb, hint_en = excluded.hint_en, deleted_at = null",
        )
        .bind(new.id.clone())
        .bind(new.key.clone())
        .bind(shorten(&new.nb, 200))
        .bind(shorten(&new.en, 200))
        .bind(new.kind.as_str())
        .bind(serde_json::to_string(&new.choices)?)
        .bind(serde_json::to_string(&new.places)?)
        .bind(since(new.required))
        .bind(since(new.portal))
        .bind(shorten(&new.hint_nb, 1_000))
        .bind(shorten(&new.hint_en, 1_000))
        .execute(self.sql())
        .await?;
        Ok(())
    }
}
