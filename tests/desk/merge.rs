//! Several requests become one, and can be taken apart again. Section 9.3.

use crate::{
    house::{House, draft, id as id_of, in_order},
    tally,
};
use anyhow::{Context, Result, ensure};
use desk::{
    Error,
    model::{
        Access, Actor, EventKind, FieldKind, List, Merge, MessageId, Property, Question, RelationKind, SplitOff, State,
        TicketId,
    },
};
use std::collections::BTreeMap;

fn merge(into: &TicketId, from: &[&TicketId]) -> Merge {
    Merge::whole(into.clone(), from.iter().map(|id| (*id).clone()).collect())
}

/// MRG-1, MRG-2, MRG-3, FND-6, D1-10
#[tokio::test(flavor = "multi_thread")]
async fn a_swallowed_request_leads_to_its_survivor_for_everybody() -> Result<()> {
    let house = House::open().await?;
    let first = house.request("Skriver virker ikke").await?;
    house.mail("ola@fjord.no", "Skriveren står", "Samme her.").await?;
    house.rest().await?;
    let second = house.latest().await?;
    let link = second.link.clone().context("no link")?;
    house.desk.star(&house.bo, &second.id, true).await?;
    house.desk.merge(&house.ane, merge(&first.id, &[&second.id])).await?;
    house.rest().await?;

    let one = house.ticket(first.number).await?;
    ensure!(one.contacts.len() == 2 && one.messages.len() == first.messages.len() + second.messages.len(), "MRG-1");
    ensure!(house.ticket(second.number).await?.number == first.number, "MRG-2: an agent is led on");
    let key = link.rsplit('/').next().unwrap_or_default();
    let ola = house.desk.follow(second.number, key).await?;
    ensure!(house.desk.customer_ticket(&ola, second.number).await?.number == first.number, "and so is a customer");
    ensure!(house.desk.list(&house.eva, List::Latest, None).await?.rows.len() == 1);
    ensure!(house.desk.list(&house.bo, List::Favourites, None).await?.rows[0].number == first.number);
    let hits = house.desk.search(&house.eva, "skriveren").await?.hits;
    ensure!(hits.len() == 1 && hits[0].ticket.number == first.number);
    in_order(&house.log(first.number).await?, &[EventKind::Merged])?;

    // MRG-3: later mail lands on the survivor, also along a chain.
    let third = house.request("Enda en skriver").await?;
    house.desk.merge(&house.ane, merge(&third.id, &[&first.id])).await?;
    house.answer("ola@fjord.no", "Noe nytt?").await?;
    let last = house.ticket(third.number).await?;
    ensure!(last.messages.iter().any(|message| message.text == "Noe nytt?"));
    ensure!(house.ticket(second.number).await?.number == third.number, "chains collapse");
    // And so does what an agent says who still looks at a swallowed one.
    house.desk.comment(&house.ane, &second.id, draft("Jeg ser på den.", Access::Internal)).await?;
    house.desk.reply(&house.ane, &first.id, draft("Den er bestilt.", Access::External)).await?;
    let last = house.ticket(third.number).await?;
    for text in ["Jeg ser på den.", "Den er bestilt."] {
        ensure!(last.messages.iter().any(|message| message.text == text), "{text} is not on the survivor");
    }
    ensure!(house.desk.merge(&house.ane, merge(&third.id, &[&first.id])).await.is_err(), "it is swallowed already");
    ensure!(house.desk.merge(&house.ane, merge(&third.id, &[&third.id])).await.is_err());
    tally::check(&house).await
}

