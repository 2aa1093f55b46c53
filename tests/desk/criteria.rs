//! Criteria find what they say, and nothing else. Section 10.2.

use crate::{
    bin::with_a_file,
    field::field,
    house::{House, TUESDAY_TEN, draft, id},
    request_type::kind,
    role::{give, role},
};
use anyhow::{Context, Result, ensure};
use desk::{
    Error, Why,
    clock::{DAY, HOUR},
    model::{
        Access, Actor, Agreement, AgreementId, Aspect, Criteria, Criterion, Draft, EscalationLevelId, FieldKind, Level,
        NewOwner, NewTicket, Operator, Origin, Project, ProjectId, Reach, Sale, SaleId, Sort, State, Targets, Ticket,
        Until,
    },
};

async fn numbers(house: &House, actor: &Actor, criteria: &Criteria) -> Result<Vec<i64>> {
    let page = house.desk.list_by(actor, criteria, Sort::default(), None).await?;
    ensure!(page.total == page.rows.len() as i64, "{} counted, {} there", page.total, page.rows.len());
    let mut numbers: Vec<i64> = page.rows.into_iter().map(|row| row.number).collect();
    numbers.sort_unstable();
    Ok(numbers)
}

async fn titles(house: &House, row: Criterion) -> Result<Vec<String>> {
    let page = house.desk.list_by(&house.eva, &Criteria::all(vec![row]), Sort::default(), None).await?;
    let mut titles: Vec<String> = page.rows.into_iter().map(|row| row.title).collect();
    titles.sort();
    Ok(titles)
}

/// What a row means, said as plainly as possible.
fn holds(row: &Criterion, ticket: &Ticket, me: &Actor) -> bool {
    if row.off || (row.values.iter().all(|value| value.trim().is_empty()) && row.operator.needs() > 0) {
        return true;
    }
    let value = row.values.first().cloned().unwrap_or_default();
    let folded = value.to_lowercase();
    let text = |text: &str| {
        let low = text.to_lowercase();
        match row.operator {
            Operator::StartsWith => low.starts_with(&folded),
            Operator::Contains => low.contains(&folded),
            Operator::EndsWith => low.ends_with(&folded),
            Operator::Equals => low == folded,
            Operator::IsExactly => text == value,
            Operator::NotStartsWith => !low.starts_with(&folded),
            Operator::NotContains => !low.contains(&folded),
            Operator::NotEndsWith => !low.ends_with(&folded),
            Operator::NotEquals => low != folded,
            _ => text != value,
        }
    };
    let number = |number: i64| {
        let (value, second): (i64, i64) = (value.parse().unwrap(), row.values.last().unwrap().parse().unwrap());
        match row.operator {
            Operator::Equals => number == value,
            Operator::NotEquals => number != value,
            Operator::Less => number < value,
            Operator::Greater => number > value,
            Operator::AtMost => number <= value,
            Operator::AtLeast => number >= value,
            _ => (value..=second).contains(&number),
        }
    };
    let choice = |one: Option<&str>| {
        let wanted = |word: &String| match word.as_str() {
            "none" => one.is_none(),
            "me" => one == me.agent().map(|id| id.as_str()),
            word => one == Some(word),
        };
        match row.operator {
            Operator::Set => one.is_some(),
            Operator::NotSet => one.is_none(),
            Operator::OneOf => row.values.iter().any(wanted),
            _ => !row.values.iter().any(wanted),
        }
    };
    let moment = |at: Option<i64>| {
        let value: i64 = value.parse().unwrap_or_default();
        match row.operator {
            Operator::Set => at.is_some(),
            Operator::NotSet => at.is_none(),
            Operator::Before => at.is_some_and(|at| at < value),
            Operator::After => at.is_some_and(|at| at > value),
            _ => at == Some(value),
        }
    };
    match row.aspect {
        Aspect::Title => text(&ticket.title),
        Aspect::Number => number(ticket.number),
        Aspect::Messages => number(ticket.messages.len() as i64),
        Aspect::Owner => choice(ticket.owner.as_ref().map(|owner| owner.id.as_str())),
        Aspect::Status => choice(Some(ticket.status.as_str())),
        Aspect::State => choice(Some(ticket.state.as_str())),
        Aspect::Category => choice(Some(ticket.category.as_str())),
        Aspect::Priority => choice(Some(ticket.priority.as_str())),
        Aspect::Read => choice(Some(ticket.read.as_str())),
        Aspect::Created => moment(Some(ticket.created_at)),
        Aspect::Changed => moment(Some(ticket.changed_at)),
        Aspect::Closed => moment(ticket.closed_at),
        Aspect::Replied => moment(ticket.replied_at),
        Aspect::Favourite => ticket.starred == (row.operator == Operator::Yes),
        _ => false,
    }
}

