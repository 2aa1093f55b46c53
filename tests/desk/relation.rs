//! Requests that belong together. Section 9.4.

use crate::house::{House, draft};
use anyhow::{Result, ensure};
use desk::{
    Error, Why,
    model::{Access, Draft, EventKind, RelationKind, RelationRule, RelationRuleId, State, Ticket},
};

async fn three(house: &House) -> Result<[Ticket; 3]> {
    Ok([house.request("Nettet er nede").await?, house.request("Ingen kontakt").await?, house.request("Borte").await?])
}

fn rule(children_first: bool) -> RelationRule {
    RelationRule {
        id: RelationRuleId::new(),
        name: if children_first { "Barna først" } else { "Tilby barna" }.to_owned(),
        parents: vec![],
        children: vec![],
        require_parent: false,
        children_first,
        offer_parent: true,
        offer_children: !children_first,
    }
}

/// REL-1, REL-2, REL-3
#[tokio::test(flavor = "multi_thread")]
async fn one_parent_nothing_twice_and_no_circles() -> Result<()> {
    let house = House::open().await?;
    let [a, b, c] = three(&house).await?;
    let desk = &house.desk;
    desk.relate(&house.ane, &a.id, &b.id, RelationKind::Child, "samme feil").await?;
    ensure!(
        desk.relate(&house.ane, &b.id, &a.id, RelationKind::Related, "").await
            == Err(Error::invalid("other", Why::Double))
    );
    ensure!(
        desk.relate(&house.ane, &c.id, &b.id, RelationKind::Child, "").await
            == Err(Error::invalid("other", Why::Double)),
        "a second parent"
    );
    desk.relate(&house.ane, &b.id, &c.id, RelationKind::Child, "").await?;
    ensure!(
        desk.relate(&house.ane, &c.id, &a.id, RelationKind::Child, "").await
            == Err(Error::invalid("other", Why::Circle))
    );
    ensure!(
        desk.relate(&house.ane, &a.id, &a.id, RelationKind::Related, "").await
            == Err(Error::invalid("other", Why::Circle))
    );
    let seen = desk.relations(&house.bo, &b.id).await?;
    ensure!(seen.len() == 2 && (seen[0].kind, seen[0].number) == (RelationKind::Parent, a.number));
    ensure!((seen[1].kind, seen[1].number) == (RelationKind::Child, c.number) && seen[0].comment == "samme feil");
    ensure!(desk.relations(&house.bo, &a.id).await?[0].kind == RelationKind::Child, "both sides");
    desk.unrelate(&house.ane, &b.id, &seen[0].id).await?;
    ensure!(desk.relations(&house.bo, &a.id).await?.is_empty() && house.ticket(a.number).await?.state == State::Open);
    ensure!(house.log(a.number).await?.contains(&EventKind::Unrelated));
    Ok(())
}

/// REL-1, also for what is taken back.
#[tokio::test(flavor = "multi_thread")]
async fn undo_gives_nobody_two_parents() -> Result<()> {
    let house = House::open().await?;
    let [a, b, child] = three(&house).await?;
    house.desk.relate(&house.ane, &a.id, &child.id, RelationKind::Child, "").await?;
    let related = house.desk.steps(&house.ane, &child.id).await?.remove(0);
    house.desk.undo(&house.ane, related.number).await?;
    let undone = house.desk.steps(&house.ane, &child.id).await?.remove(0);
    house.desk.relate(&house.ane, &b.id, &child.id, RelationKind::Child, "").await?;
    ensure!(matches!(house.desk.undo(&house.ane, undone.number).await, Err(Error::Changed { .. })));
    let parents = house.desk.relations(&house.ane, &child.id).await?;
    ensure!(parents.len() == 1 && parents[0].number == b.number, "{parents:?}");
    Ok(())
}

