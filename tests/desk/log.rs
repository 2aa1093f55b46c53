//! The log over everything. LOG-1.

use crate::house::{House, id};
use anyhow::{Context, Result, ensure};
use desk::{
    Error,
    model::{Cause, EventKind, LogAsked},
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

/// The log only grows: no statement changes or removes an entry, but for those that forget a person or an erased request.
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
    ensure!(found == ["bin.rs", "erasure.rs"], "{found:?}");
    Ok(())
}
