//! A list as a file: what the reader may see, in their language and by their clock. FND-4.

use crate::{
    Desk, Error, Result, Why,
    access::staff,
    model::export::Export,
    model::*,
    several::{by_owner, found_for},
    table::{Cell, Table, moment},
};
use jiff::tz::TimeZone;
use std::collections::HashMap;

/// Most rows of one file.
pub const MOST_EXPORTED: usize = 50_000;
const MOST_COLUMNS: usize = 50;

/// What a row of a list does not tell already.
#[derive(Clone, Debug, Default, sqlx::FromRow)]
struct More {
    id: TicketId,
    closed_at: Option<i64>,
    deadline: Option<i64>,
    messages: i64,
    minutes: i64,
    charge: i64,
    address: Option<String>,
    sale: Option<String>,
    project: Option<String>,
}

/// Under which the reader's language stands among the names.
const LANGUAGE: &str = "language";

/// Names by id, in the reader's language.
type Names = HashMap<String, String>;

impl Desk {
    /// The bytes of a file with the requests of a selection, in the order of its pages.
    ///
    /// # Errors
    /// [`Error::Forbidden`] without the right to export; [`Why::TooMany`] above 50,000 requests: a file that is cut off
    /// without a word is worse than none.
    pub async fn export(&self, actor: &Actor, of: &Selection, export: &Export) -> Result<Vec<u8>> {
        staff(actor)?;
        self.entitled(actor, Right::Export).await?;
        if export.columns.is_empty() {
            return Err(Error::invalid("columns", Why::Missing));
        }
        if export.columns.len() + export.fields.len() > MOST_COLUMNS {
            return Err(Error::invalid("columns", Why::TooMany { most: MOST_COLUMNS as u32 }));
        }
        let zone = TimeZone::get(&export.zone).map_err(|_| Error::invalid("zone", Why::NotAChoice))?;
        let names = self.names(actor).await?;
        let (mut table, mut after) = (vec![], None);
        loop {
            let page = self.page_of_selection(actor, of, after.as_deref()).await?;
            self.lay(&page.rows, export, &zone, &names, &mut table).await?;
            if table.len() > MOST_EXPORTED {
                return Err(Error::invalid("of", Why::TooMany { most: MOST_EXPORTED as u32 }));
            }
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        let table = Table {
            title: export.title.clone(),
            language: names.get(LANGUAGE).and_then(|tag| Language::from_tag(tag)).unwrap_or_default(),
            headings: headings(export).map(str::to_owned).collect(),
            rows: table,
            mark: export.mark,
        };
        table.write(export.format).await
    }

    pub(crate) async fn names(&self, actor: &Actor) -> Result<Names> {
        let language = self.profile(actor).await?.language;
        let choices = self.choices(actor).await?;
        let mut names = Names::from([(LANGUAGE.to_owned(), language.tag().to_owned())]);
        names.extend(choices.statuses.iter().map(|s| (s.id.0.clone(), s.name(language).to_owned())));
        names.extend(choices.priorities.iter().map(|p| (p.id.0.clone(), p.name(language).to_owned())));
        names.extend(choices.types.iter().map(|k| (k.id.0.clone(), k.name(language).to_owned())));
        names.extend(choices.categories.iter().map(|c| (c.id.0.clone(), c.name.clone())));
        Ok(names)
    }

    /// Adds a page of rows to the table, with what else of them is asked for.
    async fn lay(
        &self,
        rows: &[TicketRow],
        export: &Export,
        zone: &TimeZone,
        names: &Names,
        table: &mut Vec<Vec<Cell>>,
    ) -> Result<()> {
        let ids: Vec<TicketId> = rows.iter().map(|row| row.id.clone()).collect();
        let (more, tags) = (self.more(&ids).await?, self.tags_among(&ids).await?);
        let keys: Vec<String> = export.fields.iter().map(|(key, _)| key.clone()).collect();
        let language = names.get(LANGUAGE).and_then(|tag| Language::from_tag(tag)).unwrap_or_default();
        let fields = self.field_columns(&ids, &keys, language).await?;
        for row in rows {
            let more = more.get(&row.id).cloned().unwrap_or_default();
            let tags = tags.get(&row.id).cloned().unwrap_or_default();
            let cells = export.columns.iter().map(|(column, _)| cell(*column, row, &more, &tags, names, zone));
            let own = export.fields.iter().map(|(key, _)| match fields.get(&(row.id.0.clone(), key.clone())) {
                Some(words) => Cell::Text(words.clone()),
                None => Cell::Empty,
            });
            table.push(cells.chain(own).collect());
        }
        Ok(())
    }

    async fn more(&self, ids: &[TicketId]) -> Result<HashMap<TicketId, More>> {
        let more: Vec<More> = found_for(
            &mut *self.read().acquire().await?,
            "select t.id, t.closed_at, t.deadline, t.messages, t.minutes, t.charge,
                    (select e.address from person_email e where e.person_id = t.person_id order by e.position limit 1) as address,
                    (select x.name from sale x where x.id = t.sale_id) as sale,
                    (select x.name from project x where x.id = t.project_id) as project
             from ticket t where t.id in ({})",
            ids,
        )
        .await?;
        Ok(more.into_iter().map(|more| (more.id.clone(), more)).collect())
    }

    async fn tags_among(&self, ids: &[TicketId]) -> Result<HashMap<TicketId, Vec<String>>> {
        let tags = found_for(
            &mut *self.read().acquire().await?,
            "select x.ticket_id, g.name from ticket_tag x join tag g on g.id = x.tag_id
             where x.ticket_id in ({}) order by g.folded",
            ids,
        )
        .await?;
        Ok(by_owner(tags))
    }
}

fn cell(column: ListColumn, row: &TicketRow, more: &More, tags: &[String], names: &Names, zone: &TimeZone) -> Cell {
    let text = |text: Option<&str>| text.map_or(Cell::Empty, |text| Cell::Text(text.to_owned()));
    let name = |id: &str| text(names.get(id).map(String::as_str));
    let moment = |at: Option<i64>| at.map_or(Cell::Empty, |at| moment(at, zone));
    match column {
        ListColumn::Number => Cell::Number(row.number),
        ListColumn::Title => text(Some(&row.title)),
        ListColumn::Created => moment(Some(row.created_at)),
        ListColumn::Changed => moment(Some(row.changed_at)),
        ListColumn::Closed => moment(more.closed_at),
        ListColumn::Owner => text(row.owner.as_ref().map(|owner| owner.name.as_str())),
        ListColumn::Category => name(row.category.as_str()),
        ListColumn::Contact => text(Some(&row.from)),
        ListColumn::Address => text(more.address.as_deref()),
        ListColumn::Company => text(row.company.as_deref()),
        ListColumn::Status => name(row.status.as_str()),
        ListColumn::Priority => name(row.priority.as_str()),
        ListColumn::Type => row.kind.as_ref().map_or(Cell::Empty, |kind| name(kind.as_str())),
        ListColumn::Deadline => moment(more.deadline),
        ListColumn::Sale => text(more.sale.as_deref()),
        ListColumn::Project => text(more.project.as_deref()),
        ListColumn::Tags => text(Some(&tags.join(", "))),
        ListColumn::Messages => Cell::Number(more.messages),
        ListColumn::Minutes => Cell::Number(more.minutes),
        ListColumn::Charge => Cell::Number(more.charge),
    }
}

fn headings(export: &Export) -> impl Iterator<Item = &str> {
    let own = export.fields.iter().map(|(_, name)| name.as_str());
    export.columns.iter().map(|(_, name)| name.as_str()).chain(own)
}