const TEXT: &[Operator] = &[
    Operator::StartsWith,
    Operator::Contains,
    Operator::EndsWith,
    Operator::Equals,
    Operator::IsExactly,
    Operator::NotStartsWith,
    Operator::NotContains,
    Operator::NotEndsWith,
    Operator::NotEquals,
    Operator::IsNotExactly,
];
const NUMBER: &[Operator] = &[
    Operator::Equals,
    Operator::NotEquals,
    Operator::Less,
    Operator::Greater,
    Operator::AtMost,
    Operator::AtLeast,
    Operator::Between,
];
const CHOICE: &[Operator] = &[Operator::OneOf, Operator::NotOneOf, Operator::Set, Operator::NotSet];
const MOMENT: &[Operator] = &[Operator::Before, Operator::After, Operator::Equals, Operator::Set, Operator::NotSet];

/// A row about anything, with a value that some request may have.
fn any_row(random: &mut fastrand::Rng, tickets: &[Ticket]) -> Criterion {
    let one = random.choice(tickets).unwrap().clone();
    let pick = |random: &mut fastrand::Rng, from: &[Operator]| *random.choice(from).unwrap();
    let mut row = match random.u8(0..14) {
        0..4 => {
            let texts = ["æ", "Øl", "ÅPENT", "kø", "%", "_", "!", "sak", &one.title];
            Criterion::new(Aspect::Title, pick(random, TEXT), [*random.choice(&texts).unwrap()])
        }
        4 => {
            let values = [one.number.to_string(), (one.number + 2).to_string()];
            Criterion::new(Aspect::Number, pick(random, NUMBER), values)
        }
        5 => Criterion::new(Aspect::Messages, pick(random, NUMBER), ["1", "2"]),
        6 => {
            let owner = one.owner.map_or("none".to_owned(), |owner| owner.id.0);
            Criterion::new(Aspect::Owner, pick(random, CHOICE), [owner, "me".to_owned()])
        }
        7 => Criterion::new(Aspect::Status, pick(random, CHOICE), [one.status.0]),
        8 => Criterion::new(Aspect::Category, pick(random, CHOICE), [one.category.0]),
        9 => Criterion::new(Aspect::Read, pick(random, CHOICE), [one.read.as_str()]),
        10 => Criterion::new(Aspect::Created, pick(random, MOMENT), [one.created_at.to_string()]),
        11 => Criterion::new(Aspect::Closed, pick(random, MOMENT), [one.closed_at.unwrap_or(1).to_string()]),
        12 => Criterion::new(Aspect::Replied, pick(random, MOMENT), [one.replied_at.unwrap_or(1).to_string()]),
        _ => {
            let way = [Operator::Yes, Operator::No];
            Criterion::new(Aspect::Favourite, pick(random, &way), Vec::<String>::new())
        }
    };
    row.off = random.u8(0..10) == 0;
    row
}

async fn mixed(house: &House) -> Result<Vec<Ticket>> {
    let closed = house.status("Closed").await?;
    let titles = ["Ærlig talt", "øl og mat", "Åpent 50%", "KØ_LAPP", "kø!", "sak", "Sak", "Årlig SAK", "100", "ÆØÅ"];
    let mut made = vec![];
    for (n, title) in titles.iter().enumerate() {
        let ticket = house.request(title).await?;
        match n % 5 {
            0 => house.desk.take(&house.ane, &ticket.id, None).await?,
            1 => house.desk.set_status(&house.eva, &ticket.id, &closed).await?,
            2 => house.desk.set_category(&house.eva, &ticket.id, &house.invoices).await?,
            3 => {
                house.desk.reply(&house.bo, &ticket.id, draft("Ja.", Access::External)).await?;
            }
            _ => house.desk.star(&house.eva, &ticket.id, true).await?,
        }
        house.clock.advance(HOUR);
        made.push(ticket.number);
    }
    house.rest().await?;
    let mut tickets = vec![];
    for number in made {
        tickets.push(house.ticket(number).await?);
    }
    Ok(tickets)
}

