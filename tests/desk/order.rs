//! Every list in every order, against a plain sort of all that its reader may see. Section 10.1, FND-4.

use crate::{
    house::{House, id},
    scale::desk_of,
};
use anyhow::{Result, ensure};
use desk::{
    Error, Why,
    model::{Actor, FieldKind, FieldValues, Heading, List, Sort, TicketId},
};
use std::{cmp::Ordering, collections::HashMap};

/// All that a list and its order depend on, as it stands in the database.
#[derive(Clone, Debug, sqlx::FromRow)]
struct Plain {
    number: i64,
    title: String,
    state: String,
    read: String,
    owner: Option<String>,
    owner_name: Option<String>,
    category_name: String,
    contact: String,
    company: Option<String>,
    status: i64,
    priority: i64,
    kind: Option<i64>,
    created_at: i64,
    changed_at: i64,
    closed_at: Option<i64>,
    deadline: Option<i64>,
    messages: i64,
    minutes: i64,
    starred: i64,
    followed: i64,
    reached: i64,
    /// What it holds in custom fields, by their keys: as it is written, or the name of a person.
    #[sqlx(skip)]
    fields: HashMap<String, Vec<String>>,
}

async fn everything(house: &House, actor: &Actor) -> Result<Vec<Plain>> {
    let mut rows: Vec<Plain> = sqlx::query_as(
        "select t.number, t.title, t.state, t.read, t.owner_id as owner, a.name as owner_name,
                g.name as category_name, coalesce(p.name, t.sender) as contact, c.name as company, s.position as status,
                r.rank as priority, k.position as kind, t.created_at, t.changed_at, t.closed_at, t.deadline, t.messages,
                t.minutes,
                (select count(*) from favourite v where v.ticket_id = t.id and v.agent_id = $1) as starred,
                (select count(*) from follower w where w.ticket_id = t.id and w.agent_id = $1) as followed,
                (select count(*) from reach h where h.category_id = t.category_id and h.agent_id = $1) as reached
         from ticket t join category g on g.id = t.category_id join status s on s.id = t.status_id
              join priority r on r.id = t.priority_id left join agent a on a.id = t.owner_id
              left join person p on p.id = t.person_id left join company c on c.id = t.company_id
              left join request_type k on k.id = t.type_id",
    )
    .bind(id(actor))
    .fetch_all(house.desk.db().read())
    .await?;
    let held: Vec<(i64, String, String)> = sqlx::query_as(
        "select t.number, f.key, coalesce(p.name, x.words, x.text) from ticket_field x join field f on f.id = x.field_id
         join ticket t on t.id = x.ticket_id left join person p on p.id = x.text and f.kind = 'person'",
    )
    .fetch_all(house.desk.db().read())
    .await?;
    for row in &mut rows {
        for (_, key, value) in held.iter().filter(|(number, ..)| *number == row.number) {
            row.fields.entry(key.clone()).or_default().push(value.clone());
        }
    }
    Ok(rows)
}

/// What people see as the same word.
fn word(text: &str) -> Option<Vec<(u8, char)>> {
    let text = text.trim().to_lowercase();
    let place = |letter: char| match letter {
        ' ' => (0, ' '),
        '0'..='9' => (2, letter),
        'a'..='z' => (3, letter),
        'æ' => (4, 'a'),
        'ø' => (4, 'b'),
        'å' => (4, 'c'),
        'é' => (3, 'e'),
        other => (1, other),
    };
    (!text.is_empty()).then(|| text.chars().map(place).collect())
}

#[derive(PartialEq, PartialOrd)]
enum Value {
    Number(i64),
    Figure(f64),
    Word(Vec<(u8, char)>),
}

impl Plain {
    fn is_in(&self, list: List, me: &str) -> bool {
        let mine = self.owner.as_deref() == Some(me);
        let there = mine || self.followed > 0 || self.reached > 0;
        let alive = !["linked", "deleted"].contains(&self.state.as_str());
        let open = self.state == "open";
        there
            && match list {
                List::Mine => mine && open,
                List::Unassigned => open && self.owner.is_none(),
                List::Favourites => alive && self.starred > 0,
                List::Open => open,
                List::Closed => self.state == "closed",
                List::Latest => alive,
            }
    }

