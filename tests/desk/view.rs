//! Saved views. Section 10.3.

use crate::house::{House, draft};
use anyhow::{Result, ensure};
use desk::{
    Error, Why,
    model::{
        Access, Aspect, BulkAction, Card, Combined, Criteria, Criterion, Field, FieldId, FieldKind, Grouping, Heading,
        Holds, List, ListColumn, Selection, Sort, State, Until, View, ViewId,
        criteria::Operator,
        export::{Export, Format},
    },
};

fn title(operator: Operator, value: &str) -> Criteria {
    let row =
        Criterion { aspect: Aspect::Title, key: String::new(), operator, values: vec![value.to_owned()], off: false };
    Criteria::all(vec![row])
}

fn view(name: &str, holds: Holds) -> View {
    View {
        id: ViewId::new(),
        name: name.to_owned(),
        shared: false,
        holds,
        order: Sort::new(Heading::Number, false),
        columns: vec!["number".into(), "title".into()],
    }
}

/// One that all colleagues see, in the usual order.
pub fn shared(name: &str, holds: Holds) -> View {
    View { shared: true, order: Sort::default(), columns: vec![], ..view(name, holds) }
}

/// Section 10.3, FND-7
#[tokio::test(flavor = "multi_thread")]
async fn views_are_saved_shared_and_combined() -> Result<()> {
    let house = House::open().await?;
    let a = house.request("Skriver virker ikke").await?;
    let b = house.request("Skriver og faktura").await?;
    let c = house.request("Faktura").await?;
    let printers = view("Skrivere", Holds::Dynamic { criteria: title(Operator::Contains, "skriver") });
    let picked = view("Plukket", Holds::Static { tickets: vec![b.id.clone(), c.id.clone()] });
    for one in [&printers, &picked] {
        house.desk.save_view(&house.ane, one.clone()).await?;
    }
    let numbers = async |id: &ViewId| {
        let page = house.desk.open_view(&house.ane, id, None).await?;
        anyhow::Ok(page.rows.into_iter().map(|row| row.number).collect::<Vec<_>>())
    };
    ensure!(numbers(&printers.id).await? == [a.number, b.number] && numbers(&picked.id).await? == [b.number, c.number]);
    for (how, wanted) in [
        (Combined::Either, vec![a.number, b.number, c.number]),
        (Combined::Both, vec![b.number]),
        (Combined::Without, vec![a.number]),
    ] {
        let both = view("Begge", Holds::Combined { left: printers.id.clone(), right: picked.id.clone(), how });
        house.desk.save_view(&house.ane, both.clone()).await?;
        ensure!(numbers(&both.id).await? == wanted, "{how}");
    }
    ensure!(house.desk.views(&house.bo).await?.is_empty());
    ensure!(house.desk.open_view(&house.bo, &printers.id, None).await == Err(Error::NotFound));
    house.desk.save_view(&house.ane, View { shared: true, ..printers.clone() }).await?;
    ensure!(house.desk.open_view(&house.bo, &printers.id, None).await?.rows.len() == 2);
    ensure!(house.desk.save_view(&house.bo, printers.clone()).await == Err(Error::Forbidden), "not his to change");
    let nonsense = Holds::Dynamic { criteria: title(Operator::Greater, "x") };
    ensure!(house.desk.save_view(&house.ane, view("Tull", nonsense)).await.is_err());
    house.desk.delete_view(&house.ane, &printers.id).await?;
    house.desk.comment(&house.ane, &a.id, draft("ferdig", Access::Internal)).await?;
    Ok(())
}

