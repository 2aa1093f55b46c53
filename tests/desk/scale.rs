//! What a desk costs with a hundred times as many requests. Measured, not timed in passing:
//! `cargo test --workspace --test rules -- --ignored --nocapture scale` prints what BENCHMARKS.md gathers; `SAKER_MEASURE`
//! names what to measure alone, by words between commas.

use crate::{
    field::one_of_each,
    house::{House, id},
    role::{give, role},
    view::shared,
};
use anyhow::{Context, Result, bail, ensure};
use desk::{
    clock::DAY,
    model::{
        Actor, Aspect, Card, Combined, CompanyId, Criteria, Criterion, Flags, Grouping, Heading, Holds, Language, List,
        Next, Operator, Period, PersonId, Project, ProjectId, Reach, RuleId, Sale, SaleId, Selection, Sort, View,
        ViewId,
        rule::{Rule, Since, Then, When},
    },
    person::{NewCompany, NewContact},
};
use std::{
    fmt,
    time::{Duration, Instant},
};

/// How many requests the smaller desk has, and the larger one.
const SIZES: [i64; 2] = [1_000, 100_000];
/// How much more it may cost on the larger one.
const MOST: f64 = 2.0;
/// Each is done so often, on the two desks in turns; the medians count.
const TIMES: usize = 31;

