//! Contacts who are one, companies that are one. Section 16.

use crate::house::House;
use anyhow::{Context, Result, ensure};
use desk::{
    Error, Why,
    clock::MINUTE,
    model::{
        Actor, Agreement, AgreementId, Card, CompanyId, ContactSettings, EventKind, Field, FieldId, FieldKind,
        Language, LogAsked, Merge, PersonId, Sort, Targets, Ticket,
    },
    person::{NewCompany, NewContact},
};
use std::collections::{BTreeMap, BTreeSet};

/// The contact of a request, by the private link.
pub async fn follow(house: &House, ticket: &Ticket) -> Result<Actor> {
    let link = ticket.link.clone().context("no link")?;
    Ok(house.desk.follow(ticket.number, link.rsplit('/').next().unwrap_or_default()).await?)
}

/// Signs in from the portal with this address: the session.
pub async fn sign_in_by(house: &House, address: &str) -> Result<String> {
    house.desk.ask_link(address, Language::Nb).await?;
    house.rest().await?;
    let mail = house.sent().into_iter().rev().find(|mail| mail.to[0].address == address).context("no link came")?;
    let token = mail.text.rsplit("/sign-in/").next().unwrap_or_default().split_whitespace().next().unwrap_or_default();
    Ok(house.desk.redeem_link(token).await?)
}

async fn sign_in(house: &House, address: &str) -> Result<Actor> {
    let session = sign_in_by(house, address).await?;
    Ok(house.desk.session(&session).await?)
}

async fn numbers(house: &House, actor: &Actor) -> Result<Vec<i64>> {
    let mut numbers: Vec<i64> = house.own_requests(actor).await?.iter().map(|row| row.number).collect();
    numbers.sort_unstable();
    Ok(numbers)
}