/// MRG-4
#[tokio::test(flavor = "multi_thread")]
async fn a_merge_is_taken_apart_and_what_came_since_stays() -> Result<()> {
    let house = House::open().await?;
    let first = house.request("Skriver virker ikke").await?;
    house.mail("ola@elsewhere.example", "Skriveren står", "Samme her.").await?;
    house.rest().await?;
    let second = house.latest().await?;
    let link = second.link.clone().context("no link")?;
    house.desk.merge(&house.ane, merge(&first.id, &[&second.id])).await?;
    house.answer("kari@fjord.no", "Noe nytt?").await?;
    let ola = house.desk.follow(second.number, link.rsplit('/').next().unwrap_or_default()).await?;
    ensure!(house.desk.customer_ticket(&ola, first.number).await.is_ok());

    house.desk.unmerge(&house.ane, &second.id).await?;
    let (one, two) = (house.ticket(first.number).await?, house.ticket(second.number).await?);
    ensure!(two.number == second.number && two.state == State::Open && two.messages.len() == second.messages.len());
    ensure!(one.messages.len() == first.messages.len() + 1 && one.contacts.len() == 1);
    // Ola no longer sees what was never his.
    ensure!(house.desk.customer_ticket(&ola, first.number).await == Err(Error::NotFound));
    ensure!(house.desk.unmerge(&house.ane, &second.id).await.is_err());
    tally::check(&house).await
}

/// MRG-4, CRM-1: along a chain, and where the one who goes had become the main contact.
#[tokio::test(flavor = "multi_thread")]
async fn out_of_the_middle_of_a_chain_everything_goes_that_came() -> Result<()> {
    let house = House::open().await?;
    let a = house.request("Skriver virker ikke").await?;
    let b = house.request("Skriver igjen").await?;
    house.mail("ola@elsewhere.example", "Skriveren står", "Samme her.").await?;
    house.rest().await?;
    let c = house.latest().await?;
    let ola = c.contacts[0].id.clone();
    house.desk.merge(&house.ane, merge(&b.id, &[&c.id])).await?;
    house.desk.merge(&house.ane, merge(&a.id, &[&b.id])).await?;
    house.desk.make_main_contact(&house.ane, &a.id, &ola).await?;
    ensure!(house.ticket(a.number).await?.company.is_none());
    house.desk.unmerge(&house.ane, &c.id).await?;
    let one = house.ticket(a.number).await?;
    ensure!(one.contacts.len() == 1 && one.contacts[0].id == house.kari, "{:?}", one.contacts);
    ensure!(one.company.is_some_and(|company| company.name == "Fjord AS"), "the next one is the main contact");
    ensure!(house.ticket(c.number).await?.contacts[0].id == ola);
    tally::check(&house).await
}

/// MRG-1, MRG-4, REL-1: a swallowed parent's children are its survivor's, until the merge is taken apart or back.
#[tokio::test(flavor = "multi_thread")]
async fn relations_follow_a_merge_and_return_with_it() -> Result<()> {
    for chain in [false, true] {
        for undo in [false, true] {
            let house = House::open().await?;
            let (parent, child) = (house.request("Nettet er nede").await?, house.request("Borte").await?);
            let (other, into) = (house.request("Ruter").await?, house.request("Nettet").await?);
            let kinds = async |id: &TicketId| {
                let ties = house.desk.relations(&house.ane, id).await?;
                anyhow::Ok(ties.into_iter().map(|tie| (tie.kind, tie.number)).collect::<Vec<_>>())
            };
            house.desk.relate(&house.ane, &parent.id, &child.id, RelationKind::Child, "samme feil").await?;
            house.desk.relate(&house.ane, &parent.id, &other.id, RelationKind::Related, "").await?;
            // Said twice it would be after the merge, and of itself.
            house.desk.relate(&house.ane, &into.id, &other.id, RelationKind::Related, "").await?;
            house.desk.relate(&house.ane, &into.id, &parent.id, RelationKind::Related, "").await?;
            let before = (kinds(&parent.id).await?, kinds(&into.id).await?, kinds(&child.id).await?);

            house.desk.merge(&house.ane, merge(&into.id, &[&parent.id])).await?;
            let step = house.desk.steps(&house.ane, &parent.id).await?.remove(0).number;
            let moved = kinds(&into.id).await?;
            ensure!(moved == [(RelationKind::Child, child.number), (RelationKind::Related, other.number)], "{moved:?}");
            ensure!(kinds(&child.id).await? == [(RelationKind::Parent, into.number)]);
            let last = house.request("Enda en").await?;
            if chain {
                house.desk.merge(&house.ane, merge(&last.id, &[&into.id])).await?;
                ensure!(kinds(&child.id).await? == [(RelationKind::Parent, last.number)]);
                let steps = house.desk.steps(&house.ane, &last.id).await?.remove(0).number;
                if undo {
                    house.desk.undo(&house.ane, steps).await?;
                }
            }
            match undo {
                true => house.desk.undo(&house.ane, step).await?,
                false => house.desk.unmerge(&house.ane, &parent.id).await?,
            }
            let after = (kinds(&parent.id).await?, kinds(&into.id).await?, kinds(&child.id).await?);
            ensure!(after.2 == before.2, "the child's: {:?}, chain {chain}, undo {undo}", after.2);
            if !chain || undo {
                ensure!(after == before, "{after:?}, {before:?}, chain {chain}, undo {undo}");
            }
        }
    }
    Ok(())
}