/// FND-7: a list shows the columns that were chosen, in their order: those of the standard list, others, and custom fields;
/// and nothing that no list can show.
#[tokio::test(flavor = "multi_thread")]
async fn columns_are_chosen_and_kept_in_their_order() -> Result<()> {
    let house = House::open().await?;
    let field = Field {
        id: FieldId::new(),
        key: "bygg".into(),
        nb: "Bygg".into(),
        en: "Building".into(),
        hint_nb: String::new(),
        hint_en: String::new(),
        kind: FieldKind::Text,
        choices: vec![],
        required: false,
        portal: false,
        places: vec![],
    };
    house.desk.save_field(&house.eva, field).await?;
    let view = |columns: &[&str]| View {
        id: ViewId::from("00000000-0000-7000-8000-0000000000aa"),
        name: "Min".into(),
        shared: false,
        holds: Holds::Dynamic { criteria: Criteria::default() },
        order: Sort::default(),
        columns: columns.iter().map(|column| (*column).to_owned()).collect(),
    };
    // The reference product's standard list, with one more and a custom field, in an order of one's own.
    let standard = [
        "bygg", "tags", "status", "company", "contact", "category", "owner", "closed", "changed", "created", "title",
        "number", "deadline",
    ];
    house.desk.save_view(&house.ane, view(&standard)).await?;
    let kept = house.desk.views(&house.ane).await?.remove(0);
    ensure!(kept.columns == standard);
    house.desk.save_view(&house.ane, view(&["title"])).await?;
    ensure!(house.desk.views(&house.ane).await?.remove(0).columns == ["title"]);
    for wrong in [["title", "password"], ["title", "title"], ["title", ""]] {
        let refused = house.desk.save_view(&house.ane, view(&wrong)).await;
        ensure!(refused == Err(Error::invalid("columns", Why::NotAChoice)), "{wrong:?}: {refused:?}");
    }
    // What each of them shows stands in the file that is made of the list, under the heading that the reader knows.
    let ticket = house.request("Skriver virker ikke").await?;
    house.desk.set_fields(&house.ane, &ticket.id, &[("bygg".to_owned(), vec!["Nord".to_owned()])].into()).await?;
    house.desk.add_tag(&house.ane, &ticket.id, "hast").await?;
    house.desk.take(&house.ane, &ticket.id, None).await?;
    let columns: Vec<(ListColumn, String)> =
        standard.iter().filter_map(|name| Some((name.parse().ok()?, (*name).to_owned()))).collect();
    ensure!(columns.len() == standard.len() - 1);
    let export = Export {
        format: Format::Csv,
        columns: columns.clone(),
        fields: vec![("bygg".into(), "Bygg".into())],
        title: String::new(),
        zone: "Europe/Oslo".into(),
        mark: false,
    };
    let file = String::from_utf8(house.desk.export(&house.ane, &Selection::List(List::Mine), &export).await?)?;
    let heads: Vec<&str> = file.lines().next().unwrap_or_default().split(',').collect();
    ensure!(heads[..12] == standard[1..] && heads[12] == "Bygg", "{heads:?}");
    let cells: Vec<&str> = file.lines().nth(1).unwrap_or_default().split(',').collect();
    ensure!(
        cells[0] == "hast" && cells[2] == "Fjord AS" && cells[3] == "Kari Nordmann" && cells[5] == "Ane",
        "{cells:?}"
    );
    ensure!(cells[6].is_empty() && cells[10] == ticket.number.to_string() && cells[12] == "Nord", "{cells:?}");
    Ok(())
}

/// FND-7: the *closed* box of a card takes closed requests in, and its number says so.
#[tokio::test(flavor = "multi_thread")]
async fn closed_ones_are_on_a_card_when_the_box_is_ticked() -> Result<()> {
    let house = House::open().await?;
    let (open, closed, rests) =
        (house.request("Åpen").await?, house.request("Lukket").await?, house.request("Utsatt").await?);
    house.desk.close_ticket(&house.ane, &closed.id).await?;
    house.desk.postpone(&house.ane, &rests.id, Until::Day, None).await?;
    let gone = house.request("Slettet").await?;
    house.desk.delete_ticket(&house.eva, &gone.id).await?;
    let company = open.company.map(|company| company.id).unwrap_or_default();
    for card in [Card::Person(house.kari.clone()), Card::Company(company)] {
        for (box_ticked, wanted) in
            [(false, vec![open.number, rests.number]), (true, vec![open.number, closed.number, rests.number])]
        {
            let order = Sort::new(Heading::Number, false);
            let page = house.desk.requests_of(&house.ane, &card, box_ticked, order, None).await?;
            let mut numbers: Vec<i64> = page.rows.iter().map(|row| row.number).collect();
            numbers.sort_unstable();
            ensure!(
                numbers == wanted && page.total == wanted.len() as i64,
                "{box_ticked}: {numbers:?} of {}",
                page.total
            );
        }
    }
    Ok(())
}