/// CRM-2, RGT-2, POR-5
#[tokio::test(flavor = "multi_thread")]
async fn two_contacts_who_are_one_become_one_and_can_be_taken_apart() -> Result<()> {
    let house = House::open().await?;
    let work = house.request("Fra jobben").await?;
    house.mail("kari@hjemme.example", "Hjemmefra", "Hei, det er Kari.").await?;
    house.rest().await?;
    let home = house.latest().await?;
    let twin = home.contacts[0].id.clone();
    ensure!(twin != house.kari && home.company.is_none());
    house.desk.add_ticket_contact(&house.ane, &work.id, &twin).await?;
    house.desk.save_field(&house.eva, who()).await?;
    let third = {
        house.mail("per@elsewhere.example", "Annen sak", "Hei").await?;
        house.rest().await?;
        house.latest().await?
    };
    let named = [("bestiller".to_owned(), vec![twin.0.clone()])].into();
    house.desk.set_fields(&house.ane, &third.id, &named).await?;
    let old_link = follow(&house, &home).await?;
    ensure!(old_link.person() == Some(&twin));

    // Section 19: a right of its own.
    let twins = [twin.clone()];
    ensure!(house.desk.merge_people(&house.ane, &house.kari, &twins).await == Err(Error::Forbidden));
    let itself = house.desk.merge_people(&house.eva, &house.kari, std::slice::from_ref(&house.kari)).await;
    ensure!(itself == Err(Error::invalid("from", Why::Circle)));
    house.desk.merge_people(&house.eva, &house.kari, &twins).await?;
    house.rest().await?;

    let (work_now, home_now) = (house.ticket(work.number).await?, house.ticket(home.number).await?);
    ensure!(work_now.contacts.len() == 1 && work_now.contacts[0].id == house.kari, "one of two contacts");
    ensure!(home_now.contacts[0].id == house.kari && home_now.contacts[0].emails.len() == 2, "CRM-2");
    ensure!(home_now.company.is_some_and(|company| company.name == "Fjord AS"), "CRM-1");
    ensure!(house.ticket(third.number).await?.fields[0].values == std::slice::from_ref(&house.kari.0), "in fields too");
    let card = Card::Person(house.kari.clone());
    ensure!(house.desk.requests_of(&house.eva, &card, true, Sort::default(), None).await?.rows.len() == 2);
    // Her answer by mail from home is hers, on her request.
    house.answer("kari@hjemme.example", "Takk!").await?;
    let answered = house.ticket(home.number).await?;
    ensure!(answered.messages.len() > home.messages.len() && answered.contacts.len() == 1);
    // Both addresses find her, sign her in, and the link in an old mail still leads somewhere.
    for address in ["kari@fjord.no", "kari@hjemme.example"] {
        let kari = sign_in(&house, address).await?;
        ensure!(kari.person() == Some(&house.kari) && numbers(&house, &kari).await? == [work.number, home.number]);
    }
    let by_link = follow(&house, &home).await?;
    ensure!(by_link.person() == Some(&house.kari), "the old link");
    ensure!(house.desk.customer_ticket(&by_link, home.number).await.is_ok(), "POR-5");
    // The old id leads to her for ever, and finding the other one finds her.
    let settings = house.desk.contact_settings(&house.eva, &twin).await?;
    ensure!(settings == house.desk.contact_settings(&house.eva, &house.kari).await? && settings.emails.len() == 2);
    ensure!(house.desk.find_callers(&house.eva, "hjemme").await?.iter().all(|caller| caller.person.id == house.kari));
    let hits = house.desk.search(&house.eva, "hjemme").await?;
    ensure!(hits.people.iter().map(|person| &person.id).eq([&house.kari]) && hits.hits.len() == 2, "the index");
    let card = Card::Person(twin.clone());
    ensure!(house.desk.requests_of(&house.eva, &card, true, Sort::default(), None).await?.rows.len() == 2);
    house.desk.add_ticket_contact(&house.ane, &third.id, &twin).await?;
    ensure!(house.ticket(third.number).await?.contacts[1].id == house.kari);
    house.desk.remove_ticket_contact(&house.ane, &third.id, &twin).await?;
    ensure!(house.ticket(third.number).await?.contacts.len() == 1);
    let again = house.desk.merge_people(&house.eva, &house.kari, &twins).await;
    ensure!(again == Err(Error::invalid("from", Why::NotAChoice)), "once is enough");

    // And apart again.
    ensure!(house.desk.unmerge_person(&house.ane, &twin).await == Err(Error::Forbidden));
    house.desk.unmerge_person(&house.eva, &twin).await?;
    house.rest().await?;
    let (work_now, home_now) = (house.ticket(work.number).await?, house.ticket(home.number).await?);
    ensure!(work_now.contacts.len() == 2 && work_now.contacts[0].id == house.kari);
    ensure!(home_now.contacts[0].id == twin && home_now.company.is_none());
    ensure!(house.ticket(third.number).await?.fields[0].values == std::slice::from_ref(&twin.0));
    let kari = sign_in(&house, "kari@fjord.no").await?;
    ensure!(numbers(&house, &kari).await? == [work.number]);
    ensure!(house.desk.unmerge_person(&house.eva, &twin).await == Err(Error::NotFound));
    let logged = house.desk.whole_log(&house.eva, &LogAsked::default(), None).await?;
    let two: Vec<_> =
        logged.iter().rev().filter(|entry| entry.data.as_ref().is_some_and(|d| d.contains(&twin.0))).collect();
    let two: Vec<_> = two.iter().filter(|entry| entry.ticket.is_none()).map(|entry| entry.kind).collect();
    ensure!(two == [EventKind::PeopleMerged, EventKind::PeopleUnmerged], "{two:?}");
    Ok(())
}

