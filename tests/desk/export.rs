//! Lists as files. FND-4, FND-7, 10.4.

use crate::house::House;
use anyhow::{Result, ensure};
use desk::{
    Error, Why,
    model::{
        Actor, Aspect, Criteria, Criterion, List, ListColumn, Operator, Selection,
        export::{Export, Format},
    },
};

fn sheet(format: Format) -> Export {
    let columns = [
        (ListColumn::Number, "Sak"),
        (ListColumn::Title, "Tittel"),
        (ListColumn::Created, "Opprettet"),
        (ListColumn::Owner, "Eier"),
        (ListColumn::Company, "Firma"),
        (ListColumn::Status, "Status"),
        (ListColumn::Address, "E-post"),
    ];
    let columns = columns.into_iter().map(|(column, name)| (column, name.to_owned())).collect();
    Export { format, columns, fields: vec![], zone: "Europe/Oslo".to_owned(), mark: true, title: String::new() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_becomes_a_file_in_the_reader_s_words_and_time_and_runs_nothing() -> Result<()> {
    let house = House::open().await?;
    let ticket = house.request("=HYPERLINK(\"http://evil\")").await?;
    house.desk.take(&house.ane, &ticket.id, None).await?;
    let file = house.desk.export(&house.ane, &Selection::List(List::Open), &sheet(Format::Csv)).await?;
    let text = String::from_utf8(file)?;
    // FND-4, FND-7: columns of the reader's choice
    let wanted = format!(
        "\u{feff}Sak,Tittel,Opprettet,Eier,Firma,Status,E-post\n\
         {},\"'=HYPERLINK(\"\"http://evil\"\")\",2026-11-24 10:00,Ane,Fjord AS,Åpen,kari@fjord.no\n",
        ticket.number
    );
    ensure!(text == wanted, "{text}");
    let file = house.desk.export(&house.ane, &Selection::List(List::Open), &sheet(Format::Xlsx)).await?;
    ensure!(file.starts_with(b"PK"), "no spreadsheet");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn more_than_a_page_goes_into_one_file_and_only_what_fits() -> Result<()> {
    let house = House::open().await?;
    for n in 0..53 {
        house.mail("kari@fjord.no", &format!("Sak {n}"), "Hei.").await?;
    }
    house.mail("kari@fjord.no", "Noe annet", "Hei.").await?;
    house.rest().await?;
    let row = Criterion::new(Aspect::Title, Operator::StartsWith, ["sak"]);
    let file = house.desk.export(&house.eva, &Selection::Fits(Criteria::all(vec![row])), &sheet(Format::Csv)).await?;
    let text = String::from_utf8(file)?;
    ensure!(text.lines().count() == 54 && !text.contains("Noe annet"), "{text}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_for_those_who_may_take_it_and_says_what_is_wrong() -> Result<()> {
    let house = House::open().await?;
    let of = Selection::List(List::Open);
    let refused = house.desk.export(&Actor::Anonymous, &of, &sheet(Format::Csv)).await;
    ensure!(refused == Err(Error::Unauthenticated), "{refused:?}");
    let nowhere = Export { zone: "Mars/Base".to_owned(), ..sheet(Format::Csv) };
    let refused = house.desk.export(&house.ane, &of, &nowhere).await;
    ensure!(refused == Err(Error::invalid("zone", Why::NotAChoice)), "{refused:?}");
    let empty = Export { columns: vec![], ..sheet(Format::Csv) };
    let refused = house.desk.export(&house.ane, &of, &empty).await;
    ensure!(refused == Err(Error::invalid("columns", Why::Missing)), "{refused:?}");
    Ok(())
}
