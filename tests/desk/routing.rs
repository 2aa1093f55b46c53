//! What would become of what comes in, said before it comes. Appendix C, number 25.

use crate::house::{House, MAILBOX, id};
use anyhow::{Context, Result, ensure};
use desk::{
    Error, Why,
    model::{
        rule::{Rule, Then, When},
        *,
    },
    outside::{Inbound, Party},
};
use std::time::Duration;

/// A house that is set up by chance: how its category gives away, what its types and priorities are, which rules there are.
async fn by_chance(random: &mut fastrand::Rng) -> Result<House> {
    let house = House::open().await?;
    let mut support = house.desk.category_settings(&house.eva, &house.support).await?;
    support.method = random.choice([Method::None, Method::Even, Method::Weighted, Method::Fewest]).unwrap();
    support.service_contact_first = random.bool();
    support.present_only = random.u8(0..4) == 0;
    support.administrator = random.bool().then(|| id(&house.dag));
    support.quarantine = random.bool().then_some(30);
    if random.bool() {
        support.new_status = Some(house.status("Waiting for customer").await?);
    }
    house.desk.save_category(&house.eva, &house.support, support).await?;
    for agent in [&house.ane, &house.bo] {
        if random.u8(0..3) == 0 {
            house.desk.set_away(agent, &id(agent), true).await?;
        }
    }
    if random.bool() {
        let skills = [Skill { name: "Norsk".into(), level: 0 }];
        house.desk.set_skills(&house.eva, &id(&house.bo), &skills).await?;
        let place = SkillPlace::Category { id: house.support.clone() };
        let skills = vec![WantedSkill { name: "Norsk".into(), level: 0, required: random.bool() }];
        house.desk.want_skills(&house.eva, &SkillsWanted { place, skills }).await?;
    }
    if random.bool() {
        let mut kari = house.desk.contact_settings(&house.eva, &house.kari).await?;
        kari.priority = Some(house.priority("High").await?);
        house.desk.save_contact(&house.eva, &house.kari, kari).await?;
    }
    for n in 0..random.u8(0..4) {
        house.desk.save_rule(&house.eva, rule(&house, random, n).await?).await?;
    }
    // Somebody has Kari already, sometimes.
    if random.bool() {
        house.request("Tidligere").await?;
        house.pass(10).await?;
    }
    Ok(house)
}

async fn rule(house: &House, random: &mut fastrand::Rng, n: u8) -> Result<Rule> {
    let kinds = match random.u8(0..4) {
        0 => vec![EventKind::CategoryChanged, EventKind::PriorityChanged],
        1 => vec![EventKind::Tagged],
        _ => vec![EventKind::TicketOpened, EventKind::EnquiryReceived],
    };
    let only = match random.bool() {
        true => Criteria::default(),
        false => Criteria::all(vec![Criterion::new(Aspect::Title, Operator::Contains, ["faktura"])]),
    };
    let mut then = vec![];
    for _ in 0..random.u8(1..3) {
        then.push(match random.u8(0..8) {
            0 => Then::Category { category: house.invoices.clone() },
            1 => Then::Priority { priority: house.priority("Low").await? },
            2 => Then::Give { to: id(&house.cia) },
            3 => Then::Distribute,
            4 => Then::Status { status: house.status("Waiting for customer").await? },
            5 => Then::Release,
            6 => Then::Close,
            _ => Then::Tag { tag: format!("regel {n}") },
        });
    }
    Ok(Rule {
        id: RuleId::new(),
        name: format!("Regel {n}"),
        on: random.u8(0..5) > 0,
        when: When::Happened { kinds },
        only,
        then,
    })
}

/// What really became of it: as the route says it.
async fn really(house: &House, number: i64, before: usize) -> Result<(Ticket, Vec<EventKind>)> {
    let ticket = house.ticket(number).await?;
    let log = ticket.log.iter().skip(before).map(|entry| entry.kind);
    // What comes of mail that leaves is not of the way in.
    let later = [EventKind::Acknowledged, EventKind::Delivered, EventKind::ReplyLeft];
    let log = log.filter(|kind| !later.contains(kind)).collect();
    Ok((ticket, log))
}

async fn counts(house: &House) -> Result<Vec<String>> {
    let mut all = vec![];
    for sql in [
        "select cast(count(*) as text) from event",
        "select cast(count(*) as text) from ticket",
        "select cast(count(*) as text) from person",
        "select cast(count(*) as text) from job",
        "select cast(count(*) as text) from rule_run",
        "select cast(value as text) from counter order by name",
    ] {
        all.extend(house.texts(sql).await?);
    }
    Ok(all)
}

/// As [`counts`], when what the desk does by itself has come to an end: the clock stands still, so nothing more falls due.
async fn still(house: &House) -> Result<Vec<String>> {
    loop {
        house.rest().await?;
        let before = counts(house).await?;
        tokio::time::sleep(Duration::from_millis(1_100)).await;
        if counts(house).await? == before {
            return Ok(before);
        }
    }
}