/// REL-1: a survivor that has a parent keeps it; what can't be one stays as a plain relation.
#[tokio::test(flavor = "multi_thread")]
async fn a_merge_gives_nobody_two_parents_and_makes_no_circle() -> Result<()> {
    let house = House::open().await?;
    let (a, b, child) = (house.request("A").await?, house.request("B").await?, house.request("Barn").await?);
    let grandchild = house.request("Barnebarn").await?;
    house.desk.relate(&house.ane, &a.id, &child.id, RelationKind::Child, "").await?;
    house.desk.relate(&house.ane, &child.id, &grandchild.id, RelationKind::Child, "").await?;
    house.desk.relate(&house.ane, &b.id, &grandchild.id, RelationKind::Related, "").await?;
    // A into its grandchild: the child would be above and below it.
    house.desk.merge(&house.ane, merge(&grandchild.id, &[&a.id])).await?;
    let ties = house.desk.relations(&house.ane, &grandchild.id).await?;
    ensure!(ties.iter().filter(|tie| tie.number == child.number).count() == 1, "{ties:?}");
    ensure!(ties.iter().any(|tie| tie.number == child.number && tie.kind == RelationKind::Parent));
    ensure!(house.desk.relate(&house.ane, &b.id, &a.id, RelationKind::Related, "").await.is_err(), "A was swallowed");
    house.desk.unmerge(&house.ane, &a.id).await?;
    let ties = house.desk.relations(&house.ane, &a.id).await?;
    ensure!(ties.len() == 1 && ties[0].number == child.number && ties[0].kind == RelationKind::Child, "{ties:?}");
    Ok(())
}

/// A star is where it was when a merge is taken back.
#[tokio::test(flavor = "multi_thread")]
async fn a_merge_that_is_taken_back_gives_the_star_back_too() -> Result<()> {
    let house = House::open().await?;
    let (a, b) = (house.request("Skriver").await?, house.request("Skriveren").await?);
    house.desk.star(&house.bo, &b.id, true).await?;
    house.desk.merge(&house.eva, merge(&a.id, &[&b.id])).await?;
    ensure!(house.desk.ticket(&house.bo, a.number).await?.starred);
    let step = house.desk.steps(&house.eva, &a.id).await?.remove(0);
    house.desk.undo(&house.eva, step.number).await?;
    let (a, b) = (house.desk.ticket(&house.bo, a.number).await?, house.desk.ticket(&house.bo, b.number).await?);
    ensure!(b.starred && !a.starred, "a {}, b {}", a.starred, b.starred);
    Ok(())
}