/// A desk of so many requests, three in ten open, of four agents and nobody, in two categories; made of one that came by mail.
/// No verb opens them: a hundred thousand would take an hour.
pub async fn desk_of(size: i64) -> Result<House> {
    let house = House::open().await?;
    one_of_each(&house).await?;
    let first = house.request("Skriver virker ikke").await?;
    let (open, closed) = (house.status("Open").await?, house.status("Closed").await?);
    let mut write = house.desk.db().write().await?;
    sqlx::query(
        "with recursive n (i) as (select cast(1 as bigint) union all select i + 1 from n where i < $1)
         insert into ticket (id, number, title, state, status_id, access, origin, read, owner_id, category_id,
             first_category_id, priority_id, first_priority_id, account_id, person_id, company_id, sender, preview, messages,
             files, created_at, changed_at, closed_at, assigned_at, replied_at, deadline, resolution_due, minutes,
             title_key, contact_key, company_key)
         select t.id || n.i, t.number + n.i, 'Sak ' || (n.i * 7919 % 100003), case when n.i % 10 < 3 then 'open' else 'closed' end,
             case when n.i % 10 < 3 then $3 else $4 end, t.access, t.origin, case n.i % 4 when 0 then 'unread' else 'read' end,
             case n.i / 10 % 8 when 0 then $5 when 1 then $6 when 2 then $7 when 3 then $7 when 4 then $8 when 5 then $5 end,
             case n.i * 7919 / 10 % 2 when 0 then $9 else t.category_id end, t.category_id,
             (select id from priority where rank = (select min(rank) from priority) + n.i % 3), t.priority_id, t.account_id,
             t.person_id, t.company_id, t.sender, t.preview, n.i % 9, 0,
             t.created_at - (1 + $1 - n.i) * 60000000, t.created_at - (1 + $1 - n.i) * 50000000,
             case when n.i % 10 < 3 then null else t.created_at - n.i * 40000000 end, t.created_at - n.i * 60000000,
             t.created_at - n.i * 55000000, t.created_at + (n.i % 2000 - 1000) * 60000000, t.created_at, n.i % 60,
             cast(100000 + n.i * 7919 % 100003 as text), cast(10000 + n.i * 31 % 5003 as text),
             case n.i % 4 when 0 then '' else cast(1000 + n.i * 17 % 211 as text) end
         from ticket t, n where t.id = $2",
    )
    .bind(size)
    .bind(first.id.clone())
    .bind(open)
    .bind(closed)
    .bind(id(&house.ane))
    .bind(id(&house.bo))
    .bind(id(&house.cia))
    .bind(id(&house.dag))
    .bind(house.invoices.clone())
    .execute(write.sql())
    .await?;
    for sql in [
        "insert into message (id, ticket_id, kind, access, author_name, author_email, text, recipients, cc, minutes, created_at)
         select t.id || 'm', t.id, 'reply', 'external', 'Ane', '', 'Hei', '', '', 5, t.replied_at from ticket t
         where t.replied_at is not null",
        // Nine in ten hold a word, every other a choice.
        "insert into ticket_field (ticket_id, field_id, text, words, filed, turn)
         select t.id, f.id, '', 'Ord ' || t.title_key, t.title_key, t.number from ticket t join field f on f.key = 'text'
         where t.number % 10 > 0 and t.title_key <> ''",
        "insert into ticket_field (ticket_id, field_id, text, turn)
         select t.id, f.id, case t.number % 3 when 0 then 'red' when 1 then 'green' else 'blue' end, t.number
         from ticket t join field f on f.key = 'choice' where t.number / 10 % 2 = 0",
        "update ticket_field set filed = text where filed = ''",
        "update ticket_field set cell = (select t.state || ' ' || coalesce(t.owner_id, '') || ' ' || t.category_id
                                        from ticket t where t.id = ticket_field.ticket_id)",
        // Before all others: they are no news, and nothing is filed because of them.
        "insert into event (number, at, kind, ticket_id, actor_kind, actor_name, cause)
         select -t.number, t.created_at, 'ticket-opened', t.id, 'system', '', 'mail' from ticket t",
        "insert into event (number, at, kind, ticket_id, actor_kind, actor_name, cause)
         select -1000000 - t.number, t.replied_at, 'reopened', t.id, 'system', '', 'mail' from ticket t
         where t.replied_at is not null",
        "update ticket set counted_state = state, counted_owner = coalesce(owner_id, ''), counted_category = category_id,
                counted_status = status_id, counted_late = case when state = 'open' and deadline < (select max(at) from event) then 1 else 0 end",
        "delete from tally",
        "insert into tally (state, owner, category, status, late, count)
         select state, coalesce(owner_id, ''), category_id, status_id, counted_late, count(*) from ticket group by 1, 2, 3, 4, 5",
        "update counter set value = (select max(number) from ticket) where name = 'ticket'",
        "update status set queue_at = 1 where id = (select min(status_id) from ticket where state = 'open')",
    ] {
        sqlx::query(sql).execute(write.sql()).await?;
    }
    write.commit().await?;
    if std::env::var("SAKER_TEST_DATABASE").is_ok() {
        // What the database does by itself after so many writes, but not at once.
        sqlx::query("analyze").execute(house.desk.db().read()).await?;
    }
    let rule = Rule {
        id: RuleId::new(),
        name: "Glemt".to_owned(),
        on: true,
        when: When::Passed { minutes: 60, since: Since::Changed },
        only: Criteria::all(vec![Criterion::new(Aspect::State, Operator::OneOf, ["open"])]),
        then: vec![Then::Release],
    };
    house.desk.save_rule(&house.eva, rule).await?;
    let high = Criterion::new(Aspect::Priority, Operator::OneOf, [house.priority("High").await?.as_str()]);
    let view = View {
        id: ViewId::new(),
        name: "Haster".to_owned(),
        shared: false,
        holds: Holds::Dynamic { criteria: Criteria::all(vec![high]) },
        order: Sort::default(),
        columns: vec![],
    };
    house.desk.save_view(&house.eva, view).await?;
    // As many of each on both desks: what is looked for is few, among many.
    for n in 0..20 {
        let flagged = house.request(&format!("Flagg {n}")).await?;
        house.desk.flag(&house.eva, &flagged.messages[0].id, true).await?;
        let binned = house.request(&format!("Feil {n}")).await?;
        house.desk.delete_ticket(&house.eva, &binned.id).await?;
    }
    // Cia sees what is in her own category, one in two.
    give(&house, &house.cia, role("Faktura", Reach::Own, Reach::Own, Reach::Own)).await?;
    house.pass(1).await?;
    Ok(house)
}

/// What is picked out of all the others: twenty requests, on either desk.
struct Few {
    numbers: Vec<i64>,
    person: PersonId,
    company: CompanyId,
    sale: SaleId,
    project: ProjectId,
}