/// C-20: who was merged is forgotten with whom they became.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_was_merged_is_forgotten_along() -> Result<()> {
    let house = House::open().await?;
    house.mail("kari@hjemme.example", "Hjemmefra", "Hei").await?;
    house.rest().await?;
    let home = house.latest().await?;
    let twin = home.contacts[0].id.clone();
    let mut settings = house.desk.contact_settings(&house.eva, &twin).await?;
    settings.name = "Kari Privat".into();
    house.desk.save_contact(&house.eva, &twin, settings).await?;
    let kari = follow(&house, &home).await?;
    house.desk.solve(&kari, &home.id).await?;
    let mut write = house.desk.db().write().await?;
    sqlx::query(
        "insert into phone_call (id, account_id, name_there, direction, state, number, name, person_id, line, extension,
             agents, began_at, told)
         select 'c1', min(id), 'x1', 'in', 'missed', '+4790000000', 'Kari', $1, '', '', '', 1, 1 from account",
    )
    .bind(twin.clone())
    .execute(write.sql())
    .await?;
    write.commit().await?;
    house.desk.merge_people(&house.eva, &house.kari, std::slice::from_ref(&twin)).await?;
    let dossier = house.desk.dossier(&house.eva, &twin).await?;
    ensure!(dossier.id == house.kari && dossier.merged.len() == 1 && dossier.merged[0].name == "Kari Privat");
    ensure!(dossier.person.emails.len() == 2 && dossier.requests.len() == 1 && dossier.calls.len() == 1);
    house.desk.erase_person(&house.eva, &twin).await?;
    ensure!(house.texts("select number from phone_call").await? == [""]);
    ensure!(house.desk.unmerge_person(&house.eva, &twin).await == Err(Error::NotFound), "forgotten is forgotten");
    let log = serde_json::to_string(&house.ticket(home.number).await?.log)?;
    ensure!(!log.contains("Kari Privat"), "{log}");
    let whole = house.desk.whole_log(&house.eva, &Default::default(), None).await?;
    let whole = serde_json::to_string(&whole)?;
    ensure!(!whole.contains("Kari Privat") && !whole.contains("kari@hjemme"), "{whole}");
    ensure!(!whole.contains("Kari Nordmann"), "the survivor too: {whole}");
    let left = house
        .texts("select thing from provenance union all select name || note from person where erased_at is null")
        .await?;
    ensure!(left.is_empty(), "{left:?}");
    Ok(())
}

/// CRM-1, CRM-4
#[tokio::test(flavor = "multi_thread")]
async fn two_companies_that_are_one_become_one() -> Result<()> {
    let house = House::open().await?;
    let ticket = house.request("Skriver virker ikke").await?;
    let fjord: CompanyId = ticket.company.context("no company")?.id;
    let new = NewCompany { name: "Fjord Norge AS".into(), domain: Some("fjord-norge.no".into()) };
    let other = house.desk.add_company(&house.eva, new).await?;
    let new = NewContact { name: "Per".into(), company: Some(other.clone()), ..NewContact::default() };
    let per: PersonId = house.desk.add_contact(&house.eva, new).await?;
    let others = [other.clone()];
    ensure!(house.desk.merge_companies(&house.ane, &fjord, &others).await == Err(Error::Forbidden));
    house.desk.merge_companies(&house.eva, &fjord, &others).await?;
    ensure!(house.desk.contact_settings(&house.eva, &per).await?.company == Some(fjord.clone()));
    ensure!(house.desk.company_settings(&house.eva, &other).await?.name == "Fjord AS", "the old id leads on");
    let new = NewContact { name: "Pål".into(), company: Some(other.clone()), ..NewContact::default() };
    let paal = house.desk.add_contact(&house.eva, new).await?;
    ensure!(house.desk.contact_settings(&house.eva, &paal).await?.company == Some(fjord.clone()));
    // Whoever writes from its domain belongs to the one that stayed.
    house.mail("nina@fjord-norge.no", "Ny", "Hei").await?;
    house.rest().await?;
    ensure!(house.latest().await?.company.is_some_and(|company| company.id == fjord));
    let card = Card::Company(other.clone());
    ensure!(house.desk.requests_of(&house.eva, &card, true, Sort::default(), None).await?.rows.len() == 2, "CRM-4");
    let itself = house.desk.merge_companies(&house.eva, &fjord, std::slice::from_ref(&fjord)).await;
    ensure!(itself == Err(Error::invalid("from", Why::Circle)));
    let again = house.desk.merge_companies(&house.eva, &fjord, &others).await;
    ensure!(again == Err(Error::invalid("from", Why::NotAChoice)), "once is enough");
    Ok(())
}