/// MRG-1: which value stays is chosen.
#[tokio::test(flavor = "multi_thread")]
async fn the_properties_of_the_one_that_is_kept_stay() -> Result<()> {
    let house = House::open().await?;
    let (first, second) = (house.request("Skriver").await?, house.request("Skriveren i 3. etasje").await?);
    let high = house.priority("High").await?;
    house.desk.set_priority(&house.ane, &second.id, &high).await?;
    house.desk.take(&house.bo, &second.id, None).await?;
    let keep = Merge { keep: Some(second.id.clone()), ..merge(&first.id, &[&second.id]) };
    house.desk.merge(&house.ane, keep).await?;
    let one = house.ticket(first.number).await?;
    ensure!(one.title == "Skriveren i 3. etasje" && one.priority == high && one.owner.is_some_and(|o| o.name == "Bo"));
    Ok(())
}

/// MRG-1, section 9.3: each property is kept of the request that was chosen for it, and all others of the one that stays.
#[tokio::test(flavor = "multi_thread")]
async fn each_property_is_kept_of_the_one_that_was_chosen_for_it() -> Result<()> {
    let house = House::open().await?;
    for key in ["bygg", "rom"] {
        house.desk.save_field(&house.eva, crate::field::field(key, FieldKind::Text)).await?;
    }
    let (a, b, c) = (house.request("A").await?, house.request("B").await?, house.request("C").await?);
    let high = house.priority("High").await?;
    house.desk.set_priority(&house.ane, &b.id, &high).await?;
    house.desk.take(&house.bo, &c.id, None).await?;
    house.desk.set_category(&house.ane, &b.id, &house.invoices).await?;
    for (ticket, bygg, rom) in [(&a, "Nord", "1"), (&b, "Sør", "2"), (&c, "", "3")] {
        let values = [("bygg".to_owned(), vec![bygg.to_owned()]), ("rom".to_owned(), vec![rom.to_owned()])];
        house.desk.set_fields(&house.ane, &ticket.id, &values.into()).await?;
    }
    let whole = Merge {
        each: [(Property::Title, c.id.clone()), (Property::Priority, b.id.clone()), (Property::Owner, c.id.clone())]
            .into(),
        fields: [("bygg".to_owned(), c.id.clone()), ("rom".to_owned(), b.id.clone())].into(),
        ..merge(&a.id, &[&b.id, &c.id])
    };
    let stranger = house.request("D").await?;
    for (wrong, field) in [
        (Merge { each: [(Property::Title, stranger.id.clone())].into(), ..whole.clone() }, "title"),
        (Merge { fields: [("rom".to_owned(), stranger.id.clone())].into(), ..whole.clone() }, "fields"),
        (Merge { fields: [("etasje".to_owned(), b.id.clone())].into(), ..whole.clone() }, "fields.etasje"),
    ] {
        let refused = house.desk.merge(&house.ane, wrong).await;
        ensure!(matches!(&refused, Err(Error::Invalid { field: at, .. }) if at == field), "{field}: {refused:?}");
    }
    house.desk.merge(&house.ane, whole).await?;
    let one = house.ticket(a.number).await?;
    ensure!(one.title == "C" && one.priority == high && one.category == house.support, "{one:?}");
    ensure!(one.owner.is_some_and(|owner| owner.name == "Bo"));
    let values: Vec<_> = one.fields.iter().map(|field| (field.key.as_str(), field.values.clone())).collect();
    ensure!(values == [("bygg", vec![]), ("rom", vec!["2".to_owned()])], "an empty one is kept empty: {values:?}");
    Ok(())
}

