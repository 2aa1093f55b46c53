//! What an administrator decides for the whole house. Section 20.

use crate::house::{House, MAILBOX, draft};
use anyhow::{Context, Result, ensure};
use desk::{
    Error, Why,
    model::{
        Access, AccountId, Actor, ChosenHouseRules, Draft, EventKind, Farewell, Form, Ground, Language, Method,
        NewOwner, NewTicket, Recipients, Reminders, Retention, Source, StatusId,
    },
    settings::NewMailbox,
};

async fn choose(house: &House, chosen: ChosenHouseRules) -> Result<()> {
    Ok(house.desk.save_house_rules(&house.eva, &chosen).await?)
}

/// C-25: what holds, and who decided it.
#[tokio::test(flavor = "multi_thread")]
async fn each_value_says_who_decided_it() -> Result<()> {
    let house = House::open().await?;
    let said = house.desk.house_rules(&house.ane).await?;
    ensure!(said.values.contacts && !said.values.silent_to_new && said.values.access == Access::External);
    ensure!(said.from.len() == 5 && said.from.values().all(|from| *from == Source::Saker), "{:?}", said.from);
    let chosen =
        ChosenHouseRules { access: Some(Access::Internal), same_owner: Some(30), ..ChosenHouseRules::default() };
    choose(&house, chosen.clone()).await?;
    let said = house.desk.house_rules(&house.ane).await?;
    ensure!(said.values.access == Access::Internal && said.from["access"] == Source::Administrator);
    ensure!(said.from["contacts"] == Source::Saker && said.chosen == chosen);
    house
        .desk
        .save_retention(&house.eva, &house.support, Some(Retention { days: 90, then: Farewell::Anonymise }))
        .await?;
    let holds = house.desk.holds_in(&house.ane, &house.support).await?;
    ensure!(holds.access.value == Access::Internal && holds.access.from == Source::Administrator);
    ensure!(holds.same_owner.value == Some(30) && holds.same_owner.from == Source::Administrator);
    ensure!(holds.retention.value.is_some_and(|keeps| keeps.days == 90) && holds.retention.from == Source::Category);
    ensure!(
        holds.accept_status.value == house.status("Open").await? && holds.accept_status.from == Source::Administrator
    );
    let mut settings = house.desk.category_settings(&house.eva, &house.support).await?;
    settings.quarantine = Some(5);
    house.desk.save_category(&house.eva, &house.support, settings).await?;
    let holds = house.desk.holds_in(&house.ane, &house.support).await?;
    ensure!(holds.same_owner.value == Some(5) && holds.same_owner.from == Source::Category);
    // The hour of the reminders is one of them, too.
    let reminders = Reminders { hour: 6, ..house.desk.reminders(&house.eva).await? };
    house.desk.save_reminders(&house.eva, reminders).await?;
    ensure!(house.desk.reminders(&house.eva).await? == reminders);

    for minutes in [0, -1, 10_081] {
        let wrong = ChosenHouseRules { same_owner: Some(minutes), ..ChosenHouseRules::default() };
        let refused = house.desk.save_house_rules(&house.eva, &wrong).await;
        ensure!(refused == Err(Error::invalid("same_owner", Why::NotAChoice)));
    }
    let wrong = ChosenHouseRules { sender: Some(AccountId::from("none")), ..ChosenHouseRules::default() };
    ensure!(house.desk.save_house_rules(&house.eva, &wrong).await == Err(Error::invalid("sender", Why::NotAChoice)));
    ensure!(house.desk.save_house_rules(&house.ane, &chosen).await == Err(Error::Forbidden));
    // It is part of the configuration.
    let kept = house.desk.export_configuration(&house.eva).await?;
    choose(&house, ChosenHouseRules::default()).await?;
    house.desk.import_configuration(&house.eva, &kept).await?;
    ensure!(house.desk.house_rules(&house.ane).await?.chosen == chosen);
    Ok(())
}

