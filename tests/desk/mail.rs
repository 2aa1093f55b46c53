//! What mail may do, and whose it is. Section 12.

use crate::house::{House, MAILBOX, draft};
use anyhow::{Context, Result, ensure};
use desk::{
    Error, Why,
    model::{
        Access, AccountId, Delivery, DeliveryState, EventKind, MessageId, MessageKind, ReadState, Recipients, Setback,
        State, Ticket, Upload,
    },
    outside::{Inbound, Late, Party, Unreadable},
    settings::NewMailbox,
};

fn party(address: &str) -> Party {
    Party { address: address.to_owned(), name: String::new() }
}

/// A mail to us that belongs to nothing yet.
fn mail(from: &str, subject: &str, text: &str) -> Inbound {
    Inbound {
        external_id: format!("{}@somewhere.example", MessageId::new()),
        from: party(from),
        to: vec![party(MAILBOX)],
        subject: Some(subject.to_owned()),
        text: text.to_owned(),
        ..Inbound::default()
    }
}

/// What a form on the web makes of what somebody filled in.
fn filled_in(from: &str, by: &str, text: &str) -> Inbound {
    Inbound { reply_to: Some(party(by)), ..mail(from, "Kontaktskjema", text) }
}

async fn taken(house: &House, inbound: Inbound) -> Result<Ticket> {
    house.receive(inbound).await?;
    house.rest().await?;
    house.latest().await
}

/// The delivery of the last reply.
async fn delivery(house: &House, number: i64) -> Result<Delivery> {
    let ticket = house.ticket(number).await?;
    let reply = ticket.messages.into_iter().rev().find(|message| message.kind == MessageKind::Reply);
    reply.context("no reply")?.delivery.context("no delivery")
}

async fn second_mailbox(house: &House) -> Result<AccountId> {
    let second = NewMailbox {
        address: "faktura@company.com".to_owned(),
        name: "Faktura".to_owned(),
        category: house.support.clone(),
        imap: None,
        silent: false,
    };
    Ok(house.desk.add_mailbox(&house.eva, second).await?)
}

/// THR-4: every customer's mail names our mailbox, and whoever writes as it is part of none of them.
#[tokio::test(flavor = "multi_thread")]
async fn to_write_as_our_own_mailbox_lets_nobody_in() -> Result<()> {
    let house = House::open().await?;
    let ticket = house.request("Skriver virker ikke").await?;
    let tagged = format!("Haster [Sak #{}]", ticket.number);
    for from in [MAILBOX, "Support+salg@company.com"] {
        let aside = taken(&house, mail(from, &tagged, "Slipp meg inn.")).await?;
        ensure!(aside.number != ticket.number, "{from}");
    }
    ensure!(house.ticket(ticket.number).await?.messages.len() == ticket.messages.len());
    let hers = taken(&house, mail("kari@fjord.no", &tagged, "Dette er meg.")).await?;
    ensure!(house.ticket(ticket.number).await?.messages.len() == ticket.messages.len() + 1, "{}", hers.number);
    Ok(())
}