/// Whatever is split, moved, merged, taken apart and undone: every message is on exactly one request, and no sum is wrong.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_or_doubled_by_any_sequence() -> Result<()> {
    let house = House::open().await?;
    let mut tickets = vec![];
    for n in 0..4 {
        tickets.push(house.request(&format!("Sak {n}")).await?.id);
        house.desk.comment(&house.ane, &tickets[n], draft(&format!("Notat {n}"), Access::Internal)).await?;
    }
    house.rest().await?;
    let wanted = messages(&house, &tickets).await?;
    let mut random = fastrand::Rng::with_seed(11);
    let (mut done, mut refused) = (0, 0);
    for round in 0..120 {
        let (a, b) = (random.choice(&tickets).unwrap().clone(), random.choice(&tickets).unwrap().clone());
        let outcome = match random.u8(0..5) {
            0 => house.desk.merge(&house.eva, merge(&a, &[&b])).await,
            1 => house.desk.unmerge(&house.eva, &a).await,
            2 => match pick(&house, &a, &mut random).await? {
                Some(message) => house.desk.move_message(&house.eva, &message, &b).await,
                None => continue,
            },
            3 if tickets.len() < 8 => match pick(&house, &a, &mut random).await? {
                Some(message) => {
                    let new = SplitOff { title: format!("Delt {round}"), ..SplitOff::default() };
                    let opened = house.desk.split(&house.eva, &a, new, &[message]).await;
                    opened.map(|opened| tickets.push(opened.id))
                }
                None => continue,
            },
            // A comment that is taken back is gone on purpose; that is another story.
            _ => match house
                .desk
                .steps(&house.eva, &a)
                .await?
                .into_iter()
                .find(|step| !step.undone && step.kind != EventKind::Commented)
            {
                Some(step) => house.desk.undo(&house.eva, step.number).await,
                None => continue,
            },
        };
        match outcome {
            Ok(()) => done += 1,
            Err(_) => refused += 1,
        }
        let now = messages(&house, &tickets).await?;
        ensure!(now == wanted, "round {round}: {} messages, {} wanted", now.len(), wanted.len());
        tally::check(&house).await?;
    }
    ensure!(done > 20 && refused > 5, "{done} done, {refused} refused: this told nothing");
    Ok(())
}

/// Every message of these requests by where it can be read, and that the sum on each request is right.
async fn messages(house: &House, tickets: &[TicketId]) -> Result<BTreeMap<MessageId, usize>> {
    let mut seen = BTreeMap::new();
    for id in tickets {
        let (own, said) = house.desk.message_count(&Actor::System, id).await?;
        ensure!(own == said.len() as i64, "a sum of {own} over {} messages", said.len());
        for message in said {
            *seen.entry(message).or_insert(0) += 1;
        }
    }
    Ok(seen)
}

/// One of the messages that can be read on a request itself.
async fn pick(house: &House, id: &TicketId, random: &mut fastrand::Rng) -> Result<Option<MessageId>> {
    Ok(random.choice(house.desk.message_count(&Actor::System, id).await?.1))
}

