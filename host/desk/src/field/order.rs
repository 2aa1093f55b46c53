//! What custom fields are sorted by: words and names as in the alphabet, figures and days by their size, choices in the order
//! in which they are offered.

use super::form::Form;
use crate::{
    Desk, Error, Result, Why,
    alphabet::filed_under,
    db::{Write, word},
    model::*,
};

/// A field that a list is sorted by.
pub(crate) struct Sorted {
    pub field: FieldId,
    /// In their order; none where values have an order by themselves.
    pub choices: Option<Vec<String>>,
    /// Whether a request can have several; it stands under the first of them.
    pub several: bool,
}

/// What a value is filed under, in digits, which are in one order in every database. Choices stay as they are, because lists
/// know their order; nothing yet for people, whose names change.
pub(super) fn filed(kind: FieldKind, form: &Form) -> String {
    match kind {
        FieldKind::Text => filed_under(form.words.as_deref().unwrap_or_default()),
        FieldKind::Number | FieldKind::Date => by_size(form.number.unwrap_or_default()),
        FieldKind::Choice | FieldKind::MultiChoice | FieldKind::YesNo => form.text.clone(),
        FieldKind::Person => String::new(),
    }
}

/// Digits in the order of the figures. IEEE 754, 5.10: as integers positive ones are in order and negative ones in the
/// opposite; so all bits of these are turned, and of those the first.
fn by_size(figure: f64) -> String {
    // There is one nothing.
    let bits = (figure + 0.0).to_bits();
    let in_order = if bits >> 63 == 1 { !bits } else { bits | 1 << 63 };
    format!("{in_order:020}")
}

impl Desk {
    /// # Errors
    /// `Invalid` for a key that no field has.
    pub(crate) async fn sorted_field(&self, key: &str) -> Result<Sorted> {
        let (field, kind, choices): (FieldId, String, String) =
            sqlx::query_as("select id, kind, choices from field where key = $1 and deleted_at is null")
                .bind(key.to_owned())
                .fetch_optional(self.read())
                .await?
                .ok_or_else(|| Error::invalid("key", Why::NotAChoice))?;
        let kind = word(&kind)?;
        let choices = match kind {
            FieldKind::YesNo => Some(vec!["yes".to_owned(), "no".to_owned()]),
            FieldKind::Choice | FieldKind::MultiChoice => {
                let choices: Vec<FieldChoice> = serde_json::from_str(&choices)?;
                Some(choices.into_iter().map(|choice| choice.key).collect())
            }
            FieldKind::Text | FieldKind::Number | FieldKind::Date | FieldKind::Person => None,
        };
        Ok(Sorted { field, choices, several: kind == FieldKind::MultiChoice })
    }
}

impl Write {
    /// Files a request under the people in its fields, by their names as they are now.
    pub(crate) async fn file_people(&mut self, id: &TicketId) -> Result<()> {
        let people: Vec<(String, String, String)> = sqlx::query_as(
            "select x.text, p.name, x.filed from ticket_field x join field f on f.id = x.field_id and f.kind = 'person'
             join person p on p.id = x.text where x.ticket_id = $1",
        )
        .bind(id.clone())
        .fetch_all(self.sql())
        .await?;
        for (person, name, old) in people {
            let new = filed_under(&name);
            if new != old {
                sqlx::query(
                    "update ticket_field set filed = $3 where ticket_id = $1 and text = $2
                       and field_id in (select id from field where kind = 'person')",
                )
                .bind(id.clone())
                .bind(person)
                .bind(new)
                .execute(self.sql())
                .await?;
            }
        }
        Ok(())
    }

    /// The same for all requests that name somebody, who has got another name.
    pub(crate) async fn file_person(&mut self, id: &PersonId, name: &str) -> Result<()> {
        sqlx::query(
            "update ticket_field set filed = $2
             where text = $1 and field_id in (select id from field where kind = 'person') and filed <> $2",
        )
        .bind(id.clone())
        .bind(filed_under(name))
        .execute(self.sql())
        .await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_in_the_order_of_figures() {
        let figures = [-1e14, -12.5, -12.0, -0.001, 0.0, 0.001, 1.0, 2.0, 10.0, 1.8e15, 9e17];
        let digits: Vec<String> = figures.iter().map(|figure| by_size(*figure)).collect();
        assert!(digits.is_sorted_by(|a, b| a < b), "{digits:?}");
        assert_eq!(by_size(-0.0), by_size(0.0));
    }
}