/// A custom field that names a person.
fn who() -> Field {
    Field {
        id: FieldId::new(),
        key: "bestiller".into(),
        nb: "Bestiller".into(),
        en: "Ordered by".into(),
        hint_nb: String::new(),
        hint_en: String::new(),
        kind: FieldKind::Person,
        choices: vec![],
        required: false,
        portal: false,
        places: vec![],
    }
}

/// Everything that can be somebody's, a line each; who stands where by their order only.
async fn whose(house: &House) -> Result<BTreeMap<&'static str, Vec<String>>> {
    let mut all = BTreeMap::new();
    for (what, sql) in [
        ("emails", "select person_id || ' ' || address from person_email order by person_id, position, address"),
        ("phones", "select person_id || ' ' || number from person_phone order by person_id, position, number"),
        ("main", "select id || ' ' || person_id || ' ' || coalesce(company_id, '') from ticket order by id"),
        (
            "contacts",
            "select ticket_id || ' ' || person_id from ticket_contact order by ticket_id, position, person_id",
        ),
        ("messages", "select id || ' ' || person_id from message where person_id is not null order by id"),
        ("fields", "select ticket_id || ' ' || text from ticket_field order by ticket_id"),
        (
            "settings",
            "select id || ' ' || coalesce(company_id, '') || ' ' || coalesce(service_agent_id, '') || ' '
               || cast(coalesce(company_requests_at, 0) as text) from person order by id",
        ),
    ] {
        all.insert(what, house.texts(sql).await?);
    }
    Ok(all)
}

/// One person of the random graph, and the session that they once began.
struct Somebody {
    id: PersonId,
    session: String,
}

async fn somebody(house: &House, n: usize, companies: &[CompanyId], random: &mut fastrand::Rng) -> Result<Somebody> {
    let address = format!("p{n}@example.org");
    let id = house
        .desk
        .add_contact(
            &house.eva,
            NewContact {
                name: format!("Person {n}"),
                emails: vec![address.clone(), format!("p{n}@privat.example")],
                // Colleagues share a number.
                phones: vec![format!("+479000010{n}"), format!("+479000020{}", n / 3)],
                company: random.choice(companies).cloned().filter(|_| random.bool()),
                ..NewContact::default()
            },
        )
        .await?;
    if random.bool() {
        let settings = house.desk.contact_settings(&house.eva, &id).await?;
        let agent = crate::house::id(if random.bool() { &house.ane } else { &house.bo });
        let settings = ContactSettings { service_contact: Some(agent), company_requests: random.bool(), ..settings };
        house.desk.save_contact(&house.eva, &id, settings).await?;
    }
    let session = sign_in_by(house, &address).await?;
    Ok(Somebody { id, session })
}