impl Few {
    /// The flagged ones: favourites of who sees all and of who sees some, of one customer, and in views by hand.
    async fn pick(house: &House) -> Result<Few> {
        let desk = &house.desk;
        let everybody = "insert into ticket_contact (ticket_id, person_id, position)
                         select id, person_id, 0 from ticket where person_id is not null on conflict do nothing";
        sqlx::query(everybody).execute(desk.db().read()).await?;
        let company = NewCompany { name: "Vik AS".to_owned(), domain: None };
        let company = desk.add_company(&house.eva, company).await?;
        let person = NewContact {
            name: "Ola Vik".to_owned(),
            emails: vec!["ola@vik.example".to_owned()],
            phones: vec![],
            language: Language::Nb,
            company: Some(company.clone()),
        };
        let person = desk.add_contact(&house.eva, person).await?;
        let sale = Sale { id: SaleId::new(), name: "Ny skriver".into(), company: None, closed: false };
        let project = Project { id: ProjectId::new(), name: "Flytting".into(), company: None, closed: false };
        desk.save_sale(&house.eva, sale.clone()).await?;
        desk.save_project(&house.eva, project.clone()).await?;
        let (mut tickets, mut numbers) = (vec![], vec![]);
        for (n, flagged) in desk.flagged(&house.eva, Flags::All, None).await?.rows.into_iter().enumerate() {
            let ticket = house.ticket(flagged.number).await?.id;
            if n % 2 == 0 {
                desk.set_category(&house.eva, &ticket, &house.invoices).await?;
                desk.star(&house.cia, &ticket, true).await?;
            }
            desk.star(&house.eva, &ticket, true).await?;
            desk.add_ticket_contact(&house.eva, &ticket, &person).await?;
            desk.make_main_contact(&house.eva, &ticket, &person).await?;
            desk.set_sale(&house.eva, &ticket, Some(&sale.id)).await?;
            desk.set_project(&house.eva, &ticket, Some(&project.id)).await?;
            tickets.push(ticket);
            numbers.push(flagged.number);
        }
        let picked = desk.save_view(&house.eva, shared("Utvalg", Holds::Static { tickets })).await?;
        let urgent = house.view("Haster").await?;
        for how in Combined::ALL.iter().copied() {
            let holds = Holds::Combined { left: picked.clone(), right: urgent.clone(), how };
            desk.save_view(&house.eva, shared(how.as_str(), holds)).await?;
        }
        house.rest().await?;
        Ok(Few { numbers, person, company, sale: sale.id, project: project.id })
    }
}

impl House {
    /// A view of the administrator's by its name.
    async fn view(&self, name: &str) -> Result<ViewId> {
        let views = self.desk.views(&self.eva).await?;
        Ok(views.into_iter().find(|view| view.name == name).with_context(|| format!("no view {name}"))?.id)
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Who {
    /// Sees everything.
    All,
    /// Sees some categories.
    Some,
}

#[derive(Clone, PartialEq)]
enum What {
    Page(Who, List, Option<Sort>, usize),
    Criteria,
    Counters(Who),
    Tiles(Who),
    /// What the categories hold.
    Standing(Who),
    View,
    /// What was picked by hand, in a view.
    Static(Who),
    /// That beside a view by criteria.
    Combined(Combined),
    /// A card of few requests.
    Card(Who, Of),
    /// What was picked by hand, to be shown, acted on and drawn.
    Picked(Who),
    Chosen(Who),
    Chart(Who),
    Flagged,
    Bin,
    Second,
    GetNext,
    Statistics,
    Request,
    Change,
}

/// Whose card it is.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Of {
    Person,
    Company,
    Sale,
    Project,
    /// Who nearly everything is from.
    Everybody,
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(if *self == Who::All { "all" } else { "some" })
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            What::Page(who, list, sort, page) => {
                write!(f, "{list}")?;
                if let Some(Sort { by, key, descending }) = sort {
                    write!(
                        f,
                        " by {by}{}{key}{}",
                        if key.is_empty() { "" } else { " " },
                        if *descending { ", last first" } else { "" }
                    )?;
                }
                write!(f, ", page {page}, {who}")
            }
            What::Criteria => f.write_str("by criteria, with their number"),
            What::Counters(who) => write!(f, "counters, {who}"),
            What::Tiles(who) => write!(f, "tiles, {who}"),
            What::Standing(who) => write!(f, "how categories stand, {who}"),
            What::View => f.write_str("a saved view, with its number"),
            What::Static(who) => write!(f, "a view picked by hand, {who}"),
            What::Combined(how) => write!(f, "a combined view, {how}"),
            What::Card(who, of) => write!(f, "a card, {}, {who}", format!("{of:?}").to_lowercase()),
            What::Picked(who) => write!(f, "a selection picked by hand, {who}"),
            What::Chosen(who) => write!(f, "what a selection acts on, {who}"),
            What::Chart(who) => write!(f, "a chart of a selection, {who}"),
            What::Flagged => f.write_str("flagged messages"),
            What::Bin => f.write_str("the bin"),
            What::Second => f.write_str("a second of the clock"),
            What::GetNext => f.write_str("get next"),
            What::Statistics => f.write_str("statistics of half a day"),
            What::Request => f.write_str("one request"),
            What::Change => f.write_str("changing a request twice"),
        }
    }
}