/// MRG-1, MRG-4: what is said to the survivor reaches whoever chats with one that it swallowed: where something was heard
/// last. Taken out again, a request has its conversation with it.
#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_goes_on_in_the_survivor_and_returns_with_its_request() -> Result<()> {
    let house = House::open().await?;
    let (a, b, c) = (house.request("A").await?, house.request("B").await?, house.request("C").await?);
    let mut write = house.desk.db().write().await?;
    for sql in [
        "insert into plugin (id, hash, granted, installed_at, changed_at) values ('org.example.chat', 'h', '[]', 1, 1)",
        "insert into plugin_version (plugin_id, hash, version, manifest, exports, size, added_at)
         values ('org.example.chat', 'h', '1', '{}', 'outbound', 1, 1)",
        "insert into account (id, kind, name, category_id, priority_id)
         select 'chat', 'channel', 'Chat', min(category_id), min(priority_id) from account",
        "insert into channel (account_id, plugin_id, settings, secrets, hook)
         values ('chat', 'org.example.chat', '{}', '', 'h')",
    ] {
        sqlx::query(sql).execute(write.sql()).await?;
    }
    for (name, ticket, at) in [("chat-b", &b, 20), ("chat-c", &c, 10)] {
        sqlx::query(
            "insert into conversation (account_id, name, ticket_id, address, at) values ('chat', $1, $2, '@kari', $3)",
        )
        .bind(name)
        .bind(ticket.id.clone())
        .bind(at)
        .execute(write.sql())
        .await?;
    }
    write.commit().await?;
    // It waits, and is not sent.
    house.desk.hold_replies(&house.eva, 30).await?;
    let said_to = async |ticket: &TicketId| {
        let message = house.desk.reply(&house.ane, ticket, draft("Hei!", Access::External)).await?;
        let parcels: Vec<String> = sqlx::query_scalar("select parcel from delivery where message_id = $1")
            .bind(message)
            .fetch_all(house.desk.db().read())
            .await?;
        let names = ["chat-b", "chat-c"].into_iter().filter(|name| parcels.iter().any(|parcel| parcel.contains(name)));
        anyhow::Ok(names.collect::<Vec<_>>())
    };
    ensure!(said_to(&a.id).await?.is_empty() && said_to(&b.id).await? == ["chat-b"]);
    house.desk.merge(&house.ane, merge(&b.id, &[&c.id])).await?;
    ensure!(said_to(&b.id).await? == ["chat-b"], "the last one that something was heard in");
    house.desk.merge(&house.ane, merge(&a.id, &[&b.id])).await?;
    let step = house.desk.steps(&house.ane, &a.id).await?.remove(0);
    ensure!(said_to(&a.id).await? == ["chat-b"], "along a chain");
    house.desk.undo(&house.ane, step.number).await?;
    ensure!(said_to(&a.id).await?.is_empty() && said_to(&b.id).await? == ["chat-b"], "with an undo");
    house.desk.unmerge(&house.ane, &c.id).await?;
    ensure!(said_to(&c.id).await? == ["chat-c"] && said_to(&b.id).await? == ["chat-b"], "and taken out");
    Ok(())
}

/// MRG-1, FWD-1: whoever was asked about a swallowed request is seen on its survivor.
#[tokio::test(flavor = "multi_thread")]
async fn helpers_of_a_swallowed_request_are_seen_on_its_survivor() -> Result<()> {
    let house = House::open().await?;
    let (a, b) = (house.request("A").await?, house.request("B").await?);
    let ask =
        Question { to: vec!["hjelp@partner.example".to_owned()], text: "Vet du?".to_owned(), ..Question::default() };
    let side = house.desk.ask_helper(&house.ane, &b.id, ask).await?;
    house.desk.merge(&house.ane, merge(&a.id, &[&b.id])).await?;
    let seen = house.desk.sides(&house.ane, &a.id).await?;
    ensure!(seen.len() == 1 && seen[0].id == side, "{seen:?}");
    house.desk.end_side(&house.ane, &side).await?;
    ensure!(house.desk.sides(&house.ane, &a.id).await?[0].closed_at.is_some());
    house.desk.unmerge(&house.ane, &b.id).await?;
    ensure!(house.desk.sides(&house.ane, &a.id).await?.is_empty());
    ensure!(house.desk.sides(&house.ane, &b.id).await?.len() == 1);
    Ok(())
}