/// FND-5, FND-6: text in titles, messages and people; a number jumps.
#[tokio::test(flavor = "multi_thread")]
async fn text_and_numbers_find_requests() -> Result<()> {
    let house = House::open().await?;
    let ticket = house.request("Skriver virker ikke").await?;
    for query in ["skriveren", "stille", "Nordmann", "kari@fjord.no", &ticket.number.to_string()] {
        let hits = house.desk.search(&house.ane, query).await?.hits;
        ensure!(hits.iter().any(|hit| hit.ticket.number == ticket.number), "{query}");
    }
    Ok(())
}

/// Whoever wrote or got a message is found by it, contact or not; a blind copy tells nobody of them, and our own address would
/// find everything.
#[tokio::test(flavor = "multi_thread")]
async fn requests_are_found_by_who_wrote_and_who_got_a_copy() -> Result<()> {
    let house = House::open().await?;
    let party = |address: &str| desk::outside::Party { address: address.to_owned(), name: String::new() };
    let mail = desk::outside::Inbound {
        external_id: "copied@fjord.no".into(),
        from: party("kari@fjord.no"),
        to: vec![party(crate::house::MAILBOX), party("drift@nord.example")],
        cc: vec![party("sjef@nord.example")],
        subject: Some("Skriver virker ikke".into()),
        text: "Den står stille.".into(),
        ..desk::outside::Inbound::default()
    };
    house.receive(mail).await?;
    house.rest().await?;
    let ticket = house.latest().await?;
    let recipients = desk::model::Recipients {
        to: vec!["kari@fjord.no".into(), "lager@vest.example".into()],
        bcc: vec!["revisor@annet.example".into()],
        ..desk::model::Recipients::default()
    };
    let answer = desk::model::Draft {
        recipients: Some(recipients),
        ..crate::house::draft("Start den på nytt.", desk::model::Access::External)
    };
    house.desk.reply(&house.ane, &ticket.id, answer).await?;
    house.rest().await?;
    let found = async |query: &str| anyhow::Ok(house.desk.search(&house.ane, query).await?.total);
    for there in ["kari@fjord.no", "drift@nord.example", "sjef@nord.example", "lager@vest.example", "@nord.example"] {
        ensure!(found(there).await? == 1, "{there}");
    }
    for nobody in ["revisor@annet.example", crate::house::MAILBOX] {
        ensure!(found(nobody).await? == 0, "{nobody}");
    }
    Ok(())
}

/// FND-5: what is shown is the first of all that fits, by what it fits or by when it changed; all of it is counted.
#[tokio::test(flavor = "multi_thread")]
async fn a_search_counts_all_and_shows_the_first() -> Result<()> {
    let house = House::open().await?;
    let oldest = house.request("Skriver skriver skriver").await?;
    for number in 0..55 {
        house.clock.advance(desk::clock::MINUTE);
        house.mail("kari@fjord.no", &format!("Skriver {number}"), "Den står stille.").await?;
    }
    house.rest().await?;
    let newest = house.latest().await?;
    house.desk.close_ticket(&house.ane, &oldest.id).await?;
    house.rest().await?;
    let sift = |newest: bool, state: Option<State>| desk::model::Sift { newest, state };
    let found = async |sift| anyhow::Ok(house.desk.search_sifted(&house.ane, "skriver", sift).await?);
    let count = |state: State, count: u32| desk::model::StateCount { state, count };
    let best = found(sift(false, None)).await?;
    ensure!(best.hits.len() == 50 && best.total == 56, "{} of {}", best.hits.len(), best.total);
    ensure!(best.states == [count(State::Open, 55), count(State::Closed, 1)], "{:?}", best.states);
    ensure!(best.hits[0].ticket.number == oldest.number, "{:?}", best.hits[0]);
    let latest = found(sift(true, Some(State::Open))).await?;
    ensure!(latest.hits.len() == 50 && latest.total == 55 && latest.states == best.states, "{:?}", latest.states);
    let times: Vec<i64> = latest.hits.iter().map(|hit| hit.ticket.changed_at).collect();
    ensure!(latest.hits[0].ticket.number == newest.number && times.is_sorted_by(|a, b| a >= b), "{times:?}");
    let closed = found(sift(false, Some(State::Closed))).await?;
    ensure!(closed.total == 1 && closed.hits.len() == 1 && closed.hits[0].ticket.number == oldest.number);
    Ok(())
}