/// FND-2, FND-3
#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_asked_the_answer_is_what_looking_at_each_request_gives() -> Result<()> {
    let house = House::open().await?;
    let tickets = mixed(&house).await?;
    let mut random = fastrand::Rng::with_seed(11);
    let mut found = 0;
    for _ in 0..400 {
        let sets: Vec<Vec<Criterion>> = (0..random.usize(1..3))
            .map(|_| (0..random.usize(1..4)).map(|_| any_row(&mut random, &tickets)).collect())
            .collect();
        let criteria = Criteria { sets };
        let active: Vec<&Vec<Criterion>> =
            criteria.sets.iter().filter(|rows| rows.iter().any(Criterion::is_active)).collect();
        let fits = |ticket: &Ticket| {
            active.is_empty() || active.iter().any(|rows| rows.iter().all(|row| holds(row, ticket, &house.eva)))
        };
        let mut wanted: Vec<i64> = tickets.iter().filter(|ticket| fits(ticket)).map(|ticket| ticket.number).collect();
        wanted.sort_unstable();
        let got = numbers(&house, &house.eva, &criteria).await?;
        ensure!(got == wanted, "{got:?} instead of {wanted:?} for {criteria:#?}");
        found += got.len();
    }
    ensure!(found > 400, "criteria that find nothing show nothing: {found}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn people_tags_and_full_text_are_criteria_too() -> Result<()> {
    let house = House::open().await?;
    house.request("Skriver virker ikke").await?;
    house.mail("ola@ny.no", "Faktura", "Beløpet er feil.").await?;
    house.rest().await?;
    let row = |aspect, operator, value: &str| Criterion::new(aspect, operator, [value]);
    // FND-3, over what belongs to a request
    ensure!(titles(&house, row(Aspect::ContactName, Operator::Contains, "NORDMANN")).await? == ["Skriver virker ikke"]);
    ensure!(titles(&house, row(Aspect::ContactAddress, Operator::EndsWith, "@ny.no")).await? == ["Faktura"]);
    ensure!(titles(&house, row(Aspect::CompanyName, Operator::Equals, "fjord as")).await? == ["Skriver virker ikke"]);
    ensure!(titles(&house, row(Aspect::CompanyName, Operator::NotEquals, "fjord as")).await? == ["Faktura"]);
    ensure!(titles(&house, row(Aspect::Company, Operator::OneOf, "none")).await? == ["Faktura"]);
    // FND-5: words in messages
    ensure!(titles(&house, row(Aspect::Text, Operator::Contains, "beløpet")).await? == ["Faktura"]);
    ensure!(titles(&house, row(Aspect::Text, Operator::NotContains, "beløpet")).await? == ["Skriver virker ikke"]);
    // Days are the reader's days.
    let today = Criterion::new(Aspect::Created, Operator::Today, Vec::<String>::new());
    ensure!(titles(&house, today.clone()).await?.len() == 2);
    house.clock.advance(DAY);
    ensure!(titles(&house, today).await?.is_empty());
    ensure!(titles(&house, row(Aspect::Created, Operator::WithinLast, "1500")).await?.len() == 2);
    ensure!(titles(&house, row(Aspect::Changed, Operator::OlderThan, "1500")).await?.is_empty());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn criteria_show_nobody_more_than_they_may_see() -> Result<()> {
    let house = House::open().await?;
    let ticket = house.request("Skriver virker ikke").await?;
    let everything = Criteria::default();
    ensure!(numbers(&house, &house.ane, &everything).await? == [ticket.number]);
    ensure!(house.desk.list_by(&Actor::Anonymous, &everything, Sort::default(), None).await.is_err());
    // What lies in the bin is found only by whoever asks for it.
    house.desk.take(&house.ane, &ticket.id, None).await?;
    let bin = Criteria::all(vec![Criterion::new(Aspect::State, Operator::OneOf, [State::Deleted.as_str()])]);
    ensure!(numbers(&house, &house.eva, &bin).await?.is_empty());
    let mine = Criteria::all(vec![Criterion::new(Aspect::Owner, Operator::OneOf, ["me"])]);
    ensure!(numbers(&house, &house.ane, &mine).await? == [ticket.number]);
    ensure!(numbers(&house, &house.bo, &mine).await?.is_empty());
    let hers = Criteria::all(vec![Criterion::new(Aspect::Owner, Operator::OneOf, [id(&house.ane).0])]);
    ensure!(numbers(&house, &house.bo, &hers).await? == [ticket.number]);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_makes_no_sense_is_refused_with_its_place() -> Result<()> {
    let house = House::open().await?;
    let ask = async |row: Criterion| {
        let good = Criterion::new(Aspect::Title, Operator::Contains, ["a"]);
        house
            .desk
            .list_by(&house.ane, &Criteria { sets: vec![vec![good.clone()], vec![good, row]] }, Sort::default(), None)
            .await
    };
    let refused = ask(Criterion::new(Aspect::Title, Operator::Yes, ["x"])).await;
    ensure!(refused == Err(Error::invalid("sets.1.1.operator", Why::NotAChoice)), "{refused:?}");
    let refused = ask(Criterion::new(Aspect::Messages, Operator::Less, ["mange"])).await;
    ensure!(refused == Err(Error::invalid("sets.1.1.values", Why::NotANumber)), "{refused:?}");
    let refused = ask(Criterion::custom("no-such-field", Operator::Equals, ["x"])).await;
    ensure!(refused == Err(Error::invalid("sets.1.1.key", Why::NotAChoice)), "{refused:?}");
    let refused = ask(Criterion::new(Aspect::Created, Operator::After, ["i går"])).await;
    ensure!(refused == Err(Error::invalid("sets.1.1.values", Why::NotAChoice)), "{refused:?}");
    // An injection is a text like any other.
    ensure!(ask(Criterion::new(Aspect::Title, Operator::Equals, ["' or 1=1 --"])).await?.rows.is_empty());
    Ok(())
}

/// FND-3: each thing that a row can look at tells some requests from the others.
#[tokio::test(flavor = "multi_thread")]
async fn each_aspect_tells_requests_apart() -> Result<()> {
    let house = House::open().await?;
    let own = kind("Driftsfeil");
    house.desk.save_request_type(&house.eva, own.clone()).await?;
    let sale = Sale { id: SaleId::new(), name: "Ny skriver".into(), company: None, closed: false };
    house.desk.save_sale(&house.ane, sale.clone()).await?;
    let project = Project { id: ProjectId::new(), name: "Flytting".into(), company: None, closed: false };
    house.desk.save_project(&house.ane, project.clone()).await?;
    house.desk.save_field(&house.eva, field("bygg", FieldKind::Text)).await?;
    let high = house.desk.priority_settings(&house.eva).await?.into_iter().find(|priority| priority.en == "High");
    let mut high = high.context("no high")?;
    let level = Level {
        id: EscalationLevelId::new(),
        after: 60,
        reassign_to: None,
        tell: vec![],
        template: None,
        note: None,
        account: None,
    };
    (high.levels, high.targets, high.calendar) = (vec![level], Targets::default(), None);
    house.desk.save_priority(&house.eva, high.clone()).await?;

    // One that has all of it, taken and answered at the end; one by telephone that rests; one with a file that was closed
    // twice; one that nobody touches; one that waits for its customer.
    let rich = house.request("Rik").await?;
    house.clock.advance(HOUR);
    let new = NewTicket {
        title: "Hviler".into(),
        text: "Ringte.".into(),
        category: Some(house.invoices.clone()),
        priority: Some(house.priority("Low").await?),
        kind: Some(own.id.clone()),
        owner: NewOwner::Nobody,
        origin: Origin::Phone,
        access: Some(Access::Internal),
        ..NewTicket::default()
    };
    let rests = house.desk.open_ticket(&house.bo, new).await?;
    house.desk.postpone(&house.bo, &rests.id, Until::Month, None).await?;
    with_a_file(&house, "lukket").await?;
    let closed = house.latest().await?;
    house.desk.set_title(&house.eva, &closed.id, "Lukket").await?;
    let (shut, open) = (house.status("Closed").await?, house.status("Open").await?);
    for status in [&shut, &open, &shut] {
        house.desk.set_status(&house.eva, &closed.id, status).await?;
    }
    house.clock.advance(HOUR);
    let waits = house.request("Venter").await?;
    house.desk.set_status(&house.eva, &waits.id, &house.status("Waiting for customer").await?).await?;
    let late = house.request("Sen").await?;
    let id = &rich.id;
    // Its time for a first answer is over just now.
    house.pass(0).await?;
    house.desk.take(&house.ane, id, None).await?;
    house.desk.add_tag(&house.ane, id, "hast").await?;
    house.desk.follow_ticket(&house.ane, id, &crate::house::id(&house.dag), true).await?;
    house.desk.star(&house.eva, id, true).await?;
    house.desk.flag(&house.ane, &rich.messages[0].id, true).await?;
    house.desk.set_sale(&house.ane, id, Some(&sale.id)).await?;
    house.desk.set_project(&house.ane, id, Some(&project.id)).await?;
    house.desk.set_fields(&house.ane, id, &[("bygg".to_owned(), vec!["Nord".to_owned()])].into()).await?;
    house.desk.set_priority(&house.ane, id, &high.id).await?;
    house.pass(4 * 24 * 60).await?;
    let now = house.clock.now();
    let answer = Draft { seconds: 300, charge: 15, ..draft("Start den på nytt.", Access::External) };
    house.desk.reply(&house.ane, id, answer).await?;
    house.rest().await?;
    let due = house.ticket(late.number).await?.deadline.context("no deadline")?;
    let tag = house.desk.tags(&house.ane, "hast", None).await?.rows.remove(0).id;
    let mailbox = house.desk.mailbox_settings(&house.eva).await?.remove(0).id;
    let low = house.priority("Low").await?;

    let agreement = Agreement { id: AgreementId::new(), name: "Gull".into(), calendar: None, targets: vec![] };
    let company = house.ticket(rich.number).await?.company.context("no company")?.id;
    house.desk.save_agreement(&house.eva, agreement.clone(), &[company]).await?;

    let row = |aspect: Aspect, operator: Operator, value: &str| Criterion::new(aspect, operator, [value]);
    let bare = |aspect: Aspect, operator: Operator| Criterion::new(aspect, operator, Vec::<String>::new());
    for aspect in Aspect::ALL.iter().copied() {
        let one = |value: &str| row(aspect, Operator::OneOf, value);
        let (asked, wanted): (Criterion, &[&str]) = match aspect {
            Aspect::Number => (row(aspect, Operator::Equals, &rich.number.to_string()), &["Rik"]),
            Aspect::Title => (row(aspect, Operator::Equals, "rik"), &["Rik"]),
            Aspect::ContactName => (row(aspect, Operator::Contains, "nordmann"), &["Lukket", "Rik", "Sen", "Venter"]),
            Aspect::ContactAddress => {
                (row(aspect, Operator::EndsWith, "@fjord.no"), &["Lukket", "Rik", "Sen", "Venter"])
            }
            Aspect::CompanyName => (row(aspect, Operator::NotEquals, "fjord as"), &["Hviler"]),
            Aspect::Text => (row(aspect, Operator::Contains, "vedlegg"), &["Lukket"]),
            Aspect::State => (one("closed"), &["Lukket"]),
            Aspect::Status => (one(shut.as_str()), &["Lukket"]),
            Aspect::Owner => (one(crate::house::id(&house.ane).as_str()), &["Rik"]),
            Aspect::Category | Aspect::FirstCategory => (one(house.invoices.as_str()), &["Hviler"]),
            Aspect::Priority => (one(high.id.as_str()), &["Rik"]),
            Aspect::FirstPriority => (one(low.as_str()), &["Hviler"]),
            Aspect::Type => (one(own.id.as_str()), &["Hviler"]),
            Aspect::Access => (one("internal"), &["Hviler"]),
            Aspect::Origin => (one("phone"), &["Hviler"]),
            Aspect::Read => (one("read"), &["Rik"]),
            Aspect::Tag => (one(tag.as_str()), &["Rik"]),
            Aspect::Contact => (row(aspect, Operator::NotOneOf, house.kari.as_str()), &["Hviler"]),
            Aspect::Company => (one("none"), &["Hviler"]),
            Aspect::Agreement => (one(agreement.id.as_str()), &["Lukket", "Rik", "Sen", "Venter"]),
            Aspect::Follower => (one(crate::house::id(&house.dag).as_str()), &["Rik"]),
            Aspect::Sale => (one(sale.id.as_str()), &["Rik"]),
            Aspect::Project => (one(project.id.as_str()), &["Rik"]),
            Aspect::Account => (row(aspect, Operator::NotOneOf, mailbox.as_str()), &["Hviler"]),
            Aspect::Created => (row(aspect, Operator::Equals, &rich.created_at.to_string()), &["Rik"]),
            Aspect::Changed | Aspect::Replied | Aspect::Spoken => {
                (row(aspect, Operator::After, &(now - 1).to_string()), &["Rik"])
            }
            Aspect::Closed => (bare(aspect, Operator::Set), &["Lukket"]),
            Aspect::Deadline => (row(aspect, Operator::Equals, &due.to_string()), &["Sen"]),
            Aspect::Wakes => (bare(aspect, Operator::Set), &["Hviler"]),
            Aspect::Assigned => (bare(aspect, Operator::Set), &["Rik"]),
            Aspect::Messages => (row(aspect, Operator::AtLeast, "3"), &["Rik"]),
            Aspect::Replies | Aspect::Escalation => (row(aspect, Operator::AtLeast, "1"), &["Rik"]),
            Aspect::Minutes => (row(aspect, Operator::Equals, "5"), &["Rik"]),
            Aspect::Charge => (row(aspect, Operator::Equals, "15"), &["Rik"]),
            Aspect::Reopenings => (row(aspect, Operator::Equals, "1"), &["Lukket"]),
            Aspect::Flagged | Aspect::Favourite => (bare(aspect, Operator::Yes), &["Rik"]),
            Aspect::HasFiles => (bare(aspect, Operator::Yes), &["Lukket"]),
            Aspect::Overdue => (bare(aspect, Operator::Yes), &["Sen"]),
            Aspect::MissedDeadline => (bare(aspect, Operator::Yes), &["Rik", "Sen"]),
            // The usual status for later is one in which the clock stands still too.
            Aspect::Waiting => (bare(aspect, Operator::Yes), &["Hviler", "Venter"]),
            Aspect::Custom => (Criterion::custom("bygg", Operator::Equals, ["nord"]), &["Rik"]),
        };
        let found = titles(&house, asked.clone()).await?;
        ensure!(found == wanted, "{found:?} in place of {wanted:?} for {asked:?}");
    }
    Ok(())
}

/// FND-3: days, weeks, months and years are those of the house, weeks begin on Monday; on Thursday 7 January 2027 at ten.
#[tokio::test(flavor = "multi_thread")]
async fn each_span_of_time_holds_what_lies_in_it() -> Result<()> {
    let house = House::open().await?;
    // Days after Tuesday 24 November 2026, ten in the morning, and hours.
    let at = |days: i64, hours: i64| TUESDAY_TEN + days * DAY + hours * HOUR;
    for (title, days, hours) in [
        ("24. nov", 0, 0),
        ("15. des", 21, 0),
        ("29. des", 35, 0),
        ("1. jan", 38, 0),
        ("5. jan", 42, 0),
        ("6. jan", 43, -2),
        ("7. jan", 44, -2),
    ] {
        house.clock.advance(at(days, hours) - house.clock.now());
        house.request(title).await?;
    }
    house.clock.advance(at(44, 0) - house.clock.now());
    let made = ["24. nov", "15. des", "29. des", "1. jan", "5. jan", "6. jan", "7. jan"];
    for (title, days, hours) in [
        ("i kveld", 44, 10),
        ("8. jan", 45, -1),
        ("10. jan", 47, 0),
        ("12. jan", 49, 0),
        ("31. jan", 68, 0),
        ("10. feb", 78, 0),
        ("1. des 27", 372, 0),
        ("3. jan 28", 405, 0),
    ] {
        let ticket = house.request(title).await?;
        house.desk.postpone(&house.ane, &ticket.id, Until::At { at: at(days, hours) }, None).await?;
    }
    let ahead = ["i kveld", "8. jan", "10. jan", "12. jan", "31. jan", "10. feb", "1. des 27", "3. jan 28"];
    let found = async |aspect: Aspect, operator: Operator, minutes: Option<&str>| {
        let values: Vec<String> = minutes.map(str::to_owned).into_iter().collect();
        let mut rows = vec![Criterion::new(aspect, operator, values)];
        if aspect == Aspect::Created {
            // The others were made today.
            rows.push(Criterion::new(Aspect::Wakes, Operator::NotSet, Vec::<String>::new()));
        }
        let page = house.desk.list_by(&house.eva, &Criteria::all(rows), Sort::default(), None).await?;
        anyhow::Ok(page.rows.into_iter().map(|row| row.title).collect::<Vec<_>>())
    };
    for (aspect, operator, minutes, wanted) in [
        (Aspect::Created, Operator::Today, None, &made[6..]),
        (Aspect::Created, Operator::Yesterday, None, &made[5..6]),
        (Aspect::Created, Operator::BeforeToday, None, &made[..6]),
        (Aspect::Created, Operator::ThisWeek, None, &made[4..]),
        (Aspect::Created, Operator::PreviousWeek, None, &made[2..4]),
        (Aspect::Created, Operator::ThisMonth, None, &made[3..]),
        (Aspect::Created, Operator::PreviousMonth, None, &made[1..3]),
        (Aspect::Created, Operator::ThisYear, None, &made[3..]),
        (Aspect::Created, Operator::PreviousYear, None, &made[..3]),
        (Aspect::Created, Operator::OlderThan, Some("1440"), &made[..6]),
        (Aspect::Created, Operator::WithinLast, Some("1440"), &made[6..]),
        (Aspect::Wakes, Operator::Today, None, &ahead[..1]),
        (Aspect::Wakes, Operator::Tomorrow, None, &ahead[1..2]),
        (Aspect::Wakes, Operator::AfterToday, None, &ahead[1..]),
        (Aspect::Wakes, Operator::ThisWeek, None, &ahead[..3]),
        (Aspect::Wakes, Operator::NextWeek, None, &ahead[3..4]),
        (Aspect::Wakes, Operator::ThisMonth, None, &ahead[..5]),
        (Aspect::Wakes, Operator::NextMonth, None, &ahead[5..6]),
        (Aspect::Wakes, Operator::ThisYear, None, &ahead[..7]),
        (Aspect::Wakes, Operator::NextYear, None, &ahead[7..]),
        (Aspect::Wakes, Operator::WithinNext, Some("1440"), &ahead[..2]),
    ] {
        let mut found = found(aspect, operator, minutes).await?;
        let mut wanted = wanted.to_vec();
        found.sort_unstable();
        wanted.sort_unstable();
        ensure!(found == wanted, "{found:?} in place of {wanted:?}: {aspect} {operator}");
    }
    Ok(())
}

/// RGT-1, RGT-3: whoever lists a request and may not read it learns by no criterion which words were said in it.
#[tokio::test(flavor = "multi_thread")]
async fn words_are_found_only_in_what_one_may_read() -> Result<()> {
    let house = House::open().await?;
    house.request("Skriver").await?;
    let own = house.request("Faktura").await?;
    let lists = role("Lister", Reach::All, Reach::None, Reach::None);
    give(&house, &house.bo, lists).await?;
    let said = |operator| Criteria::all(vec![Criterion::new(Aspect::Text, operator, ["stille"])]);
    ensure!(numbers(&house, &house.eva, &said(Operator::Contains)).await?.len() == 2);
    ensure!(numbers(&house, &house.bo, &said(Operator::Contains)).await?.is_empty(), "he lists both");
    ensure!(numbers(&house, &house.bo, &said(Operator::NotContains)).await?.len() == 2);
    // What is given to him he may read.
    house.desk.transfer(&house.eva, &own.id, &crate::house::id(&house.bo), None).await?;
    ensure!(numbers(&house, &house.bo, &said(Operator::Contains)).await? == [own.number]);
    Ok(())
}
