//! A request with everything that it is made of, in one step. Section 3.

use crate::{
    house::{House, draft, id},
    request_type::kind,
};
use anyhow::{Context, Result, ensure};
use desk::{
    Error, Why,
    model::{
        Access, Chosen, Draft, EventKind, FirstOwner, List, MessageKind, NewOwner, NewPerson, NewRelation, NewTicket,
        Origin, Recipients, RelationKind, RelationRule, RelationRuleId, State, Until,
    },
};

/// CRE-7, CRM-2, REL-2
#[tokio::test(flavor = "multi_thread")]
async fn one_verb_opens_a_request_with_everything() -> Result<()> {
    let house = House::open().await?;
    let outage = kind("Driftsfeil");
    house.desk.save_request_type(&house.eva, outage.clone()).await?;
    let other = house.request("Nettet er nede").await?;
    let sent = house.sent().len();
    let new = NewTicket {
        title: "Faktura 1042 feil".into(),
        text: "Beløpet er dobbelt.".into(),
        new_person: Some(NewPerson { name: "Ola".into(), email: "ola@alene.example".into(), phone: String::new() }),
        contacts: vec![house.kari.clone()],
        category: Some(house.invoices.clone()),
        priority: Some(house.priority("High").await?),
        kind: Some(outage.id.clone()),
        status: Some(house.status("Postponed").await?),
        until: Some(Until::Day),
        tags: vec!["hast".into()],
        relations: vec![NewRelation { ticket: other.id.clone(), kind: RelationKind::Related, comment: "samme".into() }],
        owner: NewOwner::Agent(id(&house.cia)),
        key: "one".into(),
        seconds: 90,
        ..NewTicket::default()
    };
    let opened = house.desk.open_ticket(&house.ane, new.clone()).await?;
    ensure!(house.desk.open_ticket(&house.ane, new.clone()).await? == opened, "the same key, the same request");
    house.rest().await?;
    let ticket = house.ticket(opened.number).await?;
    ensure!(ticket.origin == Origin::Phone && ticket.access == Access::External && ticket.title == "Faktura 1042 feil");
    ensure!(ticket.contacts.iter().map(|person| person.name.as_str()).collect::<Vec<_>>() == ["Ola", "Kari Nordmann"]);
    ensure!(ticket.company.is_none(), "CRM-1: the main contact belongs nowhere");
    ensure!((ticket.category, ticket.kind) == (house.invoices.clone(), Some(outage.id)));
    ensure!(ticket.priority == house.priority("High").await?);
    ensure!(ticket.state == State::Postponed && ticket.wake_at.is_some());
    ensure!(ticket.owner.context("nobody has it")?.id == id(&house.cia) && ticket.minutes == 2);
    ensure!(ticket.messages.len() == 1 && ticket.messages[0].text == "Beløpet er dobbelt.");
    ensure!(house.desk.tags_of(&house.eva, &ticket.id).await? == ["hast"]);
    ensure!(house.desk.relations(&house.eva, &other.id).await?[0].number == opened.number, "REL-2");
    ensure!(house.sent().len() == sent, "CRE-3: nothing is mailed");

    // It is one step, taken back as one.
    let steps = house.desk.steps(&house.eva, &ticket.id).await?;
    let step = steps.iter().find(|step| step.kind == EventKind::TicketOpened).context("no step")?;
    house.desk.undo(&house.eva, step.number).await?;
    ensure!(house.desk.bin(&house.eva, None).await?.rows.iter().any(|row| row.number == opened.number));
    ensure!(house.desk.relations(&house.eva, &other.id).await?.is_empty());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_taken_is_named_and_nothing_is_left_behind() -> Result<()> {
    let house = House::open().await?;
    let before = house.desk.list(&house.eva, List::Latest, None).await?.total;
    let new = NewTicket { title: "Hei".into(), person: Some(house.kari.clone()), ..NewTicket::default() };
    let refused = async |change: &dyn Fn(&mut NewTicket)| {
        let mut new = new.clone();
        change(&mut new);
        match house.desk.open_ticket(&house.ane, new).await {
            Err(Error::Invalid { field, why }) => Ok((field, why)),
            other => Err(anyhow::anyhow!("{other:?}")),
        }
    };
    let postponed = house.status("Postponed").await?;
    let nobody = || Some("nobody".into());
    ensure!(refused(&|new| new.title.clear()).await? == ("title".into(), Why::Missing));
    ensure!(refused(&|new| new.category = Some("x".into())).await? == ("category".into(), Why::NotAChoice));
    ensure!(refused(&|new| new.priority = Some("x".into())).await? == ("priority".into(), Why::NotAChoice));
    ensure!(refused(&|new| new.status = Some("x".into())).await? == ("status".into(), Why::NotAChoice));
    ensure!(refused(&|new| new.status = Some(postponed.clone())).await? == ("until".into(), Why::Missing));
    ensure!(refused(&|new| new.person = nobody()).await? == ("person".into(), Why::NotAChoice));
    ensure!(refused(&|new| new.contacts = vec!["nobody".into()]).await? == ("person".into(), Why::NotAChoice));
    ensure!(refused(&|new| new.owner = NewOwner::Agent("x".into())).await? == ("to".into(), Why::NotAChoice));
    ensure!(refused(&|new| new.tags = vec![String::new()]).await? == ("tag".into(), Why::Missing));
    ensure!(refused(&|new| new.tags = vec!["a".into(); 101]).await? == ("tags".into(), Why::TooMany { most: 100 }));
    ensure!(house.desk.list(&house.eva, List::Latest, None).await?.total == before, "nothing was made");
    Ok(())
}

/// RUL-1: a report belongs below an outage.
#[tokio::test(flavor = "multi_thread")]
async fn a_rule_can_ask_for_a_parent_at_every_door_but_the_customer_s() -> Result<()> {
    let house = House::open().await?;
    let (outage, report) = (kind("Driftsfeil"), kind("Rapport"));
    for new in [&outage, &report] {
        house.desk.save_request_type(&house.eva, new.clone()).await?;
    }
    let mut rule = RelationRule {
        id: RelationRuleId::new(),
        name: "Rapporter hører til en feil".into(),
        parents: vec![outage.id.clone()],
        children: vec![],
        require_parent: true,
        children_first: false,
        offer_parent: false,
        offer_children: false,
    };
    let everything = house.desk.save_relation_rule(&house.eva, rule.clone()).await;
    ensure!(everything == Err(Error::invalid("children", Why::Missing)), "nothing could be opened any more");
    rule.children = vec![report.id.clone()];
    house.desk.save_relation_rule(&house.eva, rule.clone()).await?;
    ensure!(house.desk.relation_rules(&house.eva).await?[0] == rule);

    let plain = house.request("Ingenting").await?;
    let parent = house.request("Nettet er nede").await?;
    house.desk.set_request_type(&house.ane, &parent.id, &outage.id).await?;
    let under = |ticket: &desk::model::Ticket| NewTicket {
        title: "Ingen kontakt".into(),
        person: Some(house.kari.clone()),
        kind: Some(report.id.clone()),
        relations: vec![NewRelation { ticket: ticket.id.clone(), kind: RelationKind::Parent, comment: String::new() }],
        ..NewTicket::default()
    };
    let missing = Error::invalid("parent", Why::Missing);
    let alone = NewTicket { relations: vec![], ..under(&parent) };
    ensure!(house.desk.open_ticket(&house.ane, alone).await == Err(missing.clone()), "RUL-1");
    let wrong = house.desk.open_ticket(&house.ane, under(&plain)).await;
    ensure!(wrong == Err(Error::invalid("parent", Why::NotAChoice)), "RUL-1: no outage");
    let child = house.desk.open_ticket(&house.ane, under(&parent)).await?;
    ensure!(house.desk.set_request_type(&house.ane, &plain.id, &report.id).await == Err(missing.clone()));
    let relation = house.desk.relations(&house.ane, &child.id).await?.remove(0);
    ensure!(house.desk.unrelate(&house.ane, &child.id, &relation.id).await == Err(missing));

    // Mail is taken in whatever it is.
    let account = house.mailbox().await?.id;
    house.desk.set_account_type(&house.eva, &account, Some(&report.id)).await?;
    ensure!(house.request("Borte").await?.kind == Some(report.id.clone()));
    Ok(())
}

/// CRE-8, CRE-9: what a request begins with where nobody says.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_left_out_is_as_its_maker_prefers() -> Result<()> {
    let house = House::open().await?;
    let waiting = house.status("Waiting for customer").await?;
    let open = async |change: &dyn Fn(&mut NewTicket)| {
        let mut new = NewTicket { title: "Hei".into(), person: Some(house.kari.clone()), ..NewTicket::default() };
        change(&mut new);
        let opened = house.desk.open_ticket(&house.ane, new).await?;
        house.ticket(opened.number).await
    };
    let prefer = async |chosen: Chosen| house.desk.save_preferences(&house.ane, &chosen).await;
    prefer(Chosen { owner: Some(FirstOwner::Myself), new_status: Some(waiting.clone()), ..Chosen::default() }).await?;
    let first = open(&|_| {}).await?;
    ensure!(first.status == waiting && first.category == house.support, "CRE-8");
    ensure!(first.owner.is_some_and(|owner| owner.name == "Ane"), "CRE-9");
    prefer(Chosen { owner: Some(FirstOwner::Unassigned), category: Some(house.invoices.clone()), ..Chosen::default() })
        .await?;
    let second = open(&|_| {}).await?;
    ensure!(second.owner.is_none() && second.category == house.invoices, "CRE-9");
    let said = open(&|new| new.category = Some(house.support.clone())).await?;
    ensure!(said.category == house.support, "what is said stands over what is preferred");
    prefer(Chosen { last_category: Some(true), category: Some(house.invoices.clone()), ..Chosen::default() }).await?;
    ensure!(open(&|_| {}).await?.category == house.support, "CRE-9: the last one");
    Ok(())
}