/// D1 step 3, CRM-6: with the switch off the request keeps the address and has no contact, and is answered all the same.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_unknown_becomes_a_contact_only_where_the_house_wants_it() -> Result<()> {
    let house = House::open().await?;
    choose(&house, ChosenHouseRules { contacts: Some(false), ..ChosenHouseRules::default() }).await?;
    house.mail("ola@ny.no", "Skriver virker ikke", "Den står.").await?;
    house.rest().await?;
    let ticket = house.latest().await?;
    ensure!(ticket.contacts.is_empty() && ticket.company.is_none() && ticket.link.is_none());
    ensure!(serde_json::to_string(&ticket.messages[0])?.contains("ola@ny.no"), "the address is kept");
    ensure!(house.desk.find_callers(&house.ane, "ola@ny.no").await?.is_empty(), "no contact was made");
    ensure!(house.texts("select address from person_email where address = 'ola@ny.no'").await?.is_empty());
    // The acknowledgement goes to the address, in its likely language.
    let receipt = house.sent().into_iter().find(|mail| mail.to[0].address == "ola@ny.no").context("no receipt")?;
    ensure!(receipt.language == Language::Nb && receipt.subject.contains(&format!("#{}", ticket.number)));
    // An answer finds home, and so does ours.
    house.answer("ola@ny.no", "Nå går den.").await?;
    ensure!(house.latest().await?.id == ticket.id && house.ticket(ticket.number).await?.messages.len() == 3);
    house.desk.reply(&house.ane, &ticket.id, draft("Så fint!", Access::External)).await?;
    house.rest().await?;
    ensure!(house.handed().last().is_some_and(|to| to == "ola@ny.no"));
    ensure!(house.ticket(ticket.number).await?.contacts.is_empty(), "CRE-2");
    // Somebody else, who is known, is a contact as ever.
    ensure!(house.request("Faktura").await?.contacts.len() == 1);
    // On again, the next one becomes a contact.
    choose(&house, ChosenHouseRules::default()).await?;
    house.mail("per@ny.no", "Skjerm", "Svart.").await?;
    house.rest().await?;
    ensure!(house.latest().await?.contacts.len() == 1);
    Ok(())
}

/// AUT-2: the log says why nothing was sent.
#[tokio::test(flavor = "multi_thread")]
async fn new_contacts_get_no_mail_where_the_house_says_so() -> Result<()> {
    let house = House::open().await?;
    choose(&house, ChosenHouseRules { silent_to_new: Some(true), ..ChosenHouseRules::default() }).await?;
    house.mail("ola@ny.no", "Skriver virker ikke", "Den står.").await?;
    house.rest().await?;
    ensure!(house.sent().is_empty());
    let log = house.latest().await?.log;
    let entry = log.iter().find(|entry| entry.kind == EventKind::AcknowledgementWithheld).context("nothing is said")?;
    ensure!(entry.new.as_deref() == Some("new-contact"));
    // The second time they are new no more; and Kari never was.
    house.mail("ola@ny.no", "Skjermen også", "Svart.").await?;
    house.request("Faktura").await?;
    house.rest().await?;
    let to: Vec<String> = house.sent().into_iter().map(|mail| mail.to[0].address.clone()).collect();
    ensure!(
        to.len() == 2 && to.contains(&"ola@ny.no".to_owned()) && to.contains(&"kari@fjord.no".to_owned()),
        "{to:?}"
    );
    Ok(())
}

