//! Who gets a reply. Sections 3.1 and 4.1.

use crate::house::{House, MAILBOX, draft, in_order};
use anyhow::{Context, Result, ensure};
use desk::{
    Error, Why,
    model::{Access, DeliveryState, Draft, EventKind, Language, MessageKind, Recipients, Ticket},
    outside::{Inbound, Party},
    person::NewContact,
};

fn party(address: &str) -> Party {
    Party { address: address.to_owned(), name: String::new() }
}

fn list(addresses: &[&str]) -> Vec<String> {
    addresses.iter().map(|address| (*address).to_owned()).collect()
}

fn reply(to: &[&str], cc: &[&str], bcc: &[&str]) -> Draft {
    let recipients = Recipients { to: list(to), cc: list(cc), bcc: list(bcc), apart: false };
    Draft { recipients: Some(recipients), ..draft("Start den på nytt.", Access::External) }
}

/// Kari writes to us and somebody else, with a colleague in copy.
async fn among_several(house: &House) -> Result<Ticket> {
    let mail = Inbound {
        external_id: "several@fjord.no".into(),
        from: Party { address: "kari@fjord.no".into(), name: "Kari Nordmann".into() },
        to: vec![party(MAILBOX), party("drift@fjord.no")],
        cc: vec![party("Sjef@fjord.no")],
        subject: Some("Skriver virker ikke".into()),
        text: "Den står stille.".into(),
        ..Inbound::default()
    };
    house.receive(mail).await?;
    house.rest().await?;
    house.latest().await
}