/// PHO-1: what is not the reader's takes no room among the few that are shown.
#[tokio::test(flavor = "multi_thread")]
async fn a_caller_s_requests_are_those_that_the_reader_sees() -> Result<()> {
    let house = House::open().await?;
    let mut invoices = house.desk.category_settings(&house.eva, &house.invoices).await?;
    invoices.members_only = true;
    house.desk.save_category(&house.eva, &house.invoices, invoices).await?;
    let fetched = desk::settings::NewMailbox {
        address: "faktura@company.com".to_owned(),
        name: "Faktura".to_owned(),
        category: house.invoices.clone(),
        imap: None,
        silent: false,
    };
    let faktura = house.desk.add_mailbox(&house.eva, fetched).await?;
    let ours = house.request("Skriver virker ikke").await?;
    for number in 0..6 {
        house.clock.advance(desk::clock::MINUTE);
        house.mail_to(&faktura, "kari@fjord.no", &format!("Faktura {number}"), "Feil beløp.").await?;
    }
    house.rest().await?;
    let callers = house.desk.find_callers(&house.ane, "Nordmann").await?;
    let numbers: Vec<i64> = callers[0].tickets.iter().map(|row| row.number).collect();
    ensure!(numbers == [ours.number], "{numbers:?}");
    ensure!(house.desk.find_callers(&house.cia, "Nordmann").await?[0].tickets.len() == 5);
    Ok(())
}