/// CLO-2, RUL-1, RUL-2: at every door, here by the verb that all doors call.
#[tokio::test(flavor = "multi_thread")]
async fn a_parent_waits_for_its_children_where_a_rule_says_so() -> Result<()> {
    let house = House::open().await?;
    let [parent, child, _] = three(&house).await?;
    house.desk.relate(&house.ane, &parent.id, &child.id, RelationKind::Child, "").await?;
    let closed = house.status("Closed").await?;
    ensure!(house.desk.save_relation_rule(&house.eva, rule(true)).await?.is_empty());
    let refused = house.desk.set_status(&house.ane, &parent.id, &closed).await;
    let what = format!("#{}", child.number);
    ensure!(refused == Err(Error::invalid("status", Why::First { what: what.clone() })), "{refused:?}");
    let mut answer = draft("Løst", Access::External);
    answer.close = true;
    ensure!(house.desk.reply(&house.ane, &parent.id, answer).await.is_err(), "not by a reply either");
    ensure!(house.desk.before_closing(&house.ane, &parent.id).await?.open_children == [child.number]);
    // The last child offers its parent.
    ensure!(house.desk.before_closing(&house.ane, &child.id).await?.offer_parent == Some(parent.number));
    house.desk.set_status(&house.ane, &child.id, &closed).await?;
    house.desk.set_status(&house.ane, &parent.id, &closed).await?;
    // A second rule about the same pairs is told of: RUL-2.
    ensure!(house.desk.save_relation_rule(&house.eva, rule(false)).await? == ["Barna først"]);
    ensure!(house.desk.save_relation_rule(&house.ane, rule(false)).await == Err(Error::Forbidden));
    Ok(())
}

/// REL-4: an outage and its reports.
#[tokio::test(flavor = "multi_thread")]
async fn closing_the_parent_can_answer_all_its_children() -> Result<()> {
    let house = House::open().await?;
    let [parent, first, second] = three(&house).await?;
    house.desk.save_relation_rule(&house.eva, rule(false)).await?;
    for child in [&first, &second] {
        house.desk.relate(&house.ane, &parent.id, &child.id, RelationKind::Child, "").await?;
    }
    let offered = house.desk.before_closing(&house.ane, &parent.id).await?.offer_children;
    ensure!(offered == [first.number, second.number]);
    let before = house.sent().len();
    let closed = house
        .desk
        .close_children(&house.ane, &parent.id, Some(draft("Nettet er oppe igjen.", Access::External)))
        .await?;
    house.rest().await?;
    ensure!(closed == 2 && house.sent().len() == before + 2);
    for child in [&first, &second] {
        ensure!(house.ticket(child.number).await?.state == State::Closed);
    }
    Ok(())
}

/// REL-4: without a key each answer is a new one.
#[tokio::test(flavor = "multi_thread")]
async fn children_that_opened_again_can_be_answered_again() -> Result<()> {
    let house = House::open().await?;
    let [parent, child, _] = three(&house).await?;
    house.desk.relate(&house.ane, &parent.id, &child.id, RelationKind::Child, "").await?;
    let open = house.status("Open").await?;
    let close = async |text: &str, key: &str| {
        let answer = Draft { key: key.to_owned(), ..draft(text, Access::External) };
        house.desk.close_children(&house.ane, &parent.id, Some(answer)).await
    };
    for (text, key) in [("Oppe igjen.", ""), ("Og nå igjen.", ""), ("Siste gang.", "k")] {
        close(text, key).await?;
        house.rest().await?;
        let now = house.ticket(child.number).await?;
        ensure!(now.state == State::Closed && now.messages.iter().any(|said| said.text == text), "{text}");
        house.desk.set_status(&house.ane, &child.id, &open).await?;
    }
    let before = house.ticket(child.number).await?.messages.len();
    close("Siste gang.", "k").await?;
    ensure!(house.ticket(child.number).await?.messages.len() == before, "the same draft is one answer");
    Ok(())
}
