//! What is in the document: tables, their columns, and a row as the document has it.

use crate::{Error, Result, Why, hold::LONGEST_HOLD, mailbox::Imap, model::*};
use sqlx::{AssertSqlSafe, Row, any::AnyRow};
use std::collections::BTreeMap;

/// A table of the configuration, and which of its columns are in the document.
pub(super) struct Part {
    pub table: &'static str,
    pub key: &'static [&'static str],
    pub text: &'static [&'static str],
    pub number: &'static [&'static str],
    /// Times since when something holds: in the document they are there or not.
    pub flag: &'static [&'static str],
    /// Rows that the document does not have go.
    pub whole: bool,
    /// Which rows count.
    pub only: &'static str,
    /// What is set beside the document's columns.
    pub given: &'static [(&'static str, Given)],
}

/// What a column is given that the document does not have.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Given {
    /// When the row was last brought in.
    Now,
    /// When it first was.
    Born,
    /// Whoever brought it in first.
    Maker,
    /// A fresh one for what is new: whoever is to be reached is given it by hand.
    Secret,
    /// The name as it is compared.
    Folded,
}

impl Given {
    /// Stays what it was once the row is there.
    pub fn stays(self) -> bool {
        matches!(self, Given::Born | Given::Maker | Given::Secret)
    }
}

const PLAIN: Part =
    Part { table: "", key: &["id"], text: &[], number: &[], flag: &[], whole: false, only: "1 = 1", given: &[] };

/// In this order each row finds what it refers to.
pub(super) const PARTS: &[Part] = &[
    Part { table: "setting", key: &["name"], text: &["value"], whole: true, ..PLAIN },
    Part {
        table: "status",
        text: &["state", "nb", "en", "track"],
        number: &["position"],
        flag: &["default_at", "accept_at", "queue_at", "new_on_reply_at", "waiting_at"],
        ..PLAIN
    },
    Part { table: "calendar", text: &["name", "zone", "hours"], ..PLAIN },
    Part { table: "holiday", key: &["calendar_id", "day"], text: &["name"], whole: true, ..PLAIN },
    Part {
        table: "priority",
        text: &["nb", "en", "calendar_id", "on_new", "on_read", "on_transfer", "on_news", "on_closed", "on_priority"],
        number: &["rank", "first_response", "next_response", "resolution", "warn_at"],
        flag: &["default_at", "external_at", "calendar_escalation_at"],
        only: "deleted_at is null",
        ..PLAIN
    },
    Part {
        table: "escalation_level",
        text: &["priority_id", "reassign_to", "tell", "template", "note", "account_id"],
        number: &["position", "after_minutes"],
        whole: true,
        ..PLAIN
    },
    Part { table: "agreement", text: &["name", "calendar_id"], ..PLAIN },
    Part {
        table: "agreement_target",
        key: &["agreement_id", "priority_id"],
        number: &["first_response", "next_response", "resolution"],
        whole: true,
        ..PLAIN
    },
    Part {
        table: "category",
        text: &[
            "name",
            "nb",
            "en",
            "parent_id",
            "admin_agent_id",
            "notify_addresses",
            "new_status_id",
            "message_status_id",
            "method",
            "keep_then",
            "style_html",
            "style_text",
        ],
        number: &["position", "quarantine", "keep_days"],
        flag: &[
            "internal_at",
            "members_only_at",
            "notify_members_at",
            "take_on_reply_at",
            "present_only_at",
            "reassign_absent_at",
            "service_contact_first_at",
            "status_view_at",
            "style_below_at",
        ],
        only: "deleted_at is null",
        ..PLAIN
    },
    Part { table: "team", text: &["name"], ..PLAIN },
    Part { table: "team_member", key: &["team_id", "agent_id"], whole: true, ..PLAIN },
    Part { table: "category_member", key: &["category_id", "agent_id"], number: &["weight"], whole: true, ..PLAIN },
    Part { table: "category_team", key: &["category_id", "team_id"], whole: true, ..PLAIN },
    Part { table: "role", text: &["name", "list", "read", "edit", "rights"], flag: &["default_at"], ..PLAIN },
    Part { table: "agent_role", key: &["agent_id", "role_id"], whole: true, ..PLAIN },
    Part {
        table: "request_type",
        text: &["nb", "en", "description", "icon", "status_id", "priority_id", "template"],
        number: &["position"],
        flag: &["default_at", "external_at"],
        only: "deleted_at is null",
        ..PLAIN
    },
    Part {
        table: "account",
        text: &["kind", "address", "name", "category_id", "priority_id", "type_id", "language", "imap"],
        flag: &["silent_at"],
        // What a channel's account needs is its plugin's to know.
        only: "kind <> 'channel'",
        ..PLAIN
    },
    Part {
        table: "field",
        text: &["key", "nb", "en", "hint_nb", "hint_en", "kind", "choices", "places"],
        number: &["position"],
        flag: &["required_at", "portal_at"],
        only: "deleted_at is null",
        ..PLAIN
    },
    Part { table: "tag", text: &["name"], given: &[("folded", Given::Folded), ("created_at", Given::Born)], ..PLAIN },
    Part {
        table: "webhook",
        text: &["name", "url", "events"],
        flag: &["enabled_at"],
        given: &[("agent_id", Given::Maker), ("secret", Given::Secret), ("created_at", Given::Born)],
        ..PLAIN
    },
    Part {
        table: "agent_skill",
        key: &["agent_id", "skill"],
        text: &["name"],
        number: &["level"],
        whole: true,
        ..PLAIN
    },
    Part {
        table: "wanted_skill",
        key: &["place", "place_id", "skill"],
        text: &["name"],
        number: &["level"],
        flag: &["required_at"],
        whole: true,
        ..PLAIN
    },
    Part { table: "type_status", key: &["type_id", "status_id"], whole: true, ..PLAIN },
    Part { table: "type_priority", key: &["type_id", "priority_id"], whole: true, ..PLAIN },
    Part {
        table: "relation_rule",
        text: &["name", "parent_types", "child_types"],
        flag: &["require_parent_at", "children_first_at", "close_parent_at", "close_children_at"],
        ..PLAIN
    },
    Part {
        table: "rule",
        text: &["name", "content"],
        number: &["position"],
        flag: &["enabled_at"],
        given: &[("changed_at", Given::Now)],
        ..PLAIN
    },
];