/// A form on the web writes from an address of its own, or of ours: who filled it in is who asks.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_filled_in_a_form_on_the_web_is_who_asks() -> Result<()> {
    let house = House::open().await?;
    for from in ["no-reply@webhost.example", MAILBOX, "support+nettside@company.com"] {
        let hers = taken(&house, filled_in(from, "kari@fjord.no", "Hjelp!")).await?;
        ensure!(hers.contacts.iter().map(|person| &person.id).eq([&house.kari]), "{from}: {:?}", hers.contacts);
        let (usual, _) = house.desk.usual_recipients(&house.ane, &hers.id).await?;
        ensure!(usual.to == ["kari@fjord.no"] && usual.cc.is_empty(), "{from}: {usual:?}");
        let his = taken(&house, filled_in(from, "ola@nord.example", "Hjelp!")).await?;
        ensure!(
            his.contacts.len() == 1 && his.contacts[0].emails == ["ola@nord.example"],
            "{from}: {:?}",
            his.contacts
        );
        // Nobody is known by such a form: a number and a name that anybody may type let nobody in.
        let tagged = Inbound {
            subject: Some(format!("Svar [Sak #{}]", hers.number)),
            ..filled_in(from, "kari@fjord.no", "Slipp meg inn.")
        };
        ensure!(taken(&house, tagged).await?.number != hers.number, "THR-4: {from}");
    }
    // Elsewhere the author asks, wherever they want to be answered.
    let hers = taken(&house, filled_in("kari@fjord.no", "postmottak@fjord.no", "Svar oss samlet.")).await?;
    ensure!(hers.contacts.iter().map(|person| &person.id).eq([&house.kari]), "{:?}", hers.contacts);
    let (usual, others) = house.desk.usual_recipients(&house.ane, &hers.id).await?;
    ensure!(usual.to == ["postmottak@fjord.no"] && others.is_empty(), "{usual:?} {others:?}");
    let before = house.sent().len();
    house.desk.reply(&house.ane, &hers.id, draft("Gjerne.", Access::External)).await?;
    house.rest().await?;
    let sent = house.sent().split_off(before);
    ensure!(sent.len() == 1 && sent[0].to[0].address == "postmottak@fjord.no", "{sent:?}");
    // Her own link to the request is for her alone.
    ensure!(!sent[0].html.as_deref().unwrap_or_default().contains("/r/"), "{sent:?}");
    // What would come back to us, or be read by nobody, is no answer.
    for nowhere in [MAILBOX, "support+x@company.com", "noreply@fjord.no"] {
        let hers = taken(&house, filled_in("kari@fjord.no", nowhere, "Hei.")).await?;
        let (usual, _) = house.desk.usual_recipients(&house.ane, &hers.id).await?;
        ensure!(usual.to == ["kari@fjord.no"], "{nowhere}: {usual:?}");
    }
    Ok(())
}

/// SPM-1: what was sent from an address of ours, by whoever it was, says nothing of the next who does.
#[tokio::test(flavor = "multi_thread")]
async fn our_own_address_is_never_remembered_for_spam() -> Result<()> {
    let house = House::open().await?;
    for from in [MAILBOX, "support+nettside@company.com"] {
        let spam = taken(&house, mail(from, "You have won", "Click here")).await?;
        house.desk.mark_spam(&house.eva, std::slice::from_ref(&spam.id)).await?;
        let next = taken(&house, mail(from, "Kopimaskin", "Papiret er slutt.")).await?;
        ensure!(next.title == "Kopimaskin" && next.state == State::Open, "{from}: {next:?}");
    }
    let spam = taken(&house, filled_in(MAILBOX, "casino@spam.example", "Click here")).await?;
    house.desk.mark_spam(&house.eva, std::slice::from_ref(&spam.id)).await?;
    let hers = taken(&house, filled_in(MAILBOX, "kari@fjord.no", "Hjelp!")).await?;
    ensure!(hers.number > spam.number && hers.state == State::Open, "{hers:?}");
    Ok(())
}

/// CRE-3 is for whoever leaves the line empty: a mail that nobody can be answered at is not answered without a word.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_reaches_nobody_is_refused() -> Result<()> {
    let house = House::open().await?;
    let ticket = taken(&house, mail(MAILBOX, "Kontaktskjema", "Ring meg.")).await?;
    let answer = draft("Hei!", Access::External);
    let refused = house.desk.reply(&house.ane, &ticket.id, answer.clone()).await;
    ensure!(refused == Err(Error::invalid("to", Why::Missing)), "{refused:?}");
    ensure!(house.ticket(ticket.number).await?.messages.len() == ticket.messages.len());
    let nobody = desk::model::Draft { recipients: Some(Recipients::default()), ..answer.clone() };
    house.desk.reply(&house.ane, &ticket.id, nobody).await?;
    let to = Recipients { to: vec!["kari@fjord.no".to_owned()], ..Recipients::default() };
    house.desk.reply(&house.ane, &ticket.id, desk::model::Draft { recipients: Some(to), ..answer }).await?;
    house.rest().await?;
    ensure!(house.handed().contains(&"kari@fjord.no".to_owned()));
    Ok(())
}