/// Over houses set up by chance: what was said is what then happens, and saying it leaves no trace.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_is_what_then_happens() -> Result<()> {
    let seed = fastrand::u64(..);
    let mut random = fastrand::Rng::with_seed(seed);
    for round in 0..25 {
        let house = by_chance(&mut random).await?;
        one_mail(&house, &mut random).await.with_context(|| format!("seed {seed}, round {round}"))?;
    }
    Ok(())
}

async fn one_mail(house: &House, random: &mut fastrand::Rng) -> Result<()> {
    let from = random.choice(["kari@fjord.no", "ny@somewhere.example", "ola@nytt.no"]).unwrap();
    let subject = random.choice(["Faktura 12", "Skriver virker ikke"]).unwrap();
    let there = house.desk.list(&house.eva, List::Latest, None).await?.rows.first().cloned();
    let (subject, known) = match there.filter(|_| random.bool()) {
        Some(row) => (format!("SV: {subject} [Sak #{}]", row.number), Some(row.number)),
        None => (subject.to_owned(), None),
    };
    let automatic = random.u8(0..4) == 0;
    let mailbox = house.mailbox().await?.id;
    let arriving = Arriving::Mail {
        mailbox,
        from: from.to_owned(),
        name: String::new(),
        subject: subject.clone(),
        text: "Hei.".to_owned(),
        automatic,
    };
    let before = still(house).await?;
    let old = match known {
        Some(number) => house.ticket(number).await?.log.len(),
        None => 0,
    };
    let route = house.desk.try_arrival(&house.eva, &arriving).await;
    ensure!(counts(house).await? == before, "something was written");
    let sent = house.sent().len();
    let inbound = Inbound {
        external_id: format!("{}@somewhere.example", MessageId::new()),
        from: Party { address: from.to_owned(), name: String::new() },
        to: vec![Party { address: MAILBOX.to_owned(), name: String::new() }],
        subject: Some(subject),
        text: "Hei.".to_owned(),
        automatic: automatic.then(|| "auto-submitted".to_owned()),
        ..Inbound::default()
    };
    house.receive(inbound).await?;
    house.rest().await?;
    let latest = house.desk.list(&house.eva, List::Latest, None).await?.rows;
    let number = latest.iter().map(|row| row.number).max();
    let Ok(route) = route else {
        // A machine's answer on a request that is there wakes nobody, and has no way of its own.
        ensure!(automatic && known.is_some(), "{route:?}");
        return Ok(());
    };
    let number = match (&route.lands, number) {
        (Lands::There { number }, _) => *number,
        (_, number) => number.context("no request")?,
    };
    let new = !matches!(route.lands, Lands::There { .. });
    let (ticket, log) = really(house, number, if new { 0 } else { old }).await?;
    let foreseen: Vec<EventKind> = route.events.iter().map(|event| event.kind).collect();
    ensure!(foreseen == log, "said {foreseen:?}, was {log:?}\n{route:?}");
    let said = (&route.category.value, &route.kind.value, &route.priority.value, &route.status.value);
    ensure!(said == (&ticket.category, &ticket.kind, &ticket.priority, &ticket.status), "{route:?}\n{ticket:?}");
    ensure!(route.access.value == ticket.access);
    ensure!(route.owner == ticket.owner.as_ref().map(|owner| owner.id.clone()), "{route:?}\n{:?}", ticket.owner);
    ensure!(route.why == ticket.why, "{:?} {:?}", route.why, ticket.why);
    let acted = |tried: &&RuleTried| tried.acts || tried.failed.is_some();
    let runs: i64 = sqlx::query_scalar(
        "select count(*) from rule_run r join ticket t on t.id = r.ticket_id where t.number = $1 and r.event > $2",
    )
    .bind(number)
    .bind(before_event(&ticket, if new { 0 } else { old }))
    .fetch_one(house.desk.db().read())
    .await?;
    ensure!(route.rules.iter().filter(acted).count() as i64 == runs, "{:?}, {runs} runs", route.rules);
    let received = house.sent().len() > sent;
    match &route.receipt {
        Receipt::Sent { language, .. } => {
            let person = ticket.contacts.first().context("nobody")?;
            ensure!(received && language.value == person.language, "{:?}", route.receipt);
        }
        Receipt::Withheld { .. } => ensure!(!received, "{:?}", route.receipt),
    }
    Ok(())
}

/// The number of the last event before.
fn before_event(ticket: &Ticket, old: usize) -> i64 {
    ticket.log.iter().take(old).map(|entry| entry.number).max().unwrap_or(0)
}