/// ASG-5, the second setting: mails of one contact go to the same owner for a while, across categories.
#[tokio::test(flavor = "multi_thread")]
async fn mails_of_one_contact_stay_together_for_some_minutes() -> Result<()> {
    let house = House::open().await?;
    // What comes to the mailbox is Cia's by the category's rules.
    let mut invoices = house.desk.category_settings(&house.eva, &house.invoices).await?;
    (invoices.method, invoices.present_only) = (Method::Even, false);
    house.desk.save_category(&house.eva, &house.invoices, invoices).await?;
    let first = house.request("Skriver").await?;
    house.desk.take(&house.ane, &first.id, None).await?;
    let other = NewMailbox {
        address: "faktura@company.com".into(),
        name: "Faktura".into(),
        category: house.invoices.clone(),
        imap: None,
        silent: false,
    };
    let account = house.desk.add_mailbox(&house.eva, other).await?;
    let to_invoices = async |subject: &str| -> Result<_> {
        house.mail_to(&account, "kari@fjord.no", subject, "Hei").await?;
        house.rest().await?;
        house.latest().await
    };
    let apart = to_invoices("Faktura 1").await?;
    ensure!(apart.owner.as_ref().map(|owner| owner.name.as_str()) == Some("Cia"), "off, the category decides");
    house.desk.close_ticket(&house.eva, &apart.id).await?;
    house.desk.delete_ticket(&house.eva, &apart.id).await?;
    choose(&house, ChosenHouseRules { same_owner: Some(60), ..ChosenHouseRules::default() }).await?;
    house.pass(30).await?;
    let together = to_invoices("Faktura 2").await?;
    ensure!(together.category == house.invoices);
    ensure!(together.owner.as_ref().map(|owner| owner.name.as_str()) == Some("Ane"), "{:?}", together.owner);
    ensure!(together.why.is_some_and(|why| why.ground == Ground::CrossPost));
    // Each mail begins the time anew; after it the category decides again.
    house.pass(61).await?;
    ensure!(to_invoices("Faktura 3").await?.owner.is_some_and(|owner| owner.name == "Cia"));
    // A call is no mail.
    let new = NewTicket {
        title: "Ringte".into(),
        person: Some(house.kari.clone()),
        category: Some(house.support.clone()),
        owner: NewOwner::Automatic,
        ..NewTicket::default()
    };
    let call = house.desk.open_ticket(&house.bo, new).await?;
    ensure!(house.ticket(call.number).await?.owner.is_none());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_registered_by_hand_is_first_as_the_house_has_it() -> Result<()> {
    let house = House::open().await?;
    let new = || NewTicket { title: "Ringte".into(), person: Some(house.kari.clone()), ..NewTicket::default() };
    let open = async |new| -> Result<_> { house.ticket(house.desk.open_ticket(&house.ane, new).await?.number).await };
    ensure!(open(new()).await?.access == Access::External);
    choose(&house, ChosenHouseRules { access: Some(Access::Internal), ..ChosenHouseRules::default() }).await?;
    let inner = open(new()).await?;
    ensure!(inner.access == Access::Internal && inner.messages[0].access == Access::Internal && inner.link.is_none());
    ensure!(open(NewTicket { access: Some(Access::External), ..new() }).await?.access == Access::External);
    // A letter to a customer is not internal; said to be, it is refused.
    let letter = || Some(draft("Hei Kari", Access::External));
    ensure!(open(NewTicket { letter: letter(), ..new() }).await?.access == Access::External);
    let refused = house
        .desk
        .open_ticket(&house.ane, NewTicket { letter: letter(), access: Some(Access::Internal), ..new() })
        .await;
    ensure!(refused.is_err());
    // What customers begin themselves is theirs to see.
    ensure!(house.request("Skriver").await?.access == Access::External);
    Ok(())
}

/// OUT-2
#[tokio::test(flavor = "multi_thread")]
async fn what_came_by_no_mailbox_is_answered_from_the_chosen_one() -> Result<()> {
    let house = House::open().await?;
    let other = NewMailbox {
        address: "hei@company.com".into(),
        name: "Hei".into(),
        category: house.support.clone(),
        imap: None,
        silent: false,
    };
    let other = house.desk.add_mailbox(&house.eva, other).await?;
    let write = async || -> Result<String> {
        let letter = Draft {
            recipients: Some(Recipients { to: vec!["kari@fjord.no".into()], ..Recipients::default() }),
            ..draft("Hei Kari", Access::External)
        };
        let new = NewTicket {
            title: "Hei".into(),
            person: Some(house.kari.clone()),
            letter: Some(letter),
            ..NewTicket::default()
        };
        house.desk.open_ticket(&house.ane, new).await?;
        house.rest().await?;
        Ok(house.sent().last().context("nothing was sent")?.from.address.clone())
    };
    ensure!(write().await? == MAILBOX);
    choose(&house, ChosenHouseRules { sender: Some(other), ..ChosenHouseRules::default() }).await?;
    ensure!(write().await? == "hei@company.com");
    // What came by a mailbox is answered from there.
    let ticket = house.request("Skriver").await?;
    house.desk.reply(&house.ane, &ticket.id, draft("Hei", Access::External)).await?;
    house.rest().await?;
    ensure!(house.sent().last().is_some_and(|mail| mail.from.address == MAILBOX));
    Ok(())
}

/// AUT-5, SPM-1: anybody can type anybody's address into the portal's form, and so it gets no more mail than by a mailbox.
/// Whose address it is may have as many receipts as requests.
#[tokio::test(flavor = "multi_thread")]
async fn a_form_mails_no_more_receipts_than_a_mailbox() -> Result<()> {
    let house = House::open().await?;
    let form = |email: &str| Form {
        name: "Kari Nordmann".into(),
        email: email.into(),
        category: house.support.0.clone(),
        title: "Skriver virker ikke".into(),
        text: "Den står.".into(),
        ..Form::default()
    };
    let mails = |to: &str| house.sent().iter().filter(|mail| mail.to.iter().any(|party| party.address == to)).count();
    let kept_back = async || {
        let log = house.latest().await?.log;
        let entry = log.into_iter().find(|entry| entry.kind == EventKind::AcknowledgementWithheld);
        anyhow::Ok(entry.and_then(|entry| entry.new).unwrap_or_default())
    };
    for _ in 0..8 {
        house.desk.open_by_form(&Actor::Anonymous, form("per@elsewhere.example")).await?;
    }
    house.rest().await?;
    ensure!(mails("per@elsewhere.example") == 5 && kept_back().await? == "too-many");
    house.desk.open_by_form(&Actor::Anonymous, form(MAILBOX)).await?;
    house.rest().await?;
    ensure!(mails(MAILBOX) == 0 && kept_back().await? == "own-address");
    let kari = Actor::Customer { id: house.kari.clone(), name: "Kari Nordmann".into() };
    for _ in 0..8 {
        house.desk.open_by_form(&kari, form("kari@fjord.no")).await?;
    }
    house.desk.open_by_form(&kari, form("per@elsewhere.example")).await?;
    house.rest().await?;
    ensure!(mails("kari@fjord.no") == 8, "{}", mails("kari@fjord.no"));
    ensure!(mails("per@elsewhere.example") == 5, "somebody else's address, whoever is signed in");
    // What follows on a private link is no proof either: it may have been handed on.
    let done = house.desk.choices(&house.eva).await?.statuses;
    let mut done = done.into_iter().find(|status| status.en == "Closed").context("no such status")?;
    (done.id, done.default, done.new_on_reply) = (StatusId::new(), false, true);
    (done.nb, done.en) = ("Ferdig".into(), "Done".into());
    let done = house.desk.save_status(&house.eva, done).await?;
    let old = house.desk.open_by_form(&Actor::Anonymous, form("ola@elsewhere.example")).await?;
    house.desk.set_status(&house.ane, &old.id, &done).await?;
    let ola = crate::duplicate::follow(&house, &house.ticket(old.number).await?).await?;
    for n in 0..8 {
        house.desk.answer(&ola, &old.id, "En ting til.", vec![], &n.to_string()).await?;
    }
    house.rest().await?;
    ensure!(mails("ola@elsewhere.example") == 5, "{}", mails("ola@elsewhere.example"));

    let spam = house.desk.open_by_form(&Actor::Anonymous, form("casino@spam.example")).await?;
    house.rest().await?;
    house.desk.mark_spam(&house.eva, std::slice::from_ref(&spam.id)).await?;
    let again = house.desk.open_by_form(&Actor::Anonymous, form("casino@spam.example")).await?;
    house.rest().await?;
    ensure!(mails("casino@spam.example") == 1);
    let binned = house.desk.bin(&house.eva, None).await?.rows;
    ensure!(binned.iter().any(|row| row.number == again.number && row.spam), "{binned:?}");
    crate::tally::check(&house).await
}
