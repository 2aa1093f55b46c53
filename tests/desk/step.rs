//! Taking back what was done. Appendix C, number 7.

use crate::{
    field::one_of_each,
    house::{House, draft, id},
    request_type::kind,
};
use anyhow::{Context, Result, anyhow, ensure};
use desk::{
    Error, Why,
    clock::{DAY, MINUTE},
    model::{
        Access, BulkAction, Divided, Draft, EventKind, FieldHow, HeldKind, Language, List, Merge, Message,
        MessageChange, PersonId, Priority, Project, ProjectId, Question, RelationKind, RelationRule, RelationRuleId,
        RequestTypeId, Sale, SaleId, SplitOff, State, Status, Substitution, Ticket, TicketChange, TicketId, Until,
    },
    person::{NewCompany, NewContact},
    step::Step,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Debug,
};

/// What undo promises to bring back. The log itself is not part of it.
fn picture(ticket: &Ticket) -> impl PartialEq + Debug + use<> {
    (
        (ticket.state, ticket.status.clone(), ticket.title.clone(), ticket.access, ticket.read),
        ticket.owner.as_ref().map(|owner| owner.id.clone()),
        (ticket.category.clone(), ticket.priority.clone(), ticket.kind.clone()),
        (ticket.sale.clone(), ticket.project.clone()),
        (ticket.closed_at, ticket.wake_at, ticket.minutes, ticket.charge),
        ticket.messages.iter().map(said).collect::<Vec<_>>(),
        ticket.contacts.iter().map(|person| person.id.clone()).collect::<Vec<_>>(),
        ticket.company.as_ref().map(|company| company.id.clone()),
        ticket.fields.iter().map(|field| (field.key.clone(), field.values.clone())).collect::<Vec<_>>(),
    )
}