/// Settings that an administrator decides, and whether a value of theirs can be read. Others are the desk's own.
fn is_decided(name: &str, value: Option<&str>) -> bool {
    let reads = |fits: fn(&str) -> bool| value.is_none_or(fits);
    match name {
        "organisation.name" | "organisation.phone" => true,
        "preferences" => reads(|text| serde_json::from_str::<Chosen>(text).is_ok()),
        "house" => reads(|text| serde_json::from_str::<ChosenHouseRules>(text).is_ok_and(|chosen| chosen.is_sound())),
        "reminders" => reads(|text| serde_json::from_str::<Reminders>(text).is_ok_and(|new| new.is_sound())),
        "api.limit" => reads(|text| serde_json::from_str::<ApiLimit>(text).is_ok_and(|limit| limit.is_sound())),
        "bin.days" => reads(|text| text.parse().is_ok_and(|days: i64| (1..=3_650).contains(&days))),
        "reply.hold" => reads(|text| text.parse().is_ok_and(|seconds| (0..=LONGEST_HOLD).contains(&seconds))),
        _ => name.starts_with("notice.") && reads(|text| text == "0" || text == "1"),
    }
}

/// Rows by their keys.
pub(super) type Rows = BTreeMap<Vec<String>, ConfigurationRow>;

impl Part {
    pub async fn rows(&self, connection: &mut sqlx::AnyConnection) -> Result<Rows> {
        let columns: Vec<&str> =
            self.key.iter().chain(self.text).chain(self.number).chain(self.flag).copied().collect();
        // Only names from the list above get into this text.
        let sql = format!(
            "select {} from {} where {} order by {}",
            columns.join(", "),
            self.table,
            self.only,
            self.key.join(", ")
        );
        let found: Vec<AnyRow> = sqlx::query(AssertSqlSafe(sql)).fetch_all(connection).await?;
        let mut rows = Rows::new();
        for row in found {
            let row = self.read(&row)?;
            let key = self.key_of(&row)?;
            if self.table != "setting" || is_decided(&key[0], None) {
                rows.insert(key, row);
            }
        }
        Ok(rows)
    }