fn letter(to: &[&str]) -> Draft {
    let recipients = Recipients { to: to.iter().map(|to| (*to).to_owned()).collect(), ..Recipients::default() };
    Draft { recipients: Some(recipients), ..draft("Vi flytter skriveren i morgen.", Access::External) }
}

/// CRE-1, CRE-2, CRE-3, CRE-4: writing to a customer first is a request with a reply.
#[tokio::test(flavor = "multi_thread")]
async fn a_request_may_begin_with_a_letter_to_the_customer() -> Result<()> {
    let house = House::open().await?;
    let profile = house.desk.profile(&house.ane).await?;
    house.desk.save_profile(&house.ane, &profile.name, profile.language, "Hilsen Ane").await?;
    let new = NewTicket {
        title: "Flytting".into(),
        origin: Origin::Email,
        letter: Some(Draft { close: true, ..letter(&["hvem@ukjent.example", "Kari@Fjord.no"]) }),
        key: "once".into(),
        seconds: 61,
        ..NewTicket::default()
    };
    let opened = house.desk.open_ticket(&house.ane, new.clone()).await?;
    ensure!(
        house.desk.open_ticket(&house.ane, new.clone()).await? == opened,
        "the same again is one request and one letter"
    );
    house.rest().await?;
    let ticket = house.ticket(opened.number).await?;
    ensure!(ticket.messages.len() == 1 && ticket.messages[0].kind == MessageKind::Reply && ticket.minutes == 2);
    ensure!(Some(&ticket.messages[0].id) == opened.message.as_ref() && ticket.state == State::Closed);
    let contacts: Vec<_> = ticket.contacts.iter().map(|person| person.name.as_str()).collect();
    ensure!(contacts == ["Kari Nordmann"], "CRE-1 and CRE-2: {contacts:?}");
    ensure!(ticket.company.is_some(), "by its main contact");
    let sent = house.sent();
    ensure!(
        sent.len() == 2 && sent.iter().all(|mail| mail.html.as_deref().is_some_and(|html| html.contains("Hilsen Ane")))
    );
    ensure!(sent.iter().all(|mail| mail.subject.contains(&format!("#{}", opened.number))));
    // An answer finds its way back.
    house.answer("kari@fjord.no", "Fint.").await?;
    ensure!(house.ticket(opened.number).await?.messages.len() == 2);

    // To the main contact where nobody else is named, beside what they said; to nobody where there is none. CRE-3
    let before = house.sent().len();
    let said = NewTicket {
        text: "Hun spør hvorfor.".into(),
        person: Some(house.kari.clone()),
        letter: Some(draft("Fordi gulvet skal males.", Access::External)),
        key: String::new(),
        ..new.clone()
    };
    let opened = house.desk.open_ticket(&house.ane, said).await?;
    house.rest().await?;
    let ticket = house.ticket(opened.number).await?;
    ensure!(ticket.messages.len() == 2 && ticket.messages[0].kind == MessageKind::Enquiry);
    ensure!(
        house.sent().len() == before + 1 && !house.sent()[before].text.contains("Hun spør"),
        "what was noted is not mailed"
    );
    let alone = NewTicket { letter: Some(letter(&[])), key: String::new(), ..new };
    let alone = house.desk.open_ticket(&house.ane, alone).await?;
    house.rest().await?;
    ensure!(house.sent().len() == before + 1 && house.ticket(alone.number).await?.messages.len() == 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_that_cannot_be_sent_opens_nothing_and_a_sent_one_can_be_called_back() -> Result<()> {
    let house = House::open().await?;
    let before = house.desk.list(&house.eva, List::Latest, None).await?.total;
    let new = NewTicket { title: "Flytting".into(), person: Some(house.kari.clone()), ..NewTicket::default() };
    let postponed = house.status("Postponed").await?;
    let good = letter(&["kari@fjord.no"]);
    let wrong: [(&str, Why, Draft); 6] = [
        ("text", Why::Missing, Draft { text: " ".into(), ..good.clone() }),
        ("to", Why::NotAnAddress, letter(&["kari"])),
        ("to", Why::NotAChoice, letter(&["support@company.com"])),
        ("until", Why::Missing, Draft { status: Some(postponed), ..good.clone() }),
        ("status", Why::NotAChoice, Draft { status: Some("x".into()), ..good.clone() }),
        (
            "to",
            Why::TooMany { most: 50 },
            letter(&(0..51).map(|n| &*format!("n{n}@fjord.no").leak()).collect::<Vec<_>>()),
        ),
    ];
    for (field, why, letter) in wrong {
        let refused = house.desk.open_ticket(&house.ane, NewTicket { letter: Some(letter), ..new.clone() }).await;
        ensure!(refused == Err(Error::invalid(field, why)), "{field}: {refused:?}");
    }
    // CRE-6
    let inner = NewTicket { letter: Some(good.clone()), access: Some(Access::Internal), ..new.clone() };
    ensure!(house.desk.open_ticket(&house.ane, inner).await == Err(Error::invalid("access", Why::InternalToCustomer)));
    ensure!(house.desk.list(&house.eva, List::Latest, None).await?.total == before, "nothing was made");

    house.desk.hold_replies(&house.eva, 10).await?;
    let opened = house.desk.open_ticket(&house.ane, NewTicket { letter: Some(good), ..new }).await?;
    let message = opened.message.clone().context("no letter")?;
    ensure!(house.ticket(opened.number).await?.messages[0].leaves_at.is_some(), "it waits as a reply does");
    let draft = house.desk.call_back(&house.ane, &message).await?;
    ensure!(draft.text == "Vi flytter skriveren i morgen.");
    ensure!(
        house.ticket(opened.number).await?.messages.is_empty(),
        "the request stays, for the letter to be written anew"
    );
    house.clock.advance(desk::clock::MINUTE);
    house.desk.tick().await?;
    house.rest().await?;
    ensure!(house.sent().is_empty());
    house.desk.reply(&house.ane, &opened.id, Draft { text: "Vi flytter den på fredag.".into(), ..draft }).await?;
    Ok(())
}