async fn ola(house: &House) -> Result<desk::model::PersonId> {
    let ola = NewContact {
        name: "Ola Hansen".into(),
        emails: list(&["ola@fjord.no"]),
        language: Language::Nb,
        ..NewContact::default()
    };
    Ok(house.desk.add_contact(&house.eva, ola).await?)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_goes_to_everybody_in_the_customer_s_last_message_but_not_to_us() -> Result<()> {
    let house = House::open().await?;
    let ticket = among_several(&house).await?;
    let (usual, _) = house.desk.usual_recipients(&house.ane, &ticket.id).await?;
    ensure!(usual.to == ["kari@fjord.no"] && usual.cc == ["drift@fjord.no", "sjef@fjord.no"], "{usual:?}");
    let before = house.handed().len();
    house.desk.reply(&house.ane, &ticket.id, draft("Start den på nytt.", Access::External)).await?;
    house.rest().await?;
    let mut handed = house.handed().split_off(before);
    handed.sort();
    ensure!(handed == ["drift@fjord.no", "kari@fjord.no", "sjef@fjord.no"], "{handed:?}");
    let mails = house.sent().split_off(before);
    ensure!(
        mails.iter().all(|mail| mail.to.len() == 1 && mail.cc.len() == 2 && mail.message_id == mails[0].message_id)
    );
    ensure!(mails[0].to[0].name == "Kari Nordmann");
    // An answer of whoever was copied lands here too, and is answered in its turn; the main contact is not left out.
    house
        .receive(Inbound {
            external_id: "boss@fjord.no".into(),
            from: party("sjef@fjord.no"),
            to: vec![party(MAILBOX)],
            subject: Some("SV: Skriver".into()),
            text: "Haster.".into(),
            in_reply_to: vec![mails[0].message_id.clone()],
            ..Inbound::default()
        })
        .await?;
    house.rest().await?;
    ensure!(house.ticket(ticket.number).await?.messages.iter().any(|m| m.text == "Haster."));
    let (usual, _) = house.desk.usual_recipients(&house.ane, &ticket.id).await?;
    ensure!(usual.to == ["kari@fjord.no", "sjef@fjord.no"] && usual.cc.is_empty(), "{usual:?}");
    Ok(())
}

/// CRE-1, CRE-2
#[tokio::test(flavor = "multi_thread")]
async fn who_stands_in_to_becomes_a_contact_and_a_bare_address_does_not() -> Result<()> {
    let house = House::open().await?;
    let ola = ola(&house).await?;
    let ticket = house.request("Skriver virker ikke").await?;
    // Unticked: Ola gets the mail and no part in the request.
    let mut apart = reply(&["kari@fjord.no", "ola@fjord.no"], &[], &[]);
    apart.recipients = apart.recipients.map(|recipients| Recipients { apart: true, ..recipients });
    house.desk.reply(&house.ane, &ticket.id, apart).await?;
    house.rest().await?;
    ensure!(house.ticket(ticket.number).await?.contacts.len() == 1, "CRE-1: unless the box is unticked");

    let before = house.handed().len();
    let to = ["kari@fjord.no", "ola@fjord.no", "fremmed@annet.example"];
    house.desk.reply(&house.ane, &ticket.id, reply(&to, &[], &[])).await?;
    house.rest().await?;
    let now = house.ticket(ticket.number).await?;
    let contacts: Vec<_> = now.contacts.iter().map(|contact| contact.id.clone()).collect();
    ensure!(contacts == [house.kari.clone(), ola], "CRE-1, CRE-2: {contacts:?}");
    ensure!(house.handed().split_off(before).contains(&"fremmed@annet.example".to_owned()), "CRE-2: it gets the mail");
    in_order(&house.log(ticket.number).await?, &[EventKind::Replied, EventKind::ContactAdded])?;
    // And it is taken back like anything else.
    let step = house.desk.steps(&house.ane, &ticket.id).await?.into_iter().next().context("no step")?;
    house.desk.undo(&house.ane, step.number).await?;
    ensure!(house.ticket(ticket.number).await?.contacts.len() == 1);
    Ok(())
}

/// A blind copy is seen by nobody: not in the head, not in the portal, not by its answer.
#[tokio::test(flavor = "multi_thread")]
async fn a_blind_copy_is_kept_from_all_others() -> Result<()> {
    let house = House::open().await?;
    let ticket = house.request("Skriver virker ikke").await?;
    let before = house.handed().len();
    house.desk.reply(&house.ane, &ticket.id, reply(&["kari@fjord.no"], &[], &["revisor@annet.example"])).await?;
    house.rest().await?;
    let (handed, mails) = (house.handed().split_off(before), house.sent().split_off(before));
    ensure!(handed.len() == 2 && handed.contains(&"revisor@annet.example".to_owned()), "{handed:?}");
    ensure!(mails.iter().flat_map(|mail| mail.to.iter().chain(&mail.cc)).all(|party| party.address == "kari@fjord.no"));
    let now = house.ticket(ticket.number).await?;
    let message = now.messages.last().context("no reply")?;
    ensure!(message.bcc == ["revisor@annet.example"] && message.to == ["kari@fjord.no"] && message.cc.is_empty());
    let link = ticket.link.context("no link")?;
    let kari = house.desk.follow(ticket.number, link.rsplit('/').next().unwrap_or_default()).await?;
    let seen = house.desk.customer_ticket(&kari, ticket.number).await?.messages;
    ensure!(seen.iter().all(|m| m.bcc.is_empty() && m.deliveries.is_empty() && m.delivery.is_none()));
    // Their answer is a request beside this one: Kari must not learn of them.
    house
        .receive(Inbound {
            external_id: "revisor@annet.example".into(),
            from: party("revisor@annet.example"),
            to: vec![party(MAILBOX)],
            subject: Some("SV: Skriver".into()),
            text: "Notert.".into(),
            in_reply_to: vec![mails[0].message_id.clone()],
            ..Inbound::default()
        })
        .await?;
    house.rest().await?;
    ensure!(house.ticket(ticket.number).await?.messages.iter().all(|m| m.text != "Notert."));
    let aside = house.latest().await?;
    ensure!(aside.number != ticket.number && aside.messages[0].text == "Notert.");
    let related = house.desk.relations(&house.ane, &aside.id).await?;
    ensure!(related.iter().any(|relation| relation.number == ticket.number), "colleagues see where it came from");
    // The request's private link is for its contacts: whoever holds it acts as them.
    let linked = mails.iter().filter(|mail| mail.html.as_deref().unwrap_or_default().contains("/r/")).count();
    ensure!(linked == 1, "{:?}", mails.iter().map(|mail| mail.html.clone()).collect::<Vec<_>>());
    Ok(())
}

/// MSG-8
#[tokio::test(flavor = "multi_thread")]
async fn whoever_takes_part_without_being_a_contact_is_suggested() -> Result<()> {
    let house = House::open().await?;
    let ticket = among_several(&house).await?;
    house.desk.reply(&house.ane, &ticket.id, reply(&["kari@fjord.no"], &["lager@fjord.no"], &[])).await?;
    house.rest().await?;
    house.answer("kari@fjord.no", "Bare meg nå.").await?;
    let question = desk::model::Question {
        to: list(&["hjelp@partner.example"]),
        text: "Har dere sett denne?".into(),
        ..desk::model::Question::default()
    };
    house.desk.ask_helper(&house.ane, &ticket.id, question).await?;
    let (usual, suggested) = house.desk.usual_recipients(&house.ane, &ticket.id).await?;
    ensure!(usual.to == ["kari@fjord.no"] && usual.cc.is_empty());
    ensure!(suggested == ["lager@fjord.no", "drift@fjord.no", "sjef@fjord.no"], "MSG-8, FWD-2: {suggested:?}");
    // Once a contact, nobody to be suggested any more.
    let ola = ola(&house).await?;
    house.desk.reply(&house.ane, &ticket.id, reply(&["ola@fjord.no"], &["ola@fjord.no"], &[])).await?;
    ensure!(house.ticket(ticket.number).await?.contacts.iter().any(|contact| contact.id == ola));
    let (_, suggested) = house.desk.usual_recipients(&house.ane, &ticket.id).await?;
    ensure!(!suggested.contains(&"ola@fjord.no".to_owned()) && suggested.len() == 3, "{suggested:?}");
    let stranger = house.desk.usual_recipients(&desk::model::Actor::Anonymous, &ticket.id).await;
    ensure!(stranger == Err(Error::Unauthenticated), "rights");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_t_be_mailed_is_refused_where_it_stands_and_nothing_is_sent() -> Result<()> {
    let house = House::open().await?;
    let ticket = house.request("Skriver virker ikke").await?;
    let before = house.handed().len();
    let cases = [
        (reply(&["kari"], &[], &[]), "to", Why::NotAnAddress),
        (reply(&["kari@fjord.no"], &["ola@"], &[]), "cc", Why::NotAnAddress),
        (reply(&["kari@fjord.no"], &[], &["a b@c.no"]), "bcc", Why::NotAnAddress),
        (reply(&[MAILBOX], &[], &[]), "to", Why::NotAChoice),
    ];
    for (draft, field, why) in cases {
        let refused = house.desk.reply(&house.ane, &ticket.id, draft).await;
        ensure!(refused == Err(Error::invalid(field, why)), "{field}: {refused:?}");
    }
    let crowd: Vec<String> = (0..51).map(|n| format!("n{n}@fjord.no")).collect();
    let crowd: Vec<&str> = crowd.iter().map(String::as_str).collect();
    let refused = house.desk.reply(&house.ane, &ticket.id, reply(&crowd, &[], &[])).await;
    ensure!(refused == Err(Error::invalid("to", Why::TooMany { most: 50 })), "{refused:?}");
    house.rest().await?;
    ensure!(
        house.handed().len() == before && house.ticket(ticket.number).await?.messages.len() == ticket.messages.len()
    );
    // CRE-3: nobody in it, nothing mailed; said all the same.
    house.desk.reply(&house.ane, &ticket.id, reply(&[], &[], &[])).await?;
    house.rest().await?;
    ensure!(house.handed().len() == before, "CRE-3");
    // CRE-6: nobody outside gets anything of an internal request.
    house.desk.set_access(&house.ane, &ticket.id, Access::Internal).await?;
    let refused = house.desk.reply(&house.ane, &ticket.id, reply(&["kari@fjord.no"], &[], &[])).await;
    ensure!(refused == Err(Error::invalid("to", Why::InternalToCustomer)), "CRE-6");
    // The same address twice, in two fields and two spellings, gets one mail.
    house.desk.set_access(&house.ane, &ticket.id, Access::External).await?;
    let twice = reply(&["Kari@Fjord.no", "kari@fjord.no"], &["kari@fjord.no"], &["KARI@fjord.no"]);
    house.desk.reply(&house.ane, &ticket.id, twice).await?;
    house.rest().await?;
    ensure!(house.handed().len() == before + 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_comes_back_fails_only_for_whom_it_did_not_reach() -> Result<()> {
    let house = House::open().await?;
    let ticket = house.request("Skriver virker ikke").await?;
    house
        .desk
        .reply(&house.ane, &ticket.id, reply(&["kari@fjord.no"], &["feil@fjord.no", "ola@fjord.no"], &[]))
        .await?;
    house.rest().await?;
    let mail = house.sent().pop().context("no mail")?;
    let bounce = |id: &str, text: &str| Inbound {
        external_id: id.into(),
        from: party("mailer-daemon@fjord.no"),
        subject: Some("Undelivered Mail".into()),
        text: text.into(),
        automatic: Some("auto-submitted".into()),
        bounce_of: Some(mail.message_id.clone()),
        ..Inbound::default()
    };
    house.receive(bounce("b1@fjord.no", "<feil@fjord.no>: user unknown")).await?;
    house.rest().await?;
    let states = async || {
        let ticket = house.ticket(ticket.number).await?;
        let message = ticket.messages.into_iter().find(|m| m.kind == MessageKind::Reply).context("no reply")?;
        let states: Vec<_> = message.deliveries.iter().map(|d| (d.recipient.clone(), d.state)).collect();
        anyhow::Ok((states, message.delivery.context("no delivery")?))
    };
    let (all, worst) = states().await?;
    let state =
        |all: &[(String, DeliveryState)], who: &str| all.iter().find(|(to, _)| to == who).map(|(_, state)| *state);
    ensure!(state(&all, "feil@fjord.no") == Some(DeliveryState::Failed), "{all:?}");
    ensure!(
        state(&all, "kari@fjord.no") == Some(DeliveryState::Sent)
            && state(&all, "ola@fjord.no") == Some(DeliveryState::Sent)
    );
    ensure!(worst.recipient == "feil@fjord.no" && worst.state == DeliveryState::Failed, "what needs to be looked at");
    // Tried again, it goes to nobody else.
    let before = house.handed().len();
    house.desk.retry_delivery(&house.ane, &worst.id).await?;
    house.rest().await?;
    ensure!(house.handed().split_off(before) == ["feil@fjord.no"]);
    // A report that names nobody says nothing of anybody: a person looks.
    house.receive(bounce("b2@fjord.no", "Something went wrong.")).await?;
    house.rest().await?;
    let (all, _) = states().await?;
    ensure!(all.iter().all(|(_, state)| *state == DeliveryState::Uncertain), "{all:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn our_own_mail_that_comes_home_is_nobody_s_news() -> Result<()> {
    let house = House::open().await?;
    let ticket = house.request("Skriver virker ikke").await?;
    house.desk.reply(&house.ane, &ticket.id, reply(&["kari@fjord.no"], &["hjelp@company.com"], &[])).await?;
    house.rest().await?;
    let mail = house.sent().pop().context("no mail")?;
    let messages = house.ticket(ticket.number).await?.messages.len();
    house
        .receive(Inbound {
            external_id: mail.message_id.clone(),
            from: party(MAILBOX),
            to: mail.to.clone(),
            cc: mail.cc.clone(),
            subject: Some(mail.subject.clone()),
            text: mail.text.clone(),
            ..Inbound::default()
        })
        .await?;
    house.rest().await?;
    ensure!(
        house.ticket(ticket.number).await?.messages.len() == messages && house.latest().await?.number == ticket.number
    );
    Ok(())
}

/// C-20: also who only got a copy is forgotten, and is told what they got.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_only_got_a_copy_is_handed_it_and_is_forgotten() -> Result<()> {
    let house = House::open().await?;
    let ola = ola(&house).await?;
    let ticket = house.request("Skriver virker ikke").await?;
    house.desk.reply(&house.ane, &ticket.id, reply(&["kari@fjord.no"], &["ola@fjord.no"], &[])).await?;
    house.desk.reply(&house.ane, &ticket.id, reply(&["kari@fjord.no"], &[], &["ola@fjord.no"])).await?;
    house.desk.reply(&house.ane, &ticket.id, reply(&["kari@fjord.no"], &[], &[])).await?;
    house.rest().await?;
    let dossier = house.desk.dossier(&house.eva, &ola).await?;
    ensure!(dossier.requests.len() == 1 && dossier.requests[0].messages.len() == 2, "{dossier:?}");
    ensure!(
        dossier.requests[0].messages.iter().all(|m| !m.to.contains(&"kari@fjord.no".to_owned())),
        "only about them"
    );
    house.desk.erase_person(&house.eva, &ola).await?;
    let now = house.ticket(ticket.number).await?;
    let said = serde_json::to_string(&now)?;
    ensure!(!said.contains("ola@fjord.no") && said.contains("kari@fjord.no") && said.contains("Start den"), "{said}");
    for mail in house.desk.sent_mail(&house.eva, 100).await? {
        ensure!(mail.recipient != "ola@fjord.no");
    }
    Ok(())
}