    fn read(&self, row: &AnyRow) -> Result<ConfigurationRow> {
        let mut cells = ConfigurationRow::new();
        let mut put = |name: &str, cell: Option<Cell>| {
            if let Some(cell) = cell {
                cells.insert(name.to_owned(), cell);
            }
        };
        for name in self.key.iter().chain(self.text) {
            put(name, row.try_get::<Option<String>, _>(*name)?.map(Cell::Text));
        }
        for name in self.number {
            put(name, row.try_get::<Option<i64>, _>(*name)?.map(Cell::Number));
        }
        for name in self.flag {
            put(name, row.try_get::<Option<i64>, _>(*name)?.map(|_| Cell::Flag(true)));
        }
        if self.table == "account" {
            without_password(&mut cells)?;
        }
        Ok(cells)
    }

    /// Every column is one of ours and of its kind.
    pub fn check(&self, row: &ConfigurationRow) -> Result<()> {
        let fits = row.iter().all(|(name, cell)| {
            let name = name.as_str();
            match cell {
                Cell::Text(_) => self.key.contains(&name) || self.text.contains(&name),
                Cell::Number(_) => self.number.contains(&name),
                Cell::Flag(on) => *on && self.flag.contains(&name),
            }
        });
        let sound = self.table != "setting"
            || text(row, "name").is_some_and(|name| is_decided(&name, text(row, "value").as_deref()));
        if fits && sound { Ok(()) } else { Err(Error::invalid(self.table, Why::NotAChoice)) }
    }

    pub fn key_of(&self, row: &ConfigurationRow) -> Result<Vec<String>> {
        self.key.iter().map(|name| text(row, name).ok_or_else(|| Error::invalid(self.table, Why::Missing))).collect()
    }

    pub fn name_of(&self, row: &ConfigurationRow) -> String {
        let named = ["name", "nb"].iter().find_map(|column| text(row, column));
        named.or_else(|| self.key_of(row).ok().map(|key| key.join(" "))).unwrap_or_default()
    }

    pub fn changed(&self, old: Option<&ConfigurationRow>, new: &ConfigurationRow) -> Vec<String> {
        let columns = self.text.iter().chain(self.number).chain(self.flag);
        let differs = |name: &&&str| old.and_then(|old| old.get(**name)) != new.get(**name);
        columns.filter(differs).map(|name| (*name).to_owned()).collect()
    }
}

/// Where mail is fetched, but not with what.
fn without_password(row: &mut ConfigurationRow) -> Result<()> {
    if let Some(imap) = text(row, "imap") {
        let imap = Imap { password: String::new(), ..serde_json::from_str(&imap)? };
        row.insert("imap".to_owned(), Cell::Text(serde_json::to_string(&imap)?));
    }
    Ok(())
}

pub(super) fn text(row: &ConfigurationRow, name: &str) -> Option<String> {
    match row.get(name) {
        Some(Cell::Text(text)) => Some(text.clone()),
        _ => None,
    }
}

pub(super) fn number(row: &ConfigurationRow, name: &str) -> Option<i64> {
    match row.get(name) {
        Some(Cell::Number(number)) => Some(*number),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::House;

    /// What the desk itself keeps in a row, and nobody decides.
    const OWN: [&str; 6] = ["deleted_at", "cursor", "node_id", "failing_since", "failures", "paused_until"];

    /// C-25: a column that comes to a table comes to the document too, or it is said here why not.
    #[tokio::test(flavor = "multi_thread")]
    async fn the_document_has_every_column_that_somebody_decides() {
        let house = House::open().await;
        for part in PARTS {
            let there: Vec<String> = sqlx::query_scalar("select name from pragma_table_info($1)")
                .bind(part.table)
                .fetch_all(house.desk.read())
                .await
                .unwrap();
            let given = part.given.iter().map(|(column, _)| column);
            let known: Vec<&str> =
                part.key.iter().chain(part.text).chain(part.number).chain(part.flag).chain(given).copied().collect();
            let left: Vec<&String> =
                there.iter().filter(|name| !known.contains(&name.as_str()) && !OWN.contains(&name.as_str())).collect();
            assert!(!there.is_empty() && left.is_empty(), "{}: {left:?}", part.table);
        }
    }
}
