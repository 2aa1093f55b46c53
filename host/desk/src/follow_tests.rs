//! The index says what the rows say, also of what was there before.

use super::*;
use crate::{db::Fact, fake::House};

/// What an agent finds, as the index has it: not loaded through anybody's eyes.
fn found(house: &House, query: &str) -> Vec<TicketId> {
    let found = house.desk.index().find(query, Scope::Agent, 1_000).unwrap();
    assert_eq!(found.total as usize, found.hits.len());
    found.hits.into_iter().map(|hit| hit.id).collect()
}

/// As a verb that changes a contact will: rows and event in one write.
async fn change(house: &House, person: &PersonId, sql: &[&'static str]) {
    let mut write = house.desk.write().await.unwrap();
    for statement in sql {
        sqlx::query(*statement).bind(person.clone()).execute(write.sql()).await.unwrap();
    }
    let fact = Fact { new: Some(person.as_str()), ..Fact::default() };
    write.record(&Actor::System, Cause::Person, EventKind::PersonChanged, fact).await.unwrap();
    house.desk.commit(write).await.unwrap();
    house.desk.settle_index().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_are_found_by_what_their_contact_is_called_now() {
    let house = House::open().await;
    let (first, kari) = house.request("Kari", Access::External).await;
    let (second, _) = house.request_for(&kari, Access::Internal).await;
    let (other, _) = house.request("Ola", Access::External).await;
    house.rest().await;
    for query in ["Solveig", "solveig@nytt.example", "98765432"] {
        assert_eq!(found(&house, query), [], "{query}");
    }
    let sql = [
        "update person set name = 'Solveig' where id = $1",
        "update person_email set address = 'solveig@nytt.example' where person_id = $1",
        "insert into person_phone (person_id, number, position) values ($1, '+4798765432', 0)",
    ];
    change(&house, &kari, &sql).await;
    for query in ["Solveig", "solveig@nytt.example", "98765432"] {
        let hits = found(&house, query);
        assert!(hits.contains(&first) && hits.contains(&second) && !hits.contains(&other), "{query}: {hits:?}");
        assert_eq!(house.desk.index().find_people(query, 9).unwrap(), std::slice::from_ref(&kari), "{query}");
    }
    change(&house, &kari, &["update person_phone set number = '+4711122333' where person_id = $1"]).await;
    assert_eq!(found(&house, "98765432"), []);
    assert_eq!(found(&house, "11122333").len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn more_requests_of_one_person_than_fit_into_a_piece_are_all_filed() {
    let house = House::open().await;
    let (first, kari) = house.request("Kari", Access::External).await;
    let mut write = house.desk.write().await.unwrap();
    for number in 0..PIECE as i64 + 20 {
        let id = TicketId::new();
        // One event is enough for all of them, so it is no verb that opens these.
        sqlx::query(
            "insert into ticket (id, number, title, state, status_id, access, origin, read, category_id, first_category_id,
                                 priority_id, account_id, sender, preview, messages, files, created_at, changed_at)
             select $1, $2, title, state, status_id, access, origin, read, category_id, first_category_id,
                    priority_id, account_id, sender, preview, messages, files, created_at, changed_at from ticket where id = $3",
        )
        .bind(id.clone())
        .bind(9_000 + number)
        .bind(first.clone())
        .execute(write.sql())
        .await
        .unwrap();
        sqlx::query("insert into ticket_contact (ticket_id, person_id, position) values ($1, $2, 0)")
            .bind(id)
            .bind(kari.clone())
            .execute(write.sql())
            .await
            .unwrap();
    }
    house.desk.commit(write).await.unwrap();
    change(&house, &kari, &["update person set name = 'Solveig' where id = $1"]).await;
    let found = house.desk.index().find("Solveig", Scope::Agent, 1).unwrap();
    assert_eq!(found.total as usize, PIECE + 21);
    house.rest().await;
    assert_eq!(house.desk.index().cursor(), Some(house.desk.last_event().await.unwrap()));
}

/// An older database beside a newer index: numbers that the index has seen are given again.
#[tokio::test(flavor = "multi_thread")]
async fn an_index_that_is_further_than_the_log_is_filed_anew() {
    let house = House::open().await;
    let (first, _) = house.request("Kari", Access::External).await;
    let (lost, _) = house.request("Ola", Access::External).await;
    house.rest().await;
    let ahead = house.desk.last_event().await.unwrap() + 1_000;
    let mut docs = house.desk.ticket_docs(&[lost]).await.unwrap();
    docs[0].id = TicketId::new();
    house.desk.index().apply(docs, vec![], ahead).unwrap();
    house.desk.index().forget(std::slice::from_ref(&first), &[], ahead).unwrap();
    let (second, _) = house.request("Siri", Access::External).await;
    house.rest().await;
    let hits = found(&house, "Skriveren");
    assert!(hits.len() == 3 && hits.contains(&first) && hits.contains(&second), "{hits:?}");
    assert_eq!(house.desk.index().cursor(), Some(house.desk.last_event().await.unwrap()));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_gone_is_not_found() {
    let house = House::open().await;
    let (id, kari) = house.request("Kari", Access::External).await;
    let (other, ola) = house.request("Ola", Access::External).await;
    house.rest().await;
    assert_eq!(found(&house, "Skriveren").len(), 2);
    let mut write = house.desk.write().await.unwrap();
    for sql in [
        "delete from notification where ticket_id = $1",
        "delete from delivery where ticket_id = $1",
        "delete from message where ticket_id = $1",
        "delete from ticket_contact where ticket_id = $1",
        "delete from status_spell where ticket_id = $1",
        "delete from step_ticket where ticket_id = $1",
        "delete from ticket where id = $1",
    ] {
        sqlx::query(sql).bind(id.clone()).execute(write.sql()).await.unwrap();
    }
    let fact = Fact { ticket: Some(&id), ..Fact::default() };
    write.record(&Actor::System, Cause::Person, EventKind::StatusChanged, fact).await.unwrap();
    house.desk.commit(write).await.unwrap();
    let sql = ["delete from person_email where person_id = $1", "delete from person where id = $1"];
    change(&house, &kari, &sql).await;
    assert_eq!(found(&house, "Skriveren"), [other]);
    assert_eq!(found(&house, "Kari"), []);
    assert_eq!(house.desk.index().find_people("Kari", 9).unwrap(), []);
    assert_eq!(house.desk.index().find_people("Ola", 9).unwrap(), [ola]);
}