/// PRI-2, TYP-1, CRE-8: who decided stands beside each value.
#[tokio::test(flavor = "multi_thread")]
async fn each_value_says_who_decided_it() -> Result<()> {
    let house = House::open().await?;
    let mail = |from: &str| Arriving::Mail {
        mailbox: AccountId::from(""),
        from: from.to_owned(),
        name: String::new(),
        subject: "Faktura".to_owned(),
        text: String::new(),
        automatic: false,
    };
    let ask = async |from: &str| {
        let Arriving::Mail { name, subject, text, automatic, from, .. } = mail(from) else { unreachable!() };
        let mailbox = house.mailbox().await?.id;
        let arriving = Arriving::Mail { mailbox, from, name, subject, text, automatic };
        anyhow::Ok(house.desk.try_arrival(&house.eva, &arriving).await?)
    };
    let refused = house.desk.try_arrival(&house.eva, &mail("kari@fjord.no")).await;
    ensure!(refused == Err(Error::invalid("mailbox", Why::NotAChoice)), "{refused:?}");
    ensure!(house.desk.try_arrival(&house.ane, &mail("kari@fjord.no")).await == Err(Error::Forbidden));
    let route = ask("kari@fjord.no").await?;
    ensure!(route.lands == Lands::New && route.category.from == Source::Door && route.priority.from == Source::Door);
    ensure!(route.status.from == Source::Saker && route.why.is_none() && route.owner.is_none());
    ensure!(matches!(&route.receipt, Receipt::Sent { language, .. } if language.from == Source::Contact));
    let stranger = ask("ny@somewhere.no").await?;
    ensure!(matches!(&stranger.receipt, Receipt::Sent { language, .. } if language.from == Source::Sender));
    let mut kari = house.desk.contact_settings(&house.eva, &house.kari).await?;
    kari.priority = Some(house.priority("High").await?);
    house.desk.save_contact(&house.eva, &house.kari, kari).await?;
    let mut support = house.desk.category_settings(&house.eva, &house.support).await?;
    support.new_status = Some(house.status("Waiting for customer").await?);
    house.desk.save_category(&house.eva, &house.support, support).await?;
    let route = ask("kari@fjord.no").await?;
    ensure!(route.priority.from == Source::Contact && route.status.from == Source::Category, "{route:?}");
    let rule = Rule {
        id: RuleId::new(),
        name: "Faktura".into(),
        on: true,
        when: When::Happened { kinds: vec![EventKind::TicketOpened] },
        only: Criteria::default(),
        then: vec![Then::Category { category: house.invoices.clone() }],
    };
    house.desk.save_rule(&house.eva, rule).await?;
    let route = ask("kari@fjord.no").await?;
    ensure!(route.category == Decided { value: house.invoices.clone(), from: Source::Rule }, "{route:?}");
    ensure!(route.rules.len() == 1 && route.rules[0].acts && route.rules[0].name == "Faktura");
    // The portal's form, and what it can't take.
    let form = |category: &str| Arriving::Form {
        email: "kari@fjord.no".into(),
        name: String::new(),
        category: category.to_owned(),
        kind: String::new(),
        priority: String::new(),
        title: "Skriver".into(),
        text: String::new(),
        language: None,
        fields: FieldValues::new(),
    };
    let missing = house.desk.try_arrival(&house.eva, &form("")).await;
    ensure!(missing == Err(Error::invalid("category", Why::Missing)), "{missing:?}");
    let requests = house.texts("select cast(count(*) as text) from ticket").await?;
    let route = house.desk.try_arrival(&house.eva, &form(house.support.as_str())).await?;
    ensure!(route.lands == Lands::New && route.category.from == Source::Rule && route.access.value == Access::External);
    ensure!(house.texts("select cast(count(*) as text) from ticket").await? == requests);
    Ok(())
}

/// What holds for a request that is there, and who decides it now.
#[tokio::test(flavor = "multi_thread")]
async fn what_holds_for_a_request_says_who_decides_it() -> Result<()> {
    let house = House::open().await?;
    let ticket = house.request("Skriver virker ikke").await?;
    let holds = house.desk.holds_of(&house.ane, &ticket.id).await?;
    ensure!(holds.priority == Decided { value: ticket.priority.clone(), from: Source::Door }, "{holds:?}");
    ensure!(holds.language == Decided { value: Language::Nb, from: Source::Contact } && holds.owner.is_none());
    ensure!(holds.reply_status.from == Source::Saker && !holds.takes_on_reply.value);
    let mut support = house.desk.category_settings(&house.eva, &house.support).await?;
    (support.take_on_reply, support.message_status) = (true, Some(house.status("Closed").await?));
    house.desk.save_category(&house.eva, &house.support, support).await?;
    let holds = house.desk.holds_of(&house.ane, &ticket.id).await?;
    ensure!(holds.takes_on_reply == Decided { value: true, from: Source::Category });
    ensure!(holds.reply_status.value.is_some() && holds.reply_status.from == Source::Category);
    Ok(())
}