/// MRG-4: whoever also came with another request that is still swallowed stays until that one leaves too, by whichever way.
#[tokio::test(flavor = "multi_thread")]
async fn what_came_with_two_stays_until_both_have_left() -> Result<()> {
    for (chain, undo) in [(false, false), (false, true), (true, false)] {
        let house = House::open().await?;
        house.mail("ola@elsewhere.example", "Skriveren står", "Samme her.").await?;
        house.rest().await?;
        let into = house.latest().await?;
        let (first, second) = (house.request("Skriver").await?, house.request("Skriver igjen").await?);
        for id in [&first.id, &second.id] {
            house.desk.follow_ticket(&house.eva, id, &id_of(&house.dag), true).await?;
            house.desk.add_tag(&house.eva, id, "vpn").await?;
        }
        let there = async |number: i64, id: &TicketId| {
            let contacts = house.ticket(number).await?.contacts;
            let followers = house.desk.followers(&house.eva, id).await?;
            let tagged = house.desk.tags_of(&house.eva, id).await?.len() == 1;
            let all = (
                contacts.iter().any(|contact| contact.id == house.kari),
                followers.iter().any(|follower| follower.name == "Dag"),
                tagged,
            );
            anyhow::Ok(all)
        };
        house.desk.merge(&house.eva, merge(&into.id, &[&first.id])).await?;
        let step = house.desk.steps(&house.eva, &into.id).await?.remove(0);
        house.desk.merge(&house.eva, merge(&into.id, &[&second.id])).await?;
        let last = house.request("Den siste").await?;
        house.desk.remove_ticket_contact(&house.eva, &last.id, &house.kari).await?;
        if chain {
            house.desk.merge(&house.eva, merge(&last.id, &[&into.id])).await?;
        }
        match undo {
            true => house.desk.undo(&house.eva, step.number).await?,
            false => house.desk.unmerge(&house.eva, &first.id).await?,
        }
        let ends = if chain { &last } else { &into };
        let now = there(ends.number, &ends.id).await?;
        ensure!(now == (true, true, true), "chain {chain}, undo {undo}: {now:?} of the other");
        house.desk.unmerge(&house.eva, &second.id).await?;
        let now = there(ends.number, &ends.id).await?;
        ensure!(now == (false, false, false), "chain {chain}, undo {undo}: {now:?} of nobody any more");
        for ticket in [&first, &second] {
            ensure!(there(ticket.number, &ticket.id).await? == (true, true, true), "their own");
        }
        tally::check(&house).await?;
    }
    Ok(())
}

/// MRG-4: what became of a message's mails is told where the message is, whichever way it went and came back.
#[tokio::test(flavor = "multi_thread")]
async fn mails_go_back_with_their_messages() -> Result<()> {
    let house = House::open().await?;
    let (a, b) = (house.request("A").await?, house.request("B").await?);
    let reply = house.desk.reply(&house.ane, &b.id, draft("Start den på nytt.", Access::External)).await?;
    house.rest().await?;
    let astray = async || {
        house
            .texts(
                "select m.text from delivery d join message m on m.id = d.message_id where m.ticket_id <> d.ticket_id",
            )
            .await
    };
    for way in ["merge", "move", "split"] {
        match way {
            "merge" => house.desk.merge(&house.ane, merge(&a.id, &[&b.id])).await?,
            "move" => house.desk.move_message(&house.ane, &reply, &a.id).await?,
            _ => {
                let new = SplitOff { title: "Ut".into(), ..SplitOff::default() };
                house.desk.split(&house.ane, &b.id, new, std::slice::from_ref(&reply)).await.map(drop)?;
            }
        }
        let step = house.desk.steps(&house.ane, &b.id).await?.remove(0);
        house.desk.undo(&house.ane, step.number).await?;
        ensure!(astray().await?.is_empty(), "{way}: {:?}", astray().await?);
        let said = house.ticket(b.number).await?.messages;
        let said = said.iter().find(|message| message.id == reply).context("it is not there")?;
        ensure!(said.deliveries.len() == 1, "{way}: {:?}", said.deliveries);
    }
    // Done again it goes along again; to take a request out of the bin is not everybody's.
    let undone = house.desk.steps(&house.eva, &b.id).await?;
    let undone = undone.iter().find(|step| step.kind == EventKind::Undone && !step.undone).context("no step")?;
    house.desk.undo(&house.eva, undone.number).await?;
    ensure!(house.ticket(b.number).await?.messages.iter().all(|message| message.id != reply));
    ensure!(astray().await?.is_empty(), "done again: {:?}", astray().await?);
    Ok(())
}