/// CRM-2: whatever is merged and taken apart, in any order, everything is somebody's once, of who they are now; and when all
/// is taken apart, everything is as it was.
#[tokio::test(flavor = "multi_thread")]
async fn merging_and_taking_apart_in_any_order_loses_and_doubles_nothing() -> Result<()> {
    for seed in [3, 11, 29] {
        let house = House::open().await?;
        let mut random = fastrand::Rng::with_seed(seed);
        house.desk.save_field(&house.eva, who()).await?;
        let mut companies = vec![];
        for n in 0..2 {
            let new = NewCompany { name: format!("Firma {n}"), domain: None };
            companies.push(house.desk.add_company(&house.eva, new).await?);
        }
        let mut people = vec![];
        for n in 0..7 {
            people.push(somebody(&house, n, &companies, &mut random).await?);
        }
        for n in 0..10 {
            let from = random.usize(0..people.len());
            house.mail(&format!("p{from}@example.org"), &format!("Sak {n}"), "Hei").await?;
            house.rest().await?;
            let ticket = house.latest().await?;
            for _ in 0..random.usize(0..4) {
                let person = &random.choice(&people).context("nobody")?.id;
                house.desk.add_ticket_contact(&house.ane, &ticket.id, person).await?;
                if random.bool() {
                    house.desk.make_main_contact(&house.ane, &ticket.id, person).await?;
                }
            }
            let named = random.choice(&people).context("nobody")?.id.0.clone();
            house.desk.set_fields(&house.ane, &ticket.id, &[("bestiller".to_owned(), vec![named])].into()).await?;
        }
        let before = whose(&house).await?;
        let mut into: BTreeMap<PersonId, PersonId> = BTreeMap::new();
        let (mut merged, mut parted) = (0, 0);
        for _ in 0..60 {
            let (a, b) = (random.choice(&people).context("a")?, random.choice(&people).context("b")?);
            if random.bool() {
                let done = house.desk.merge_people(&house.eva, &a.id, std::slice::from_ref(&b.id)).await.is_ok();
                let (survivor, fits) = (now(&into, &a.id), !into.contains_key(&b.id));
                ensure!(
                    done == (fits && survivor != b.id),
                    "whoever leads to nobody can be merged, but not with themselves"
                );
                if done {
                    into.insert(b.id.clone(), survivor);
                    merged += 1;
                }
            } else {
                let done = house.desk.unmerge_person(&house.eva, &a.id).await.is_ok();
                ensure!(done == into.remove(&a.id).is_some());
                parted += i32::from(done);
            }
            check(&house, &before, &into, &people).await?;
        }
        ensure!(merged > 8 && parted > 5, "{merged} merged, {parted} taken apart: this told nothing");
        let mut left: Vec<PersonId> = into.into_keys().collect();
        random.shuffle(&mut left);
        for person in left {
            house.desk.unmerge_person(&house.eva, &person).await?;
        }
        let after = whose(&house).await?;
        for (what, lines) in &before {
            ensure!(after[what] == *lines, "seed {seed}, {what}: {:#?}\nbefore: {lines:#?}", after[what]);
        }
        ensure!(house.texts("select thing from provenance").await?.is_empty(), "nothing is left to be taken apart");
    }
    Ok(())
}

fn now(into: &BTreeMap<PersonId, PersonId>, id: &PersonId) -> PersonId {
    let mut here = id;
    while let Some(next) = into.get(here) {
        here = next;
    }
    here.clone()
}

/// Everything is whose it was, by who they are now.
async fn check(
    house: &House,
    before: &BTreeMap<&'static str, Vec<String>>,
    into: &BTreeMap<PersonId, PersonId>,
    people: &[Somebody],
) -> Result<()> {
    let after = whose(house).await?;
    for what in ["emails", "phones", "contacts", "messages", "fields"] {
        let named_now = |line: &String| {
            let words: Vec<String> = line.split(' ').map(|word| now(into, &PersonId(word.to_owned())).0).collect();
            words.join(" ")
        };
        let wanted: BTreeSet<String> = before[what].iter().map(named_now).collect();
        let there: BTreeSet<String> = after[what].iter().cloned().collect();
        ensure!(there.len() == after[what].len(), "{what}: something is double");
        ensure!(there == wanted, "{what}: {there:#?}, wanted {wanted:#?}");
    }
    for person in people {
        let actor = house.desk.session(&person.session).await?;
        ensure!(actor.person() == Some(&now(into, &person.id)), "a session goes on as who they are now");
    }
    Ok(())
}