    fn under(&self, sort: &Sort) -> Option<Value> {
        let number = |number: i64| Some(Value::Number(number));
        let text = |text: Option<&str>| text.and_then(word).map(Value::Word);
        match sort.by {
            Heading::Custom => self.held(&sort.key),
            Heading::Number => number(self.number),
            Heading::Title => text(Some(&self.title)),
            Heading::Created => number(self.created_at),
            Heading::Changed => number(self.changed_at),
            Heading::Closed => self.closed_at.map(Value::Number),
            Heading::Owner => text(self.owner_name.as_deref()),
            Heading::Category => text(Some(&self.category_name)),
            Heading::Contact => text(Some(&self.contact)),
            Heading::Company => text(self.company.as_deref()),
            Heading::Status => number(self.status),
            Heading::Priority => number(self.priority),
            Heading::Type => self.kind.map(Value::Number),
            Heading::Deadline => self.deadline.map(Value::Number),
            Heading::Read => {
                number(["unread", "news", "read"].iter().position(|read| *read == self.read).unwrap() as i64)
            }
            Heading::Messages => number(self.messages),
            Heading::Minutes => number(self.minutes),
        }
    }
}

impl Plain {
    /// Fields are called after their kind.
    fn held(&self, key: &str) -> Option<Value> {
        let values = self.fields.get(key)?;
        let place = |among: &[&str]| {
            let places = values.iter().filter_map(|value| among.iter().position(|choice| choice == value));
            places.min().map(|place| Value::Number(place as i64))
        };
        match key.parse().unwrap() {
            FieldKind::Text | FieldKind::Person => word(&values[0]).map(Value::Word),
            FieldKind::Number => Some(Value::Figure(values[0].parse().unwrap())),
            FieldKind::Date => Some(Value::Number(values[0].replace('-', "").parse().unwrap())),
            FieldKind::Choice | FieldKind::MultiChoice => place(&["red", "green", "blue"]),
            FieldKind::YesNo => place(&["yes", "no"]),
        }
    }
}

/// Each heading, and a custom field of each kind.
fn headings() -> Vec<Sort> {
    let mut headings: Vec<Sort> =
        Heading::ALL.iter().filter(|by| **by != Heading::Custom).map(|by| Sort::new(*by, false)).collect();
    let fields = FieldKind::ALL.iter().map(|kind| Sort { key: kind.to_string(), ..Sort::new(Heading::Custom, false) });
    headings.extend(fields);
    headings
}

/// Nothing last in both directions; what is equal by number, in the same direction.
fn order(a: &Plain, b: &Plain, sort: &Sort) -> Ordering {
    let (x, y) = (a.under(sort), b.under(sort));
    let there = x.is_none().cmp(&y.is_none());
    let up = x.partial_cmp(&y).unwrap().then(a.number.cmp(&b.number));
    there.then(if sort.descending { up.reverse() } else { up })
}

