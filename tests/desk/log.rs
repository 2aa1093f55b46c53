//! The log over everything. LOG-1.

use crate::house::{House, draft, id};
use anyhow::{Context, Result, ensure};
use desk::{
    Error, LogOf, LogSheet,
    model::{Access, Cause, EventKind, Language, LogAsked, Merge, export::Format},
};
use std::{fs, path::Path};

#[tokio::test(flavor = "multi_thread")]
async fn everything_that_happened_is_read_page_by_page_and_written_to_a_file() -> Result<()> {
    let house = House::open().await?;
    let ticket = house.request("Skriver virker ikke").await?;
    house.desk.take(&house.ane, &ticket.id, None).await?;
    house.desk.set_title(&house.ane, &ticket.id, "=cmd|' /C calc'!A0").await?;
    ensure!(house.desk.whole_log(&house.ane, &LogAsked::default(), None).await == Err(Error::Forbidden));
    let all = house.desk.whole_log(&house.eva, &LogAsked::default(), None).await?;
    ensure!(all.windows(2).all(|pair| pair[0].number > pair[1].number) && all.len() > 10);
    let older = house.desk.whole_log(&house.eva, &LogAsked::default(), Some(all[3].number)).await?;
    ensure!(older[0].number == all[4].number, "a page goes on where the last one ended");
    let asked = LogAsked { kind: Some(EventKind::TitleChanged), actor: Some(id(&house.ane).0), ..LogAsked::default() };
    let one = house.desk.whole_log(&house.eva, &asked, None).await?;
    ensure!(one.len() == 1 && one[0].cause == Cause::Person && one[0].actor == "Ane");
    ensure!(one[0].old.as_deref() == Some("Skriver virker ikke") && one[0].ticket == Some(ticket.id));
    let file = String::from_utf8(house.desk.export_log(&house.eva, &asked).await?)?;
    let row = file.lines().nth(1).context("no row")?;
    ensure!(row.contains("title-changed,") && row.contains(",Ane,") && !row.contains(",="), "{row}");
    Ok(())
}

/// LOG-1: each kind of file, in the words and by the clock of whoever reads it.
#[tokio::test(flavor = "multi_thread")]
async fn the_log_is_written_to_each_kind_of_file_in_the_reader_s_words() -> Result<()> {
    let house = House::open().await?;
    let ticket = house.request("Skriver virker ikke").await?;
    house.desk.take(&house.ane, &ticket.id, None).await?;
    house.desk.set_status(&house.ane, &ticket.id, &house.status("Closed").await?).await?;
    house.desk.set_title(&house.ane, &ticket.id, "=cmd|' /C calc'!A0 <b>").await?;
    let words = || LogSheet {
        language: Language::Nb,
        title: "Logg".to_owned(),
        headings: ["Nr.", "Tid", "Sak", "Hvem", "Hva", "Hvorfor", "Før", "Etter"].map(str::to_owned),
        line: Box::new(|entry| format!("linje {}", entry.kind)),
        cause: Box::new(|cause| format!("fordi {cause}")),
    };
    let of = LogOf::Request(ticket.id.clone());
    let text =
        async |format| anyhow::Ok(String::from_utf8(house.desk.log_file(&house.ane, &of, format, &words()).await?)?);
    let csv = text(Format::Csv).await?;
    ensure!(csv.starts_with("\u{feff}Nr.,Tid,Sak,Hvem,Hva,Hvorfor,Før,Etter\n"), "{csv}");
    let closed = csv.lines().find(|line| line.contains("linje closed")).context("not closed")?;
    let wanted = format!(",2026-11-24 10:00,{},Ane,linje closed,fordi person,Åpen,Avsluttet", ticket.number);
    ensure!(closed.ends_with(&wanted), "{closed}");
    ensure!(csv.contains("\"'=cmd|' /C calc'!A0 <b>\"") || csv.contains("'=cmd|' /C calc'!A0 <b>"), "{csv}");
    let html = text(Format::Html).await?;
    ensure!(
        html.contains("<td>linje closed</td>") && html.contains("!A0 &lt;b&gt;</td>") && !html.contains("<b>"),
        "{html}"
    );
    let plain = text(Format::Text).await?;
    ensure!(plain.lines().next().is_some_and(|line| line.starts_with("Nr.")) && plain.contains("linje accepted"));
    let sheet = house.desk.log_file(&house.ane, &of, Format::Xlsx, &words()).await?;
    ensure!(sheet.starts_with(b"PK"));
    // Everything is for administrators, and whoever can't read a request has no file of its log.
    let all = LogOf::Everything(LogAsked { kind: Some(EventKind::TitleChanged), ..LogAsked::default() });
    ensure!(house.desk.log_file(&house.ane, &all, Format::Text, &words()).await == Err(Error::Forbidden));
    let whole = String::from_utf8(house.desk.log_file(&house.eva, &all, Format::Text, &words()).await?)?;
    ensure!(whole.lines().count() == 2, "{whole}");
    let mut support = house.desk.category_settings(&house.eva, &house.support).await?;
    support.members_only = true;
    house.desk.save_category(&house.eva, &house.support, support).await?;
    ensure!(house.desk.log_file(&house.cia, &of, Format::Csv, &words()).await == Err(Error::NotFound));
    Ok(())
}