/// Section 10.4, FND-4, STAT-1: a list, what fits, a view and picked ones are acted on, put into a file and drawn alike; of
/// all of them a reader gets what they may see, and nothing else.
#[tokio::test(flavor = "multi_thread")]
async fn every_selection_is_acted_on_exported_and_drawn() -> Result<()> {
    let house = House::open().await?;
    let a = house.request("Skriver virker ikke").await?;
    let b = house.request("Skriver og faktura").await?;
    let c = house.request("Faktura").await?;
    house.desk.take(&house.ane, &a.id, None).await?;
    let printers = view("Skrivere", Holds::Dynamic { criteria: title(Operator::Contains, "skriver") });
    let picked = view("Plukket", Holds::Static { tickets: vec![b.id.clone(), c.id.clone()] });
    let how = Combined::Without;
    let rest = view("Resten", Holds::Combined { left: picked.id.clone(), right: printers.id.clone(), how });
    for one in [&printers, &picked, &rest] {
        house.desk.save_view(&house.ane, one.clone()).await?;
    }
    let export = Export {
        format: Format::Csv,
        columns: vec![(ListColumn::Number, "Sak".into())],
        fields: vec![],
        title: String::new(),
        zone: "Europe/Oslo".into(),
        mark: false,
    };
    for (n, (of, wanted)) in [
        (Selection::List(List::Mine), vec![a.number]),
        (Selection::Fits(title(Operator::Contains, "faktura")), vec![b.number, c.number]),
        (Selection::View(printers.id.clone()), vec![a.number, b.number]),
        (Selection::View(picked.id.clone()), vec![b.number, c.number]),
        (Selection::View(rest.id.clone()), vec![c.number]),
        (Selection::Picked(vec![c.number, 999_999, a.number]), vec![a.number, c.number]),
    ]
    .into_iter()
    .enumerate()
    {
        let file = String::from_utf8(house.desk.export(&house.ane, &of, &export).await?)?;
        let mut rows: Vec<i64> = file.lines().skip(1).filter_map(|line| line.parse().ok()).collect();
        rows.sort_unstable();
        ensure!(rows == wanted, "{of:?}: {file}");
        let owners = house.desk.chart(&house.ane, &of, Grouping::Owner, "").await?;
        ensure!(owners.iter().map(|share| share.count).sum::<i64>() == wanted.len() as i64, "{of:?}: {owners:?}");
        let action = BulkAction::AddTag { tag: format!("runde {n}") };
        let chosen = house.desk.chosen(&house.ane, &of).await?;
        let foreseen = house.desk.preview_bulk(&house.ane, action.clone(), &chosen).await?;
        ensure!(foreseen.all == wanted.len() as i64, "{of:?}: {foreseen:?}");
        let id = house.desk.begin_bulk(&house.ane, action, &chosen).await?;
        house.rest().await?;
        ensure!(house.desk.bulk(&house.ane, &id).await?.done == wanted.len() as i64, "{of:?}");
        for ticket in [&a, &b, &c] {
            let tags = house.desk.tags_of(&house.ane, &ticket.id).await?;
            ensure!(
                tags.contains(&format!("runde {n}")) == wanted.contains(&ticket.number),
                "{}: {of:?}",
                ticket.number
            );
        }
    }
    // Whom they are about: contacts and companies, those of most requests first.
    let all = Selection::Picked(vec![a.number, b.number, c.number]);
    let contacts = house.desk.contacts_of(&house.ane, &all, None).await?;
    ensure!(contacts.next.is_none() && contacts.rows.iter().any(|row| row.id == house.kari), "{contacts:?}");
    ensure!(contacts.rows.iter().map(|row| row.requests).sum::<i64>() == 3, "{contacts:?}");
    let companies = house.desk.companies_of(&house.ane, &all, None).await?.rows;
    ensure!(companies.iter().map(|row| (row.name.as_str(), row.requests)).eq([("Fjord AS", 3)]), "{companies:?}");
    // A colleague opens no view that is not shared, and gets nothing of what is hidden from them.
    let stolen = Selection::View(printers.id.clone());
    ensure!(house.desk.export(&house.bo, &stolen, &export).await == Err(Error::NotFound));
    ensure!(house.desk.chart(&house.bo, &stolen, Grouping::Owner, "").await == Err(Error::NotFound));
    let mut support = house.desk.category_settings(&house.eva, &house.support).await?;
    support.members_only = true;
    house.desk.save_category(&house.eva, &house.support, support).await?;
    let all = Selection::Picked(vec![a.number, b.number, c.number]);
    ensure!(house.desk.chart(&house.cia, &all, Grouping::State, "").await?.is_empty(), "RGT-1");
    ensure!(house.desk.contacts_of(&house.cia, &all, None).await?.rows.is_empty(), "RGT-1");
    ensure!(house.desk.contacts_of(&house.bo, &stolen, None).await == Err(Error::NotFound));
    ensure!(String::from_utf8(house.desk.export(&house.cia, &all, &export).await?)?.lines().count() == 1, "RGT-1");

    // Each way of telling apart says something, the largest group first.
    house.desk.add_tag(&house.ane, &a.id, "hast").await?;
    let chart = async |by| house.desk.chart(&house.ane, &Selection::List(List::Latest), by, "").await;
    for by in Grouping::ALL.iter().copied().filter(|by| *by != Grouping::Custom) {
        let shares = chart(by).await?;
        ensure!(!shares.is_empty() && shares.is_sorted_by_key(|share| -share.count), "{by}: {shares:?}");
    }
    let owners = chart(Grouping::Owner).await?;
    ensure!(owners.len() == 2 && owners[0].of.is_empty() && (owners[0].count, owners[1].count) == (2, 1), "{owners:?}");
    let unknown = house.desk.chart(&house.ane, &all, Grouping::Custom, "no-such").await;
    ensure!(unknown == Err(Error::invalid("key", Why::NotAChoice)), "{unknown:?}");
    let empty = house.desk.chart(&house.ane, &Selection::Picked(vec![]), Grouping::Owner, "").await?;
    ensure!(empty.is_empty());
    Ok(())
}