fn said(message: &Message) -> impl PartialEq + Debug + use<> {
    (
        (message.id.clone(), message.text.clone(), message.quoted.clone(), message.has_html, message.redacted),
        (message.access, message.flagged, message.minutes, message.charge),
        message.attachments.iter().map(|file| file.id.clone()).collect::<Vec<_>>(),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_an_agent_does_can_be_taken_back_in_reverse_order() -> Result<()> {
    let house = House::open().await?;
    let ticket = house.request("Skriver virker ikke").await?;
    let before = picture(&ticket);
    let (closed, high) = (house.status("Closed").await?, house.priority("High").await?);
    house.desk.take(&house.ane, &ticket.id, None).await?;
    house.desk.set_category(&house.ane, &ticket.id, &house.invoices).await?;
    house.desk.set_priority(&house.ane, &ticket.id, &high).await?;
    let note = draft("Kjenner du denne?", Access::Internal);
    house.desk.transfer(&house.ane, &ticket.id, &id(&house.cia), Some(note)).await?;
    house.desk.set_status(&house.cia, &ticket.id, &closed).await?;
    ensure!(picture(&house.ticket(ticket.number).await?) != before);

    let steps = house.desk.steps(&house.eva, &ticket.id).await?;
    ensure!(steps.len() == 5, "{steps:?}");
    for step in &steps {
        house.desk.undo(&house.eva, step.number).await?;
    }
    let after = house.ticket(ticket.number).await?;
    ensure!(picture(&after) == before, "{:#?}", picture(&after));
    ensure!(after.log.iter().filter(|entry| entry.kind == EventKind::Undone).count() == 5);
    // It is in the lists again where it was.
    ensure!(house.desk.list(&house.ane, List::Unassigned, None).await?.total == 1);
    Ok(())
}

/// What changes are made with.
struct Things {
    statuses: Vec<Status>,
    priorities: Vec<Priority>,
    people: Vec<PersonId>,
    sales: Vec<SaleId>,
    projects: Vec<ProjectId>,
    kinds: Vec<RequestTypeId>,
}

impl Things {
    async fn gather(house: &House) -> Result<Things> {
        one_of_each(house).await?;
        let company = NewCompany { name: "Vik AS".to_owned(), domain: None };
        let company = house.desk.add_company(&house.eva, company).await?;
        let mut things = Things {
            statuses: vec![],
            priorities: vec![],
            people: vec![house.kari.clone()],
            sales: vec![],
            projects: vec![],
            kinds: vec![],
        };
        for (name, company) in [("Ola", Some(company)), ("Per", None)] {
            let new = NewContact {
                name: name.to_owned(),
                emails: vec![format!("{name}@vik.example")],
                phones: vec![],
                language: Language::Nb,
                company,
            };
            things.people.push(house.desk.add_contact(&house.eva, new).await?);
        }
        for name in ["Nord", "Sør"] {
            let sale = Sale { id: SaleId::new(), name: name.into(), company: None, closed: false };
            let project = Project { id: ProjectId::new(), name: name.into(), company: None, closed: false };
            let kind = kind(name);
            things.sales.push(sale.id.clone());
            things.projects.push(project.id.clone());
            things.kinds.push(kind.id.clone());
            house.desk.save_sale(&house.ane, sale).await?;
            house.desk.save_project(&house.ane, project).await?;
            house.desk.save_request_type(&house.eva, kind).await?;
        }
        let choices = house.desk.choices(&house.eva).await?;
        things.statuses = choices.statuses.into_iter().filter(|status| status.state.is_chosen()).collect();
        things.priorities = choices.priorities;
        Ok(things)
    }
}

/// One change that an agent may make to one request, or to it and another; what makes no sense just now is refused, and is
/// no step.
///
/// Not drawn are: stars, one's own flags and how much a follower hears, which are nobody else's business and no steps;
/// replies, forwards and what is asked of helpers, because what left the house stays; what customers do and what comes by
/// itself, which are no steps; what is erased for good; and what belongs to people, companies, agreements and settings.
async fn anything(house: &House, things: &Things, pair: [&Ticket; 2], random: &mut fastrand::Rng) -> Result<()> {
    let (desk, [now, other]) = (&house.desk, pair);
    let (id_of, eva) = (&now.id, &house.eva);
    let actor = [&house.ane, &house.bo, &house.eva][random.usize(0..3)];
    let colleague = id([&house.ane, &house.bo, &house.dag][random.usize(0..3)]);
    let (person, on) = (random.choice(&things.people).context("nobody")?, random.bool());
    let priority = &random.choice(&things.priorities).context("no priority")?.id;
    let category = if random.bool() { &house.invoices } else { &house.support };
    let number: String = random.u32(..).to_string();
    let message = random.choice(&now.messages);
    let words = |key: &str, value: &str| [(key.to_owned(), vec![value.to_owned()])].into();
    let done = match (random.u8(0..48), message) {
        (0, _) => desk.take(actor, id_of, None).await,
        (1, _) => desk.release(actor, id_of).await,
        (2, _) => {
            let note = on.then(|| draft("Kan du se på denne?", Access::Internal));
            desk.transfer(eva, id_of, &colleague, note).await
        }
        (3, _) => match random.choice(&things.statuses).context("no status")? {
            status if status.state == State::Postponed => desk.postpone(actor, id_of, Until::Day, None).await,
            status => desk.set_status(actor, id_of, &status.id).await,
        },
        (4, _) => desk.set_priority(actor, id_of, priority).await,
        (5, _) => desk.set_category(eva, id_of, category).await,
        (6, _) => desk.set_title(actor, id_of, &format!("Sak {number}")).await,
        (7, _) => {
            let tags = ["vpn", "skriver", "haster"].iter().filter(|_| random.bool());
            desk.set_tags(actor, id_of, &tags.map(|tag| (*tag).to_owned()).collect::<Vec<_>>()).await
        }
        (8, _) => desk.follow_ticket(eva, id_of, &colleague, on).await,
        (9, _) => desk.set_access(actor, id_of, if on { Access::Internal } else { Access::External }).await,
        (10, _) => {
            let file = desk.store_upload("inni.txt", "text/plain", b"hemmelig".to_vec()).await?;
            let files = if random.bool() { vec![file] } else { vec![] };
            let comment = Draft { close: on, files, seconds: 90, charge: 5, ..draft(&number, Access::Internal) };
            desk.comment(actor, id_of, comment).await.map(drop)
        }
        (11, _) => desk.add_tag(actor, id_of, "vpn").await,
        (12, _) => desk.remove_tag(actor, id_of, "vpn").await,
        (13, _) => desk.set_fields(actor, id_of, &words("text", &format!("Rom {number}"))).await,
        (14, _) => desk.set_fields(actor, id_of, &words("number", &number)).await,
        (15, _) => desk.set_fields(actor, id_of, &words("person", person.as_str())).await,
        (16, _) => {
            let colours: Vec<String> =
                ["red", "green", "blue"].iter().filter(|_| random.bool()).map(|of| (*of).to_owned()).collect();
            desk.set_fields(actor, id_of, &[("multi-choice".to_owned(), colours)].into()).await
        }
        (17, _) => desk.change_field(actor, id_of, "yes-no", FieldHow::Toggle, &[]).await,
        (18, _) => desk.change_field(actor, id_of, "text", FieldHow::Clear, &[]).await,
        (19, _) => {
            let what = Substitution { find: "o".into(), with: "u".into(), ..Substitution::default() };
            match on {
                true => desk.replace_in_title(actor, id_of, &what).await,
                false => desk.replace_in_field(actor, id_of, "text", &what).await,
            }
        }
        (20, _) => desk.set_request_type(actor, id_of, random.choice(&things.kinds).context("no type")?).await,
        (21, _) => desk.set_sale(actor, id_of, random.choice(&things.sales).filter(|_| on)).await,
        (22, _) => desk.set_project(actor, id_of, random.choice(&things.projects).filter(|_| on)).await,
        (23 | 24, _) => desk.add_ticket_contact(actor, id_of, person).await,
        (25, _) => desk.remove_ticket_contact(actor, id_of, person).await,
        (26, _) => desk.make_main_contact(actor, id_of, person).await,
        (27 | 28, _) => {
            let how = [RelationKind::Related, RelationKind::Parent, RelationKind::Child][random.usize(0..3)];
            desk.relate(actor, id_of, &other.id, how, &number).await.map(drop)
        }
        (29, _) => match desk.relations(eva, id_of).await?.first() {
            Some(relation) => desk.unrelate(eva, id_of, &relation.id).await,
            None => Ok(()),
        },
        (30, _) => desk.close_children(eva, id_of, None).await.map(drop),
        (31, Some(message)) => desk.flag(actor, &message.id, on).await,
        (32, Some(message)) => desk.redact(eva, &message.id, &[], "Personnummer").await.map(drop),
        (33, Some(message)) => {
            let spent = MessageChange { minutes: Some(random.i64(0..9)), charge: Some(3), ..MessageChange::default() };
            desk.change_message(eva, &message.id, spent).await
        }
        (34, Some(message)) => {
            let access = Some(if on { Access::Internal } else { Access::External });
            desk.change_message(eva, &message.id, MessageChange { access, ..MessageChange::default() }).await
        }
        (35, Some(message)) => {
            let remove_files = message.attachments.iter().map(|file| file.id.clone()).collect();
            let less = MessageChange { remove_files, delete: on, ..MessageChange::default() };
            desk.change_message(eva, &message.id, less).await
        }
        (36, Some(message)) => desk.move_message(eva, &message.id, &other.id).await,
        (37, Some(message)) => {
            let new = SplitOff { title: format!("Delt {number}"), ..SplitOff::default() };
            desk.split(eva, id_of, new, std::slice::from_ref(&message.id)).await.map(drop)
        }
        (38, Some(message)) => {
            let new = SplitOff { title: format!("Halv {number}"), ..SplitOff::default() };
            let divided = Divided { stays: "Den ene".into(), goes: "Den andre".into(), files: vec![] };
            desk.split_message(eva, &message.id, divided, new).await.map(drop)
        }
        (39, _) => {
            let keep = on.then(|| other.id.clone());
            desk.merge(eva, Merge { keep, ..Merge::whole(id_of.clone(), vec![other.id.clone()]) }).await
        }
        (40, _) => match swallowed(house).await? {
            Some(swallowed) => desk.unmerge(eva, &swallowed).await,
            None => Ok(()),
        },
        (41, _) => match now.state {
            State::Deleted => desk.restore_ticket(eva, id_of).await,
            _ => desk.delete_ticket(eva, id_of).await,
        },
        (42, _) => {
            let change = TicketChange {
                title: Some(format!("Sak {number}")),
                priority: Some(priority.clone()),
                owner: Some(colleague),
                fields: words("text", &number),
                ..TicketChange::default()
            };
            desk.change_ticket(eva, id_of, change, now.seen).await
        }
        (43, _) => desk.hand_back(eva, id_of, Some(category)).await.map(drop),
        (44, _) => desk.set_read(actor, id_of, on).await,
        (46, _) => match desk.sides(eva, id_of).await?.first() {
            Some(side) => desk.end_side(eva, &side.id).await,
            None => Ok(()),
        },
        (45, _) => desk.mark_spam(eva, std::slice::from_ref(id_of)).await.map(drop),
        _ => {
            let action = if on { BulkAction::Comment { text: number } } else { BulkAction::Take };
            let bulk = desk.begin_bulk(eva, action, &[id_of.clone(), other.id.clone()]).await?;
            while !desk.bulk(eva, &bulk).await?.finished {
                tokio::time::sleep(std::time::Duration::from_millis(2)).await;
            }
            Ok(())
        }
    };
    ensure!(!matches!(done, Err(Error::Internal { .. })), "{done:?}");
    Ok(())
}

/// One that was merged into another.
async fn swallowed(house: &House) -> Result<Option<TicketId>> {
    let ids = house.texts("select id from ticket where state = 'linked' order by number limit 1").await?;
    Ok(ids.into_iter().map(TicketId).next())
}

/// Every request from this number on, each with its own.
async fn everything(house: &House, since: i64) -> Result<Vec<(TicketId, i64)>> {
    let query = sqlx::query_as("select id, number from ticket where number >= $1 order by number").bind(since);
    Ok(query.fetch_all(house.desk.db().read()).await?)
}

/// What can be taken back, the latest first, of all requests together.
async fn all_steps(house: &House, since: i64) -> Result<Vec<Step>> {
    let mut steps = BTreeMap::new();
    for (id, _) in everything(house, since).await? {
        steps.extend(house.desk.steps(&house.eva, &id).await?.into_iter().map(|step| (step.number, step)));
    }
    Ok(steps.into_values().rev().collect())
}

/// Any sequence of changes, taken back from the last to the first, leaves requests as they were; so does taking the taking
/// back back leave them as they became.
#[tokio::test(flavor = "multi_thread")]
async fn any_sequence_of_changes_and_its_undos_leave_requests_as_they_were() -> Result<()> {
    let mut random = fastrand::Rng::with_seed(31);
    let rounds = std::env::var("SAKER_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(20);
    let (mut done, mut kinds) = (0, BTreeSet::new());
    let house = House::open().await?;
    let things = Things::gather(&house).await?;
    for round in 0..rounds {
        let mut since = i64::MAX;
        for subject in ["Skriver virker ikke", "Nettet er nede"] {
            let ticket = house.request(subject).await?;
            house.desk.comment(&house.ane, &ticket.id, draft("Ser på den.", Access::Internal)).await?;
            let question =
                Question { to: vec!["hjelp@partner.example".into()], text: "Når?".into(), ..Question::default() };
            house.desk.ask_helper(&house.ane, &ticket.id, question).await?;
            since = since.min(ticket.number);
        }
        house.rest().await?;
        let first = house.desk.last_event().await?;
        let before = whole(&house, since).await?;
        for _ in 0..random.usize(1..30) {
            let all = everything(&house, since).await?;
            let mut pair = vec![];
            for (_, number) in random.choose_multiple(&all, 2) {
                pair.push(house.ticket(*number).await?);
            }
            let [now, other] = pair.as_slice() else { continue };
            anything(&house, &things, [now, other], &mut random).await?;
            if random.u8(0..4) == 0 {
                house.clock.advance(random.i64(1..90) * MINUTE);
            }
        }
        let became = whole(&house, since).await?;
        let steps: Vec<Step> = all_steps(&house, since).await?.into_iter().filter(|step| step.number > first).collect();
        let told = || steps.iter().rev().map(|step| step.kind.as_str()).collect::<Vec<_>>();
        done += steps.len();
        kinds.extend(steps.iter().map(|step| step.kind.as_str()));
        for step in &steps {
            let undone = house.desk.undo(&house.eva, step.number).await;
            undone.map_err(|why| anyhow!("{round}: {why:?} {step:?} of {:?}", told()))?;
        }
        house.rest().await?;
        for (number, after) in whole(&house, since).await? {
            match before.get(&number) {
                Some(before) => ensure!(after == *before, "{round}: {:?}\n{before:#?}\n{after:#?}", told()),
                None => ensure!(after.0 == "deleted", "{round}: {number} is {}", after.0),
            }
        }
        let undos = all_steps(&house, since).await?;
        for undo in undos.iter().take(steps.len()) {
            let undone = house.desk.undo(&house.eva, undo.number).await;
            undone.map_err(|why| anyhow!("{round}, again: {why:?} {undo:?} of {:?}", told()))?;
        }
        house.rest().await?;
        for (number, again) in whole(&house, since).await? {
            let became = became.get(&number).context("it was not there")?;
            ensure!(again == *became, "{round}, again: {:?}\n{became:#?}\n{again:#?}", told());
        }
    }
    crate::tally::check(&house).await?;
    println!("{rounds} rounds, {done} steps of {} kinds: {kinds:?}", kinds.len());
    ensure!(done > 5 * rounds, "so little was done that little was shown: {done}");
    ensure!(rounds < 20 || kinds.len() >= 30, "few kinds of steps were tried: {kinds:?}");
    Ok(())
}

/// All that undo promises to bring back, by number: the state, what it was swallowed by, and what it says while it is there.
async fn whole(
    house: &House,
    since: i64,
) -> Result<BTreeMap<i64, (String, Option<i64>, Option<impl PartialEq + Debug + use<>>)>> {
    let mut all = BTreeMap::new();
    for (id, number) in everything(house, since).await? {
        let now = house.ticket(number).await?;
        let there = now.id == id;
        let state = if there { now.state } else { State::Linked };
        let sides = house.desk.sides(&house.eva, &now.id).await?;
        let content = if there { Some((whole_of(house, &now).await?, sides)) } else { None };
        all.insert(number, (state.as_str().to_owned(), (!there).then_some(now.number), content));
    }
    Ok(all)
}

/// The same of a request as it was read.
pub async fn whole_of(house: &House, now: &Ticket) -> Result<impl PartialEq + Debug + use<>> {
    let mut tags = house.desk.tags_of(&house.eva, &now.id).await?;
    tags.sort();
    let followers = house.desk.followers(&house.eva, &now.id).await?;
    let mut followers: Vec<String> = followers.into_iter().map(|agent| agent.name).collect();
    followers.sort();
    let relations = house.desk.relations(&house.eva, &now.id).await?;
    let relations: Vec<_> = relations.into_iter().map(|one| (one.kind, one.number, one.comment)).collect();
    Ok((picture(now), tags, followers, relations))
}

/// EDM-2: taking one back shows nothing that another one hides, and its mail stays closed until nothing is hidden.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_blacked_out_twice_comes_back_in_order_only() -> Result<()> {
    let house = House::open().await?;
    let ticket = house.request("Skriver virker ikke").await?;
    let message = ticket.messages[0].id.clone();
    for part in ["Den", "stille"] {
        house.desk.redact(&house.eva, &message, &[part.to_owned()], "Personnummer").await?;
    }
    let text = async || Ok::<_, anyhow::Error>(house.ticket(ticket.number).await?.messages.remove(0).text);
    let latest = async || Ok::<_, anyhow::Error>(house.desk.steps(&house.eva, &ticket.id).await?.remove(0).number);
    let steps = house.desk.steps(&house.eva, &ticket.id).await?;
    let [second, first] = steps.as_slice() else { return Err(anyhow!("{steps:?}")) };
    let refused = house.desk.undo(&house.eva, first.number).await;
    ensure!(refused == Err(Error::Changed { by: "Eva".to_owned() }), "{refused:?}");
    ensure!(text().await? == "███ står ██████.");

    house.desk.undo(&house.eva, second.number).await?;
    let now = house.ticket(ticket.number).await?.messages.remove(0);
    ensure!(now.text == "███ står stille." && now.redacted && !now.has_source, "{now:?}");
    ensure!(house.desk.message_source(&house.eva, &message).await == Err(Error::NotFound));
    ensure!(house.desk.redactions(&house.eva, &message).await?.len() == 1);
    let undone = latest().await?;
    house.desk.undo(&house.eva, first.number).await?;
    ensure!(text().await? == "Den står stille." && house.desk.message_source(&house.eva, &message).await.is_ok());

    // Again, in the order in which they were made.
    let refused = house.desk.undo(&house.eva, undone).await;
    ensure!(matches!(refused, Err(Error::Changed { .. })), "{refused:?}");
    let first = latest().await?;
    house.desk.undo(&house.eva, first).await?;
    house.desk.undo(&house.eva, undone).await?;
    ensure!(text().await? == "███ står ██████.");
    ensure!(house.desk.redactions(&house.eva, &message).await?.len() == 2);
    Ok(())
}

/// C-20: what may not be taken away is not taken away by undoing that it came back, either.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_held_is_not_taken_away_again_by_an_undo() -> Result<()> {
    let house = House::open().await?;
    let ticket = house.request("Skriver virker ikke").await?;
    let file = house.desk.store_upload("inni.txt", "text/plain", b"hemmelig".to_vec()).await?;
    let comment = Draft { files: vec![file], ..draft("Se her.", Access::Internal) };
    let comment = house.desk.comment(&house.ane, &ticket.id, comment).await?;
    let file = house.ticket(ticket.number).await?.messages.remove(2).attachments.remove(0).id;
    let less = MessageChange { remove_files: vec![file.clone()], ..MessageChange::default() };
    let gone = MessageChange { delete: true, ..MessageChange::default() };
    house.desk.change_message(&house.eva, &comment, less).await?;
    house.desk.change_message(&house.eva, &comment, gone).await?;
    house.desk.delete_ticket(&house.eva, &ticket.id).await?;
    for step in house.desk.steps(&house.eva, &ticket.id).await?.iter().take(3) {
        house.desk.undo(&house.eva, step.number).await?;
    }
    ensure!(house.desk.attachment(&house.ane, &file).await.is_ok());
    crate::keeping::hold(&house, HeldKind::Ticket, ticket.id.as_str()).await?;
    let back: Vec<Step> = house.desk.steps(&house.eva, &ticket.id).await?.into_iter().take(3).collect();
    for step in &back {
        ensure!(step.kind == EventKind::Undone);
        let refused = house.desk.undo(&house.eva, step.number).await;
        ensure!(matches!(refused, Err(Error::Held { .. })), "{refused:?}");
    }
    ensure!(house.desk.attachment(&house.ane, &file).await.is_ok());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_undo_can_be_undone() -> Result<()> {
    let house = House::open().await?;
    let ticket = house.request("Skriver virker ikke").await?;
    house.desk.take(&house.ane, &ticket.id, None).await?;
    let taken = house.desk.steps(&house.ane, &ticket.id).await?.remove(0);
    house.desk.undo(&house.ane, taken.number).await?;
    ensure!(house.ticket(ticket.number).await?.owner.is_none());
    let undone = house.desk.steps(&house.ane, &ticket.id).await?.remove(0);
    ensure!(undone.kind == EventKind::Undone);
    house.desk.undo(&house.ane, undone.number).await?;
    ensure!(house.ticket(ticket.number).await?.owner.is_some_and(|owner| owner.id == id(&house.ane)));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_else_changed_since_is_not_overwritten() -> Result<()> {
    let house = House::open().await?;
    let ticket = house.request("Skriver virker ikke").await?;
    house.desk.take(&house.ane, &ticket.id, None).await?;
    let taken = house.desk.steps(&house.ane, &ticket.id).await?.remove(0);
    house.desk.take(&house.bo, &ticket.id, Some(&id(&house.ane))).await?;
    let refused = house.desk.undo(&house.ane, taken.number).await;
    ensure!(refused == Err(Error::Changed { by: "Bo".to_owned() }), "{refused:?}");
    ensure!(house.ticket(ticket.number).await?.owner.is_some_and(|owner| owner.id == id(&house.bo)));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_left_the_house_and_what_is_old_stays() -> Result<()> {
    let house = House::open().await?;
    let ticket = house.request("Skriver virker ikke").await?;
    let mut answer = draft("Start den på nytt.", Access::External);
    answer.close = true;
    house.desk.reply(&house.ane, &ticket.id, answer).await?;
    let step = house.desk.steps(&house.ane, &ticket.id).await?.remove(0);
    house.desk.undo(&house.ane, step.number).await?;
    let open = house.ticket(ticket.number).await?;
    ensure!(open.state == State::Open && open.messages.iter().any(|message| message.text == "Start den på nytt."));

    house.desk.reply(&house.ane, &ticket.id, draft("En ting til.", Access::External)).await?;
    let step = house.desk.steps(&house.ane, &ticket.id).await?.remove(0);
    let refused = house.desk.undo(&house.ane, step.number).await;
    ensure!(refused == Err(Error::invalid("step", Why::Sent)), "{refused:?}");

    house.desk.take(&house.ane, &ticket.id, None).await?;
    let step = house.desk.steps(&house.ane, &ticket.id).await?.remove(0);
    house.clock.advance(31 * DAY);
    ensure!(house.desk.steps(&house.ane, &ticket.id).await?.is_empty());
    let refused = house.desk.undo(&house.ane, step.number).await;
    ensure!(refused == Err(Error::invalid("step", Why::TooOld)), "{refused:?}");
    Ok(())
}

/// CAT-1, PRI-1: undo puts nothing to where nobody would find it, nor gives what was taken away since.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_put_back_into_what_was_taken_away_since() -> Result<()> {
    let house = House::open().await?;
    let ticket = house.request("Skriver virker ikke").await?;
    let low = house.priority("Low").await?;
    house.desk.set_priority(&house.ane, &ticket.id, &low).await?;
    house.desk.set_priority(&house.ane, &ticket.id, &house.priority("High").await?).await?;
    let step = house.desk.steps(&house.ane, &ticket.id).await?.remove(0);
    house.desk.retire_priority(&house.eva, &low).await?;
    let refused = house.desk.undo(&house.ane, step.number).await;
    ensure!(refused == Err(Error::invalid("priority", Why::NotAChoice)), "{refused:?}");

    house.desk.set_category(&house.ane, &ticket.id, &house.invoices).await?;
    let step = house.desk.steps(&house.ane, &ticket.id).await?.remove(0);
    house.desk.delete_category(&house.eva, &house.support, &house.invoices).await?;
    let refused = house.desk.undo(&house.eva, step.number).await;
    ensure!(refused == Err(Error::invalid("category", Why::NotAChoice)), "{refused:?}");
    Ok(())
}

/// CLO-2: a request that waits for its children is not closed by an undo either.
#[tokio::test(flavor = "multi_thread")]
async fn undo_closes_nothing_that_may_not_be_closed() -> Result<()> {
    let house = House::open().await?;
    let (parent, child) = (house.request("Nettet er nede").await?, house.request("Ingen kontakt").await?);
    let (open, closed) = (house.status("Open").await?, house.status("Closed").await?);
    house.desk.set_status(&house.ane, &parent.id, &closed).await?;
    house.desk.set_status(&house.ane, &parent.id, &open).await?;
    let step = house.desk.steps(&house.ane, &parent.id).await?.remove(0);
    house.desk.relate(&house.ane, &parent.id, &child.id, RelationKind::Child, "").await?;
    let rule = RelationRule {
        id: RelationRuleId::new(),
        name: "Barna først".to_owned(),
        parents: vec![],
        children: vec![],
        require_parent: false,
        children_first: true,
        offer_parent: false,
        offer_children: false,
    };
    house.desk.save_relation_rule(&house.eva, rule).await?;
    let refused = house.desk.undo(&house.ane, step.number).await;
    ensure!(refused == Err(Error::invalid("status", Why::First { what: format!("#{}", child.number) })), "{refused:?}");
    Ok(())
}
