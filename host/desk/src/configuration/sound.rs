//! What a row has to be, beside what its table asks for: the same as where it is made by hand.

use super::part::{Part, number, text};
use crate::{Error, Result, Why, db::Write, field, mailbox::Imap, model::*, person, tag::tag_name, webhook};

impl Write {
    /// # Errors
    /// `Invalid` with the name of the part, and why.
    pub(super) async fn is_sound(&mut self, part: &Part, row: &ConfigurationRow) -> Result<()> {
        let sound = match part.table {
            "account" => account(row),
            "category" => category(row),
            "webhook" => webhook::is_sound(
                &text(row, "name").unwrap_or_default(),
                &text(row, "url").unwrap_or_default(),
                &text(row, "events").unwrap_or_default(),
            ),
            "tag" => text(row, "name").ok_or_else(|| Error::invalid("name", Why::Missing)).and_then(|name| {
                if tag_name(&name)? == name { Ok(()) } else { Err(Error::invalid("name", Why::NotAChoice)) }
            }),
            "field" => match field_of(row) {
                Ok(new) => self.may_save_field(&new).await,
                Err(error) => Err(error),
            },
            _ => Ok(()),
        };
        sound.map_err(|error| match error {
            Error::Invalid { why, .. } => Error::invalid(part.table, why),
            other => other,
        })
    }

    /// A mailbox that is fetched from the same place by the same user keeps its password, and how far it was read. Anywhere else
    /// they must not go.
    pub(super) async fn with_secret(&mut self, part: &Part, mut row: ConfigurationRow) -> Result<ConfigurationRow> {
        let (Some(imap), Some(id)) = (text(&row, "imap"), text(&row, "id")) else { return Ok(row) };
        if part.table != "account" {
            return Ok(row);
        }
        let kept: Option<Option<String>> = sqlx::query_scalar("select imap from account where id = $1")
            .bind(id.clone())
            .fetch_optional(self.sql())
            .await?;
        let Some(kept) = kept.flatten() else { return Ok(row) };
        let (kept, new): (Imap, Imap) = (serde_json::from_str(&kept)?, serde_json::from_str(&imap)?);
        // How far one place was read says nothing of another. MBX-1.
        if !kept.same_place(&new) {
            sqlx::query("update account set cursor = null where id = $1").bind(id).execute(self.sql()).await?;
        }
        if (&kept.host, kept.port, kept.tls, &kept.user) == (&new.host, new.port, new.tls, &new.user) {
            let imap = Imap { password: kept.password, ..new };
            row.insert("imap".to_owned(), Cell::Text(serde_json::to_string(&imap)?));
        }
        Ok(row)
    }
}

/// Days and what comes after them go together.
fn category(row: &ConfigurationRow) -> Result<()> {
    let then = text(row, "keep_then").map(|then| then.parse());
    match (number(row, "keep_days"), then) {
        (None, None) => Ok(()),
        (Some(days), Some(Ok(then))) if (Retention { days, then }).is_sound() => Ok(()),
        _ => Err(Error::invalid("category", Why::NotAChoice)),
    }
}

fn account(row: &ConfigurationRow) -> Result<()> {
    let wrong = || Error::invalid("account", Why::NotAChoice);
    match text(row, "imap").map(|imap| serde_json::from_str::<Imap>(&imap)) {
        // A secret that stands in a document is one no more.
        Some(Ok(imap)) if !imap.password.is_empty() => return Err(wrong()),
        Some(Err(_)) => return Err(wrong()),
        _ => {}
    }
    if text(row, "language").is_some_and(|tag| Language::from_tag(&tag).is_none()) {
        return Err(wrong());
    }
    match (text(row, "kind").as_deref(), text(row, "address")) {
        (Some("email"), Some(said)) if person::address(&said).as_deref() == Ok(said.as_str()) => Ok(()),
        (Some("portal" | "phone"), None) => Ok(()),
        _ => Err(wrong()),
    }
}

fn field_of(row: &ConfigurationRow) -> Result<Field> {
    let wrong = |_| Error::invalid("field", Why::NotAChoice);
    let said = |name: &str| text(row, name).ok_or_else(|| Error::invalid("field", Why::Missing));
    let new = Field {
        id: FieldId(said("id")?),
        key: said("key")?,
        nb: said("nb")?,
        en: said("en")?,
        hint_nb: said("hint_nb")?,
        hint_en: said("hint_en")?,
        kind: said("kind")?.parse().map_err(|_| Error::invalid("field", Why::NotAChoice))?,
        choices: serde_json::from_str(&said("choices")?).map_err(wrong)?,
        required: row.contains_key("required_at"),
        portal: row.contains_key("portal_at"),
        places: serde_json::from_str(&said("places")?).map_err(wrong)?,
    };
    field::check(&new)?;
    Ok(new)
}