/// C-28: the log only grows: no statement changes or removes an entry, but for those that forget a person or an erased request.
#[test]
fn nothing_but_forgetting_touches_what_was_written() -> Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders = vec![folder];
    let mut found = vec![];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = fs::read_to_string(&path)?;
            if text.contains("update event set") || text.contains("delete from event") {
                found.push(path.file_name().unwrap_or_default().to_string_lossy().into_owned());
            }
        }
    }
    found.sort();
    ensure!(found == ["bin.rs", "erasure.rs", "retention.rs"], "{found:?}");
    Ok(())
}

/// C-28: whatever code there is and will be, the database refuses to change an entry or to take one away. A word may go, as
/// forgetting and erasing need it; nothing may come in its place.
#[tokio::test(flavor = "multi_thread")]
async fn the_database_itself_lets_the_log_only_grow() -> Result<()> {
    let house = House::open().await?;
    let ticket = house.request("Skriver virker ikke").await?;
    house.desk.set_title(&house.ane, &ticket.id, "Skriver i 2. etasje").await?;
    let before = house.entries().await?;
    for sql in [
        "delete from event",
        "delete from event where number = (select max(number) from event)",
        "update event set number = number + 1000000",
        "update event set at = at - 1",
        "update event set kind = 'commented' where kind = 'title-changed'",
        "update event set ticket_id = null where ticket_id is not null",
        "update event set actor_name = 'Bo' where actor_name = 'Ane'",
        "update event set actor_id = 'bo' where actor_name = 'Ane'",
        "update event set actor_kind = 'system' where actor_kind = 'agent'",
        "update event set cause = 'rule' where cause = 'person'",
        "update event set cause_id = 'x'",
        "update event set old = 'Annet' where kind = 'title-changed'",
        "update event set new = 'Annet' where kind = 'title-changed'",
        "update event set old = '—' where old is null",
        "update event set data = '{}' where kind = 'title-changed'",
        "insert into event select * from event where kind = 'title-changed'",
    ] {
        let done = sqlx::query(sql).execute(house.desk.db().read()).await;
        ensure!(done.is_err(), "{sql}");
        ensure!(house.entries().await? == before, "{sql}");
    }
    // Verbs of all kinds leave what was written before as it was.
    house.desk.take(&house.ane, &ticket.id, None).await?;
    house.desk.comment(&house.ane, &ticket.id, draft("Kommentar", Access::Internal)).await?;
    house.desk.redact(&house.eva, &ticket.messages[0].id, &[], "Helse").await?;
    let step = house.desk.steps(&house.ane, &ticket.id).await?.remove(0).number;
    house.desk.undo(&house.eva, step).await?;
    let other = house.request("Nettet").await?;
    house.desk.merge(&house.ane, Merge::whole(ticket.id.clone(), vec![other.id.clone()])).await?;
    house.desk.unmerge(&house.ane, &other.id).await?;
    house.desk.delete_ticket(&house.eva, &other.id).await?;
    house.rest().await?;
    let after = house.entries().await?;
    ensure!(after.len() > before.len() + 5 && after.starts_with(&before));
    // Forgetting and erasing take words, and nothing else: every entry is still there, of the same kind.
    house.desk.erase_person(&house.eva, &house.kari).await?;
    house.pass(15 * 24 * 60).await?;
    let last = house.entries().await?;
    ensure!(last.len() > after.len());
    for (was, is) in after.iter().zip(&last) {
        let same = |place: usize| was[place] == is[place];
        ensure!((0..6).all(same), "{was:?} {is:?}");
        let less = |place: usize| same(place) || ["", "—"].contains(&is[place].as_str());
        ensure!((6..11).all(less), "{was:?} {is:?}");
    }
    ensure!(last.iter().all(|entry| !entry.join(" ").contains("Skriver i 2. etasje")), "and they did");
    Ok(())
}

impl House {
    /// Every entry with all that it says: number, time, kind, request, kind of actor and cause first, then what may be
    /// forgotten.
    async fn entries(&self) -> Result<Vec<Vec<String>>> {
        let rows = self
            .texts(
                "select cast(number as text) || '|' || cast(at as text) || '|' || kind || '|' || coalesce(ticket_id, '') || '|'
                   || actor_kind || '|' || cause || coalesce(cause_id, '') || '|' || coalesce(actor_id, '') || '|' || actor_name
                   || '|' || coalesce(old, '') || '|' || coalesce(new, '') || '|' || coalesce(data, '') from event order by number",
            )
            .await?;
        Ok(rows.iter().map(|row| row.splitn(11, '|').map(str::to_owned).collect()).collect())
    }
}
