//! Lists as files. FND-4, FND-7.

use super::event::text_enum;
use serde::{Deserialize, Serialize};

text_enum! {
    Format {
        /// Commas and quotes, in UTF-8.
        Csv = "csv",
        Xlsx = "xlsx",
        /// One page with a table, for a browser and for paper.
        Html = "html",
        /// Columns one below the other, in UTF-8.
        Text = "text",
    }
}

impl Format {
    /// What a file of it is called at its end, and its media type.
    pub fn kind(self) -> (&'static str, &'static str) {
        match self {
            Format::Csv => ("csv", "text/csv; charset=utf-8"),
            Format::Xlsx => ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
            Format::Html => ("html", "text/html; charset=utf-8"),
            Format::Text => ("txt", "text/plain; charset=utf-8"),
        }
    }
}

text_enum! {
    /// What a list can show of a request. FND-7.
    ListColumn {
        Number = "number",
        Title = "title",
        Created = "created",
        Changed = "changed",
        Closed = "closed",
        Owner = "owner",
        Category = "category",
        /// Main contact's name, or who wrote.
        Contact = "contact",
        /// Main contact's first address.
        Address = "address",
        Company = "company",
        Status = "status",
        Priority = "priority",
        Type = "type",
        Deadline = "deadline",
        Sale = "sale",
        Project = "project",
        Tags = "tags",
        Messages = "messages",
        /// Spent. TIM-1.
        Minutes = "minutes",
        /// Minutes to charge. TIM-1.
        Charge = "charge",
    }
}

/// How the file shall look.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Export {
    pub format: Format,
    /// In this order, with the heading that the reader knows.
    pub columns: Vec<(ListColumn, String)>,
    /// Custom fields by their keys, after the columns. FND-7.
    #[serde(default)]
    pub fields: Vec<(String, String)>,
    /// What stands above a page; empty for nothing.
    #[serde(default)]
    pub title: String,
    /// IANA name: whose clock the times are told by.
    pub zone: String,
    /// Begin a CSV with a mark by which spreadsheets know UTF-8.
    #[serde(default)]
    pub mark: bool,
}