/// MRG-1, MRG-4: who took part through one of two people takes part where a merge of requests brought that one, and no longer
/// where it is taken apart; what is undone is undone for who they are now.
#[tokio::test(flavor = "multi_thread")]
async fn merged_people_go_along_with_merged_requests_and_with_undo() -> Result<()> {
    let house = House::open().await?;
    let own = house.request("Min").await?;
    house.mail("kari@hjemme.example", "Hjemmefra", "Hei").await?;
    house.rest().await?;
    let home = house.latest().await?;
    let twin = home.contacts[0].id.clone();
    house.mail("per@elsewhere.example", "Annen sak", "Hei").await?;
    house.rest().await?;
    let third = house.latest().await?;
    let contacts = async |ticket: &Ticket| -> Result<BTreeSet<PersonId>> {
        Ok(house.ticket(ticket.number).await?.contacts.into_iter().map(|person| person.id).collect())
    };
    let (kari, per) = (house.kari.clone(), third.contacts[0].id.clone());

    // People first, then requests; then people apart: she who wrote stays where her words are.
    let twins = std::slice::from_ref(&twin);
    house.desk.merge_people(&house.eva, &kari, twins).await?;
    let merge = Merge::whole(third.id.clone(), vec![home.id.clone()]);
    house.desk.merge(&house.eva, merge.clone()).await?;
    ensure!(contacts(&third).await? == [kari.clone(), per.clone()].into());
    house.desk.unmerge_person(&house.eva, &twin).await?;
    ensure!(contacts(&third).await? == [twin.clone(), per.clone()].into(), "not Kari, who had no part in it");
    house.desk.unmerge(&house.eva, &home.id).await?;
    ensure!(contacts(&third).await? == [per.clone()].into() && contacts(&home).await? == [twin.clone()].into());

    // Requests first, then people; then requests apart: nobody goes on seeing it only because it was once merged.
    house.desk.merge(&house.eva, merge).await?;
    house.desk.merge_people(&house.eva, &kari, twins).await?;
    ensure!(contacts(&third).await? == [kari.clone(), per.clone()].into());
    house.desk.unmerge(&house.eva, &home.id).await?;
    ensure!(contacts(&third).await? == [per.clone()].into() && contacts(&home).await? == [kari.clone()].into());
    house.desk.unmerge_person(&house.eva, &twin).await?;

    // Undo of what was done with the one who was swallowed since.
    house.desk.add_ticket_contact(&house.ane, &own.id, &twin).await?;
    let added = house.desk.steps(&house.ane, &own.id).await?[0].number;
    house.desk.merge_people(&house.eva, &kari, twins).await?;
    house.desk.undo(&house.ane, added).await?;
    ensure!(contacts(&own).await? == [kari.clone()].into(), "her own part stays");
    house.desk.unmerge_person(&house.eva, &twin).await?;
    ensure!(contacts(&own).await? == [kari.clone()].into(), "what was undone does not come back");

    house.desk.add_ticket_contact(&house.ane, &third.id, &twin).await?;
    house.desk.remove_ticket_contact(&house.ane, &third.id, &twin).await?;
    let removed = house.desk.steps(&house.ane, &third.id).await?[0].number;
    house.desk.merge_people(&house.eva, &kari, twins).await?;
    house.desk.undo(&house.ane, removed).await?;
    ensure!(contacts(&third).await? == [kari.clone(), per.clone()].into(), "who they are now");
    house.desk.unmerge_person(&house.eva, &twin).await?;
    ensure!(contacts(&third).await? == [twin, per].into(), "and who they were");
    Ok(())
}

/// C-11: an agreement that is made with a company by an id that was swallowed stands for the survivor.
#[tokio::test(flavor = "multi_thread")]
async fn an_agreement_follows_a_company_to_what_it_became() -> Result<()> {
    let house = House::open().await?;
    let fjord = house.request("Skriver").await?.company.context("no company")?.id;
    let old = NewCompany { name: "Fjord Gammel".into(), domain: None };
    let old = house.desk.add_company(&house.eva, old).await?;
    house.desk.merge_companies(&house.eva, &fjord, std::slice::from_ref(&old)).await?;
    let high = house.priority("Medium").await?;
    let targets = Targets { first_response: None, next_response: None, resolution: Some(5) };
    let agreement =
        Agreement { id: AgreementId::new(), name: "Gull".into(), calendar: None, targets: vec![(high, targets)] };
    house.desk.save_agreement(&house.eva, agreement, &[old]).await?;
    let ticket = house.request("Nettet").await?;
    ensure!(ticket.deadline == Some(house.clock.now() + 5 * MINUTE), "{:?}", ticket.deadline);
    Ok(())
}