/// AUT-5: that a mail went by a list is a reason not to answer it by a machine, and no sign that nobody wrote it.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_by_a_list_is_somebody_s() -> Result<()> {
    let house = House::open().await?;
    let mut answered = None;
    for (why, somebody) in [
        ("list", true),
        ("bulk", true),
        ("no-reply-wanted", true),
        ("auto-submitted", false),
        ("out-of-office", false),
        ("null-return-path", false),
    ] {
        let ticket = house.request(&format!("Skriver, {why}")).await?;
        house.desk.take(&house.ane, &ticket.id, None).await?;
        house.desk.reply(&house.ane, &ticket.id, draft("Start den på nytt.", Access::External)).await?;
        house.desk.close_ticket(&house.ane, &ticket.id).await?;
        house.desk.mark_read(&house.ane, &ticket.id).await?;
        house.rest().await?;
        let asked = house.sent().pop().context("no mail")?;
        let answer = Inbound {
            in_reply_to: vec![asked.message_id],
            automatic: Some(why.to_owned()),
            ..mail("kari@fjord.no", "SV: Skriver", "Nei, den står.")
        };
        house.receive(answer).await?;
        house.rest().await?;
        let now = house.ticket(ticket.number).await?;
        ensure!(now.messages.iter().any(|message| message.text == "Nei, den står."), "{why}");
        ensure!((now.state == State::Open) == somebody && (now.read == ReadState::News) == somebody, "{why}: {now:?}");
        answered = Some(now);
    }
    // A new request by a list gets no receipt, as before.
    let before = house.sent().len();
    let new = Inbound { automatic: Some("list".to_owned()), ..mail("kari@fjord.no", "Nytt", "Hei") };
    ensure!(
        taken(&house, new).await?.number > answered.context("none")?.number && house.sent().len() == before,
        "AUT-2"
    );
    Ok(())
}

/// One answer to two of our mailboxes is one answer; a mail that asks both is for both.
#[tokio::test(flavor = "multi_thread")]
async fn one_answer_to_two_of_our_mailboxes_is_one() -> Result<()> {
    let house = House::open().await?;
    let (first, second) = (house.mailbox().await?.id, second_mailbox(&house).await?);
    let ticket = house.request("Skriver virker ikke").await?;
    house.desk.reply(&house.ane, &ticket.id, draft("Start den på nytt.", Access::External)).await?;
    house.rest().await?;
    let asked = house.sent().pop().context("no mail")?;
    let answer =
        Inbound { in_reply_to: vec![asked.message_id], ..mail("kari@fjord.no", "SV: Skriver", "Nei, den står.") };
    let before = house.ticket(ticket.number).await?.messages.len();
    for account in [&first, &second, &first] {
        house.receive_by(account, answer.clone()).await?;
    }
    house.rest().await?;
    let now = house.ticket(ticket.number).await?;
    ensure!(now.messages.len() == before + 1, "{:?}", now.messages);
    let heard = now.log.iter().filter(|entry| entry.kind == EventKind::EnquiryReceived).count();
    ensure!(heard == 1, "told of once: {:?}", now.log);
    // Something else by the other mailbox is heard.
    let more = Inbound { text: "Nå brenner den.".to_owned(), external_id: "more@fjord.no".to_owned(), ..answer };
    house.receive_by(&second, more).await?;
    house.rest().await?;
    ensure!(house.ticket(ticket.number).await?.messages.len() == before + 2);
    // So it is with helpers.
    let question = desk::model::Question {
        to: vec!["hjelp@partner.example".into()],
        text: "Har dere sett denne?".into(),
        ..desk::model::Question::default()
    };
    house.desk.ask_helper(&house.ane, &ticket.id, question).await?;
    house.rest().await?;
    let asked = house.sent().pop().context("no mail")?;
    let helped = Inbound { in_reply_to: vec![asked.message_id], ..mail("hjelp@partner.example", "SV", "Ja.") };
    for account in [&first, &second] {
        house.receive_by(account, helped.clone()).await?;
    }
    house.rest().await?;
    let now = house.ticket(ticket.number).await?;
    ensure!(now.messages.iter().filter(|message| message.kind == MessageKind::Helper).count() == 1);
    Ok(())
}