async fn check(house: &House, actor: &Actor, list: List, sort: &Sort) -> Result<()> {
    let me = id(actor).0;
    let mut plain = everything(house, actor).await?;
    plain.retain(|row| row.is_in(list, &me));
    plain.sort_by(|a, b| order(a, b, sort));
    let wanted: Vec<i64> = plain.iter().map(|row| row.number).collect();
    let (mut found, mut after) = (vec![], None);
    loop {
        let page = house.desk.list_sorted(actor, list, sort.clone(), after.as_deref()).await?;
        let (name, total) = (actor.name(), plain.len() as i64);
        ensure!(page.total == total, "{list} by {}{} of {name}: {} counted of {total}", sort.by, sort.key, page.total);
        ensure!(page.next.is_none() || page.rows.len() == 50, "a page of {}", page.rows.len());
        found.extend(page.rows.iter().map(|row| row.number));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    let differ = found.iter().zip(&wanted).position(|(a, b)| a != b);
    ensure!(
        found == wanted,
        "{list} by {}{} {} of {}: {} of {} there, other from {differ:?} on",
        sort.by,
        sort.key,
        if sort.descending { "down" } else { "up" },
        actor.name(),
        found.len(),
        wanted.len(),
    );
    Ok(())
}

const LISTS: [List; 6] = [List::Mine, List::Unassigned, List::Favourites, List::Open, List::Closed, List::Latest];

/// A desk of requests under few and equal names, some of them with nothing, in every state, or nearly all of them open and
/// most of those Ane's.
async fn shuffled(size: i64, busy: bool, random: &mut fastrand::Rng) -> Result<House> {
    let house = desk_of(size).await?;
    let db = house.desk.db();
    let people = ["Åse", "Ærlig", "ola", "Ola", "Øyvind", "zoe", "1 Mann", "éva"];
    let tickets: Vec<String> = sqlx::query_scalar("select id from ticket order by id").fetch_all(db.read()).await?;
    let statuses: Vec<(String, String)> =
        sqlx::query_as("select id, state from status order by id").fetch_all(db.read()).await?;
    let kinds: Vec<String> = sqlx::query_scalar("select id from request_type order by id").fetch_all(db.read()).await?;
    let mut write = db.write().await?;
    for (n, name) in people.iter().enumerate() {
        for (sql, name) in [
            ("insert into company (id, name, created_at) values ($1, $2, 1)", name.to_uppercase()),
            ("insert into person (id, name, language, created_at) values ($1, $2, 'nb', 1)", (*name).to_owned()),
        ] {
            sqlx::query(sql).bind(format!("x{n}")).bind(name).execute(write.sql()).await?;
        }
    }
    write.commit().await?;
    fill(&house, &tickets, random).await?;
    let mut write = db.write().await?;
    for ticket in &tickets {
        let (mut status, mut state) = random.choice(&statuses).unwrap().clone();
        let hers = busy && random.u8(0..10) < 6;
        while busy && state != "open" && random.u8(0..10) > 0 {
            (status, state) = random.choice(&statuses).unwrap().clone();
        }
        let mut one = |of: &[&str]| {
            let word = random.choice(of).unwrap();
            (!word.is_empty()).then(|| (*word).to_owned())
        };
        let (title, person, company) = (
            one(&["", "Åpen", "ære", "B", "b"]),
            one(&["", "x0", "x1", "x2", "x3", "x6"]),
            one(&["", "x4", "x5", "x7"]),
        );
        let kind = one(&["", kinds[0].as_str(), kinds[kinds.len() - 1].as_str()]);
        let read = one(&["unread", "news", "read"]);
        sqlx::query(
            "update ticket set title = $2, person_id = $3, company_id = $4, type_id = $5, read = $6, status_id = $7, state = $8,
                    messages = messages % 3, minutes = minutes % 4, deadline = case number % 3 when 0 then null else deadline end,
                    created_at = created_at - created_at % 3600000000, changed_at = changed_at - changed_at % 36000000000,
                    owner_id = case when $9 = 1 then $10 else owner_id end
             where id = $1",
        )
        .bind(ticket.clone())
        .bind(title.unwrap_or_default())
        .bind(person)
        .bind(company)
        .bind(kind)
        .bind(read)
        .bind(status)
        .bind(state)
        .bind(i64::from(hers))
        .bind(id(&house.ane))
        .execute(write.sql())
        .await?;
        if random.u8(0..20) == 0 {
            for agent in [&house.cia, &house.ane] {
                for sql in [
                    "insert into follower (ticket_id, agent_id, at) values ($1, $2, 1)",
                    "insert into favourite (ticket_id, agent_id, at) values ($1, $2, 1)",
                ] {
                    sqlx::query(sql).bind(ticket.clone()).bind(id(agent)).execute(write.sql()).await?;
                }
            }
        }
    }
    // Two with one name: their requests lie together.
    for sql in ["update agent set name = 'Bo' where name = 'Dag'", "delete from tally"] {
        sqlx::query(sql).execute(write.sql()).await?;
    }
    sqlx::query("update ticket set counted_state = null").execute(write.sql()).await?;
    write.commit().await?;
    // Any event brings what is kept about a request up to date.
    for ticket in &tickets {
        let mut write = db.write().await?;
        let ticket = desk::model::TicketId(ticket.clone());
        let fact = desk::db::Fact { ticket: Some(&ticket), ..Default::default() };
        write.record(&Actor::System, desk::model::Cause::Setup, desk::model::EventKind::Tagged, fact).await?;
        write.commit().await?;
    }
    house.rest().await?;
    Ok(house)
}

/// Most requests hold something in most fields.
async fn fill(house: &House, tickets: &[String], random: &mut fastrand::Rng) -> Result<()> {
    let mut write = house.desk.db().write().await?;
    sqlx::query("delete from ticket_field").execute(write.sql()).await?;
    write.commit().await?;
    let of = |kind: FieldKind| -> &[&str] {
        match kind {
            FieldKind::Text => &["Åpen", "ære", "B", "b", "", "10", "9 b"],
            FieldKind::Number => &["-12,5", "-1000", "0", "9", "10", "0.5"],
            FieldKind::Date => &["2026-11-24", "1999-12-31", "2027-01-01"],
            FieldKind::Choice | FieldKind::MultiChoice => &["blue", "red", "green"],
            FieldKind::Person => &["x0", "x1", "x2", "x3", "x4", "x6"],
            FieldKind::YesNo => &["no", "yes"],
        }
    };
    for ticket in tickets.iter().filter(|_| random.u8(0..5) > 0).collect::<Vec<_>>() {
        let mut held = FieldValues::new();
        for kind in FieldKind::ALL.iter().filter(|_| random.u8(0..4) > 0).collect::<Vec<_>>() {
            let several = if *kind == FieldKind::MultiChoice { random.usize(1..3) } else { 1 };
            let values = (0..several).map(|_| (*random.choice(of(*kind)).unwrap()).to_owned());
            held.insert(kind.to_string(), values.collect());
        }
        house.desk.set_fields(&house.eva, &TicketId(ticket.clone()), &held).await?;
    }
    Ok(())
}

/// FND-4: an order that there is none of is refused.
#[tokio::test(flavor = "multi_thread")]
async fn an_order_by_a_field_that_is_not_there_is_refused() -> Result<()> {
    let house = House::open().await?;
    let sort = Sort { key: "nothing".to_owned(), ..Sort::new(Heading::Custom, false) };
    let refused = house.desk.list_sorted(&house.eva, List::Open, sort, None).await;
    ensure!(refused == Err(Error::invalid("key", Why::NotAChoice)), "{refused:?}");
    Ok(())
}

/// FND-4, RGT-1: page by page the same as a plain sort, for readers of everything and of something.
#[tokio::test(flavor = "multi_thread")]
async fn every_list_in_every_order_is_what_a_plain_sort_gives() -> Result<()> {
    let mut random = fastrand::Rng::with_seed(11);
    let house = shuffled(260, false, &mut random).await?;
    let [all, some] = [&house.eva, &house.cia].map(|actor| house.desk.list(actor, List::Latest, None));
    ensure!(some.await?.total < all.await?.total, "Cia sees less than Eva");
    for by in headings() {
        for list in LISTS {
            for descending in [true, false] {
                check(&house, &house.eva, list, &Sort { descending, ..by.clone() }).await?;
            }
            for actor in [&house.cia, &house.ane] {
                check(&house, actor, list, &Sort { descending: random.bool(), ..by.clone() }).await?;
            }
        }
    }
    Ok(())
}

/// FND-4: so many that nobody's list is taken whole and sorted.
#[tokio::test(flavor = "multi_thread")]
async fn a_list_of_many_is_in_the_same_order_as_one_of_few() -> Result<()> {
    let mut random = fastrand::Rng::with_seed(12);
    let house = shuffled(1_400, true, &mut random).await?;
    for by in headings() {
        for (actor, list) in [
            (&house.ane, List::Mine),
            (&house.eva, List::Unassigned),
            (&house.cia, List::Open),
            (&house.cia, List::Latest),
        ] {
            check(&house, actor, list, &Sort { descending: random.bool(), ..by.clone() }).await?;
        }
    }
    for (actor, list) in [(&house.ane, List::Mine), (&house.cia, List::Open), (&house.cia, List::Latest)] {
        ensure!(house.desk.list(actor, list, None).await?.total > 500, "{list}");
    }
    Ok(())
}

/// FND-4, CRM-1: whoever gets another name is found where it belongs, in every order that has names.
#[tokio::test(flavor = "multi_thread")]
async fn a_new_name_moves_what_is_under_it() -> Result<()> {
    let mut random = fastrand::Rng::with_seed(13);
    let house = shuffled(80, false, &mut random).await?;
    let desk = &house.desk;
    let company = desk::model::CompanyId("x4".to_owned());
    let mut settings = desk.company_settings(&house.eva, &company).await?;
    settings.name = "Aa først".to_owned();
    desk.save_company(&house.eva, &company, settings).await?;
    let person = desk::model::PersonId("x2".to_owned());
    let mut settings = desk.contact_settings(&house.eva, &person).await?;
    settings.name = "Åå sist".to_owned();
    settings.company = Some(company);
    desk.save_contact(&house.eva, &person, settings).await?;
    desk.erase_person(&house.eva, &desk::model::PersonId("x0".to_owned())).await?;
    check_names(&house).await?;
    // And whoever is somebody else by now.
    let id = |id: &str| desk::model::PersonId(id.to_owned());
    desk.merge_people(&house.eva, &id("x1"), &[id("x3"), id("x6")]).await?;
    check_names(&house).await?;
    desk.unmerge_person(&house.eva, &id("x3")).await?;
    check_names(&house).await?;
    let id = |id: &str| desk::model::CompanyId(id.to_owned());
    desk.merge_companies(&house.eva, &id("x5"), &[id("x7"), id("x4")]).await?;
    check_names(&house).await
}

async fn check_names(house: &House) -> Result<()> {
    house.rest().await?;
    for by in [Heading::Title, Heading::Contact, Heading::Company] {
        for descending in [true, false] {
            check(house, &house.eva, List::Latest, &Sort::new(by, descending)).await?;
        }
    }
    let by_person = Sort { key: FieldKind::Person.to_string(), ..Sort::new(Heading::Custom, false) };
    for descending in [true, false] {
        check(house, &house.eva, List::Latest, &Sort { descending, ..by_person.clone() }).await?;
    }
    Ok(())
}

/// Text is compared by its bytes, whatever language the database was made for: where it is Norwegian, the two letters `aa` are
/// an å, and half of the messages of a request would stand in the wrong order. Section 10.1.
#[tokio::test(flavor = "multi_thread")]
async fn ids_and_keys_are_in_the_order_of_their_bytes() -> Result<()> {
    let house = House::open().await?;
    let ids = ["019ad39f", "019ad3a9", "019ad3aa", "019ad3ab", "019ad3b0", "019ad4-0", "019ad40a", "Z", "a", "Å"];
    let mut write = house.desk.db().write().await?;
    for id in ids.iter().rev() {
        let kept = "insert into setting (name, value) values ($1, '')";
        sqlx::query(kept).bind(format!("order.{id}")).execute(write.sql()).await?;
    }
    let names: Vec<String> =
        sqlx::query_scalar("select substr(name, 7) from setting where name like 'order.%' order by name")
            .fetch_all(write.sql())
            .await?;
    ensure!(names == ids, "{names:?}");
    drop(write);
    // A column that is computed from others is no exception.
    let [first, second] = [house.request("Skriver virker ikke").await?, house.request("Skjerm virker ikke").await?];
    let mut write = house.desk.db().write().await?;
    for (ticket, kind) in [(&first, "aa"), (&second, "ab")] {
        let typed = "update ticket set type_id = $1 where id = $2";
        sqlx::query(typed).bind(kind).bind(ticket.id.clone()).execute(write.sql()).await?;
    }
    let kinds: Vec<String> = sqlx::query_scalar("select type_key from ticket where type_key <> '' order by type_key")
        .fetch_all(write.sql())
        .await?;
    ensure!(kinds == ["aa", "ab"], "{kinds:?}");
    Ok(())
}