fn all() -> Vec<What> {
    use What::*;
    let mut all = vec![];
    for who in [Who::All, Who::Some] {
        for list in List::ALL.iter().copied() {
            all.extend([Page(who, list, None, 1), Page(who, list, None, 5)]);
            for by in headings() {
                let sort = |descending| Some(Sort { descending, ..by.clone() });
                all.push(Page(who, list, sort(false), 1));
                if list == List::Closed {
                    all.extend([Page(who, list, sort(false), 5), Page(who, list, sort(true), 1)]);
                }
            }
        }
        all.extend([Counters(who), Tiles(who), Standing(who), Static(who), Picked(who), Chosen(who), Chart(who)]);
        all.extend([Of::Person, Of::Company, Of::Sale, Of::Project, Of::Everybody].map(|of| Card(who, of)));
    }
    all.extend(desk::model::Combined::ALL.iter().copied().map(Combined));
    all.extend([Criteria, View, Flagged, Bin, Second, GetNext, Statistics, Request, Change]);
    all
}

/// Each heading; of custom fields one that is written in and one that is chosen in.
fn headings() -> Vec<Sort> {
    let each = Heading::ALL.iter().flat_map(|by| match by {
        Heading::Custom => ["text", "choice"].map(|key| (*by, key)).to_vec(),
        _ => vec![(*by, "")],
    });
    each.map(|(by, key)| Sort { key: key.to_owned(), ..Sort::new(by, false) }).collect()
}

impl House {
    fn who(&self, who: Who) -> &Actor {
        if who == Who::All { &self.eva } else { &self.cia }
    }

    async fn marked(&self, who: Who, list: List, sort: Sort, page: usize) -> Result<Option<String>> {
        let mut after = None;
        for _ in 1..page {
            after = self.desk.list_sorted(self.who(who), list, sort.clone(), after.as_deref()).await?.next;
            if after.is_none() {
                break;
            }
        }
        Ok(after)
    }
}