/// A notice that comes home by an alias of ours is no request: it would be told of, and come home again.
#[tokio::test(flavor = "multi_thread")]
async fn a_notice_that_comes_home_is_no_request() -> Result<()> {
    let house = House::open().await?;
    let mut support = house.desk.category_settings(&house.eva, &house.support).await?;
    support.notify_addresses = vec!["alle@company.com".into(), "support+vakt@company.com".into()];
    house.desk.save_category(&house.eva, &house.support, support).await?;
    let ticket = house.request("Skriver virker ikke").await?;
    house.pass(6).await?;
    house.rest().await?;
    ensure!(!house.handed().iter().any(|to| to.starts_with("support+")), "{:?}", house.handed());
    let sent = house.sent().into_iter().filter(|mail| mail.to[0].address == "alle@company.com").collect::<Vec<_>>();
    ensure!(sent.len() == 1, "{sent:?}");
    let home = Inbound {
        external_id: sent[0].message_id.clone(),
        automatic: Some("auto-submitted".to_owned()),
        ..mail(MAILBOX, &sent[0].subject, &sent[0].text)
    };
    let number = taken(&house, home.clone()).await?.number;
    ensure!(number == ticket.number, "it became {number}");
    // A name that only looks like one is a mail like any other.
    let (local, domain) = home.external_id.split_once('@').context("no name")?;
    let other = if local.ends_with('x') { "y" } else { "x" };
    let forged = Inbound { external_id: format!("{}{other}@{domain}", &local[..local.len() - 1]), ..home };
    ensure!(taken(&house, forged).await?.number > ticket.number);
    Ok(())
}

/// Only what left from here comes back.
#[tokio::test(flavor = "multi_thread")]
async fn a_report_fails_only_what_we_sent() -> Result<()> {
    let house = House::open().await?;
    let name = house.mail("kari@fjord.no", "Skriver virker ikke", "Den står stille.").await?;
    house.rest().await?;
    let ticket = house.latest().await?;
    let report = Inbound {
        automatic: Some("auto-submitted".to_owned()),
        bounce_of: Some(name),
        ..mail("mailer-daemon@evil.example", "Undelivered", "user unknown")
    };
    let aside = taken(&house, report).await?;
    ensure!(aside.number > ticket.number, "her own mail did not come back");
    ensure!(!house.log(ticket.number).await?.contains(&EventKind::Bounced));
    Ok(())
}

/// A mail of ours that is late is on its way: that is noted at it, and nobody has to do anything.
#[tokio::test(flavor = "multi_thread")]
async fn a_report_of_delay_opens_nothing() -> Result<()> {
    let house = House::open().await?;
    let ticket = house.request("Skriver virker ikke").await?;
    house.desk.reply(&house.ane, &ticket.id, draft("Start den på nytt.", Access::External)).await?;
    house.rest().await?;
    let ours = house.sent().pop().context("no mail")?;
    let report = |name: &str| Inbound {
        automatic: Some("auto-submitted".to_owned()),
        late: Some(Late { names: vec![name.to_owned()], recipients: vec!["kari@fjord.no".to_owned()] }),
        ..mail("mailer-daemon@fjord.no", "Delayed Mail (still being retried)", "Not yet.")
    };
    let before = house.ticket(ticket.number).await?;
    let now = taken(&house, report(&ours.message_id)).await?;
    ensure!(now.number == ticket.number && now.messages.len() == before.messages.len(), "{now:?}");
    ensure!(now.log.len() == before.log.len() && now.read == before.read);
    let late = delivery(&house, ticket.number).await?;
    ensure!(late.state == DeliveryState::Sent && late.error.is_some_and(|why| why.contains("still being retried")));
    // Of somebody else's mail it is a mail like any other.
    ensure!(taken(&house, report("other@fjord.no")).await?.number > ticket.number);
    Ok(())
}

/// The same bytes are the same mail, whatever the plugin of today makes of them.
#[tokio::test(flavor = "multi_thread")]
async fn the_same_bytes_are_taken_once_however_they_are_read() -> Result<()> {
    let house = House::open().await?;
    let account = house.mailbox().await?.id;
    let bytes = b"From: kari@fjord.no\r\n\r\nHei".to_vec();
    house.receive_bytes(&account, mail("kari@fjord.no", "Skriver", "Hei"), bytes.clone()).await?;
    house.rest().await?;
    let ticket = house.latest().await?;
    house.receive_bytes(&account, mail("kari@fjord.no", "Skriver", "Hei, lest på nytt"), bytes.clone()).await?;
    house.rest().await?;
    ensure!(
        house.latest().await?.number == ticket.number && house.latest().await?.messages.len() == ticket.messages.len()
    );
    // Another mailbox has it for the first time.
    let second = second_mailbox(&house).await?;
    house.receive_bytes(&second, mail("kari@fjord.no", "Skriver", "Hei"), bytes).await?;
    house.rest().await?;
    ensure!(house.latest().await?.number > ticket.number);
    Ok(())
}

/// A reply whose mail can't be written says so, at once where another try would come to the same, and after the last one else.
#[tokio::test(flavor = "multi_thread")]
async fn a_reply_that_can_t_be_mailed_does_not_wait_for_ever() -> Result<()> {
    let house = House::open().await?;
    let ticket = house.request("Skriver virker ikke").await?;
    let cannot = |why: Option<&str>| *house.world.unwritable.lock().unwrap() = why.map(Unreadable::new);
    cannot(Some(&Setback::FilesTooLarge.about("48 MB")));
    house.desk.reply(&house.ane, &ticket.id, draft("Start den på nytt.", Access::External)).await?;
    house.rest().await?;
    let failed = delivery(&house, ticket.number).await?;
    ensure!(failed.state == DeliveryState::Failed && failed.error.is_some(), "{failed:?}");
    ensure!(house.log(ticket.number).await?.last() == Some(&EventKind::DeliveryFailed));

    cannot(Some("the plugin failed"));
    house.desk.reply(&house.ane, &ticket.id, draft("En gang til.", Access::External)).await?;
    let state = async |wanted: DeliveryState, why: &str| {
        for _ in 0..500 {
            let now = delivery(&house, ticket.number).await?;
            if now.state == wanted && now.error.as_deref() == Some(why) {
                return anyhow::Ok(());
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        anyhow::bail!("{:?}", delivery(&house, ticket.number).await?)
    };
    state(DeliveryState::Queued, "the plugin failed").await?;
    let mut write = house.desk.db().write().await?;
    let last = "update job set attempts = 15, run_at = 0 where kind = 'deliver'";
    sqlx::query(last).execute(write.sql()).await?;
    write.commit().await?;
    state(DeliveryState::Failed, "the plugin failed").await?;
    house.rest().await?;
    let failed = house.log(ticket.number).await?.into_iter().filter(|kind| *kind == EventKind::DeliveryFailed).count();
    ensure!(failed == 2, "each is told of once");
    // A person tries again.
    cannot(None);
    house.desk.retry_delivery(&house.ane, &delivery(&house, ticket.number).await?.id).await?;
    house.rest().await?;
    ensure!(delivery(&house, ticket.number).await?.state == DeliveryState::Sent);
    Ok(())
}

/// What no mail can carry is refused while it is written.
#[tokio::test(flavor = "multi_thread")]
async fn files_that_no_mail_can_carry_are_refused_at_once() -> Result<()> {
    let house = House::open().await?;
    let ticket = house.request("Skriver virker ikke").await?;
    let mut files: Vec<Upload> = vec![];
    for name in ["a.pdf", "b.pdf", "c.pdf"] {
        files.push(house.desk.store_upload(name, "application/pdf", vec![b'a'; 17 << 20]).await?);
    }
    let too_large = Error::invalid("files", Why::TooLarge { megabytes: 48 });
    let answer = desk::model::Draft { files: files.clone(), ..draft("Se vedlegg.", Access::External) };
    let refused = house.desk.reply(&house.ane, &ticket.id, answer.clone()).await;
    ensure!(refused == Err(too_large.clone()), "{refused:?}");
    ensure!(house.ticket(ticket.number).await?.messages.len() == ticket.messages.len());
    let question = desk::model::Question {
        to: vec!["hjelp@partner.example".into()],
        text: "Har dere sett denne?".into(),
        files: files.clone(),
        ..desk::model::Question::default()
    };
    let refused = house.desk.ask_helper(&house.ane, &ticket.id, question).await;
    ensure!(refused == Err(too_large), "{refused:?}");
    // Two of them leave, and colleagues may have all three.
    let two = desk::model::Draft { files: files[..2].to_vec(), ..answer };
    house.desk.reply(&house.ane, &ticket.id, two).await?;
    let note = desk::model::Draft { files, ..draft("Alle tre.", Access::Internal) };
    house.desk.comment(&house.ane, &ticket.id, note).await?;
    house.rest().await?;
    ensure!(delivery(&house, ticket.number).await?.state == DeliveryState::Sent);
    Ok(())
}

/// A domain with letters beyond ASCII is kept as mail takes it along: whoever writes from there is whom somebody typed.
#[tokio::test(flavor = "multi_thread")]
async fn a_domain_is_kept_as_it_travels() -> Result<()> {
    let house = House::open().await?;
    let ola = desk::person::NewContact {
        name: "Ola Hansen".into(),
        emails: vec!["Ola@Blåbær.no".into()],
        ..desk::person::NewContact::default()
    };
    let ola = house.desk.add_contact(&house.eva, ola).await?;
    let ticket = taken(&house, mail("ola@xn--blbr-roah.no", "Bær", "Har dere?")).await?;
    ensure!(ticket.contacts.iter().map(|person| &person.id).eq([&ola]), "{:?}", ticket.contacts);
    for typed in ["ola@blåbær.no", "ola@xn--blbr-roah.no"] {
        ensure!(house.desk.search(&house.ane, typed).await?.total == 1, "{typed}");
        let callers = house.desk.find_callers(&house.ane, typed).await?;
        ensure!(callers.iter().map(|caller| &caller.person.id).eq([&ola]), "{typed}");
    }
    house.desk.reply(&house.ane, &ticket.id, draft("Ja.", Access::External)).await?;
    house.rest().await?;
    ensure!(house.handed().contains(&"ola@xn--blbr-roah.no".to_owned()), "{:?}", house.handed());
    // What was kept otherwise before is put right by the next start.
    let mut write = house.desk.db().write().await?;
    sqlx::query("update person_email set address = 'ola@blåbær.no' where person_id = $1")
        .bind(ola.clone())
        .execute(write.sql())
        .await?;
    sqlx::query("delete from setting where name = 'domains-in-ascii'").execute(write.sql()).await?;
    write.commit().await?;
    let house = house.restart().await?;
    let ticket = taken(&house, mail("ola@xn--blbr-roah.no", "Bær", "Flere?")).await?;
    ensure!(ticket.contacts.iter().map(|person| &person.id).eq([&ola]), "{:?}", ticket.contacts);
    Ok(())
}