/// What is done on one of the two desks; none where there is no such page.
async fn once(house: &House, few: &Few, what: What, newest: i64, high: &str) -> Result<Option<Duration>> {
    let desk = &house.desk;
    let mut after = None;
    if let What::Page(who, list, sort, page) = &what
        && *page > 1
    {
        let usual = if *list == List::Latest { Heading::Created } else { Heading::Changed };
        let sort = sort.clone().unwrap_or(Sort::new(usual, true));
        after = house.marked(*who, *list, sort, *page).await?;
        if after.is_none() {
            return Ok(None);
        }
    }
    let now = house.clock.now();
    let began = Instant::now();
    match what {
        What::Page(who, list, None, _) => drop(desk.list(house.who(who), list, after.as_deref()).await?),
        What::Page(who, list, Some(sort), _) => {
            drop(desk.list_sorted(house.who(who), list, sort, after.as_deref()).await?);
        }
        What::Criteria => {
            let high = Criterion::new(Aspect::Priority, Operator::OneOf, [high]);
            drop(desk.list_by(&house.eva, &Criteria::all(vec![high]), Sort::default(), None).await?);
        }
        What::Counters(who) => {
            desk.counts(house.who(who)).await?;
        }
        What::Tiles(who) => {
            desk.tiles(house.who(who)).await?;
        }
        What::Standing(who) => drop(desk.status_view(house.who(who)).await?),
        What::View => {
            let view = house.view("Haster").await?;
            let began = Instant::now();
            desk.open_view(&house.eva, &view, None).await?;
            return Ok(Some(began.elapsed()));
        }
        What::Static(who) => {
            let view = house.view("Utvalg").await?;
            let began = Instant::now();
            ensure!(!desk.open_view(house.who(who), &view, None).await?.rows.is_empty());
            return Ok(Some(began.elapsed()));
        }
        What::Combined(how) => {
            let view = house.view(how.as_str()).await?;
            let began = Instant::now();
            desk.open_view(&house.eva, &view, None).await?;
            return Ok(Some(began.elapsed()));
        }
        What::Card(who, of) => {
            let card = match of {
                Of::Person => Card::Person(few.person.clone()),
                Of::Company => Card::Company(few.company.clone()),
                Of::Sale => Card::Sale(few.sale.clone()),
                Of::Project => Card::Project(few.project.clone()),
                Of::Everybody => Card::Person(house.kari.clone()),
            };
            let page = desk.requests_of(house.who(who), &card, true, Sort::default(), None).await?;
            ensure!(!page.rows.is_empty());
        }
        What::Picked(who) => {
            let picked = Selection::Picked(few.numbers.clone());
            ensure!(!desk.page_of_selection(house.who(who), &picked, None).await?.rows.is_empty());
        }
        What::Chosen(who) => {
            let view = Selection::View(house.view("Utvalg").await?);
            let began = Instant::now();
            ensure!(!desk.chosen(house.who(who), &view).await?.is_empty());
            return Ok(Some(began.elapsed()));
        }
        What::Chart(who) => {
            let picked = Selection::Picked(few.numbers.clone());
            ensure!(!desk.chart(house.who(who), &picked, Grouping::Category, "").await?.is_empty());
        }
        What::Flagged => drop(desk.flagged(&house.eva, Flags::All, None).await?.rows),
        What::Bin => drop(desk.bin(&house.eva, None).await?.rows),
        What::Second => desk.tick().await?,
        What::GetNext => {
            let Next::Yours { number } = desk.next_in_queue(&house.ane).await? else { bail!("nothing is queued") };
            let time = began.elapsed();
            let ticket = house.ticket(number).await?.id;
            desk.release(&house.eva, &ticket).await?;
            desk.set_status(&house.eva, &ticket, &house.status("Open").await?).await?;
            return Ok(Some(time));
        }
        What::Statistics => drop(desk.statistics(&house.eva, Period { from: now - DAY / 2, to: now }).await?),
        What::Request => drop(desk.ticket(&house.eva, newest).await?),
        What::Change => {
            let ticket = house.ticket(newest).await?.id;
            let (high, low) = (house.priority("High").await?, house.priority("Low").await?);
            let began = Instant::now();
            desk.set_priority(&house.eva, &ticket, &high).await?;
            desk.set_priority(&house.eva, &ticket, &low).await?;
            return Ok(Some(began.elapsed()));
        }
    }
    Ok(Some(began.elapsed()))
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "measures: run it alone"]
async fn lists_and_counters_cost_the_same_with_a_hundred_times_as_many() -> Result<()> {
    let houses = [desk_of(SIZES[0]).await?, desk_of(SIZES[1]).await?];
    let few = [Few::pick(&houses[0]).await?, Few::pick(&houses[1]).await?];
    let high = [houses[0].priority("High").await?, houses[1].priority("High").await?];
    let only = std::env::var("SAKER_MEASURE").unwrap_or_default();
    println!("\n| | 1,000 | 100,000 | |\n|---|---|---|---|");
    let (mut measured, mut slow) = (0, vec![]);
    let named = |what: &What| only.split(", ").any(|only| what.to_string().contains(only));
    for what in all().into_iter().filter(named) {
        let mut times = [vec![], vec![]];
        for turn in 0..TIMES + 2 {
            for (((house, few), high), times) in houses.iter().zip(&few).zip(&high).zip(&mut times) {
                let newest = house.latest().await?.number;
                let time = once(house, few, what.clone(), newest, high.as_str()).await?;
                // The first two only warm up.
                times.extend(time.filter(|_| turn > 1));
            }
        }
        times.iter_mut().for_each(|times| times.sort());
        // A list that has one page only when it is small.
        let (Some(small), Some(large)) = (times[0].get(TIMES / 2), times[1].get(TIMES / 2)) else { continue };
        let [before, after] = [small, large].map(|time| time.as_secs_f64() * 1e3);
        println!("| {what} | {before:.2} ms | {after:.2} ms | {:.2} × |", after / before);
        measured += 1;
        if after > before * MOST {
            slow.push(format!("{what}: {:.2} ×", after / before));
        }
    }
    ensure!(measured > 0);
    ensure!(slow.is_empty(), "more than {MOST} times as slow with a hundred times as many: {slow:?}");
    Ok(())
}
