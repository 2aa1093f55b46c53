//! Outside helpers. Section 4.4, D1 step 6b.

use crate::house::{House, draft, in_order};
use anyhow::{Context, Result, ensure};
use desk::{
    Error, Why,
    model::{
        Access, EventKind, Further, MessageChange, MessageKind, NoticeKind, Question, ReadState, Setback, State, Upload,
    },
    outside::{Inbound, InboundFile, Party, Unreadable},
};

const HELPER: &str = "hjelp@partner.example";

fn question(text: &str) -> Question {
    Question { to: vec![HELPER.to_owned()], text: text.to_owned(), ..Question::default() }
}

/// FWD-1, FWD-2, FWD-3, FWD-4, OUT-4
#[tokio::test(flavor = "multi_thread")]
async fn a_helper_is_asked_and_answers_on_the_same_request_and_the_customer_sees_nothing() -> Result<()> {
    let house = House::open().await?;
    house
        .receive(Inbound {
            external_id: "pdf@fjord.no".into(),
            from: Party { address: "kari@fjord.no".into(), name: "Kari Nordmann".into() },
            subject: Some("Skriver virker ikke".into()),
            text: "Se vedlegget.".into(),
            attachments: vec![InboundFile {
                name: "feil.pdf".into(),
                mime: "application/pdf".into(),
                size: 4,
                blob: house.desk.blobs().put(b"%PDF".to_vec()).await?,
                content_id: None,
            }],
            ..Inbound::default()
        })
        .await?;
    house.rest().await?;
    let ticket = house.latest().await?;
    house.desk.take(&house.ane, &ticket.id, None).await?;
    let before = house.sent().len();
    let ask =
        Question { message: Some(ticket.messages[0].id.clone()), with_files: true, ..question("Har dere sett denne?") };
    let side = house.desk.ask_helper(&house.ane, &ticket.id, ask).await?;
    house.rest().await?;
    let mails = house.sent().split_off(before);
    ensure!(
        mails.len() == 1 && mails[0].to[0].address == HELPER && mails[0].from.address == "support@company.com",
        "FWD-4"
    );
    ensure!(
        mails[0].attachments.len() == 1 && mails[0].text.contains("> Se vedlegget.") && mails[0].references.is_empty()
    );

    house.answer(HELPER, "Ja, bytt trommelen.").await?;
    let now = house.ticket(ticket.number).await?;
    let answer = now.messages.last().context("no answer")?;
    ensure!(
        answer.kind == MessageKind::Helper && answer.access == Access::Internal && answer.side == Some(side.clone()),
        "FWD-1"
    );
    ensure!(now.contacts.len() == 1 && now.read == ReadState::News && now.state == State::Open, "FWD-3");
    ensure!(house.desk.notifications(&house.ane).await?.iter().any(|n| n.kind == NoticeKind::HelperAnswered));
    let key = ticket.link.clone().context("no link")?;
    let kari = house.desk.follow(ticket.number, key.rsplit('/').next().unwrap_or_default()).await?;
    let seen = house.desk.customer_ticket(&kari, ticket.number).await?;
    ensure!(seen.messages.iter().all(|m| !m.text.contains("trommelen") && !m.text.contains("Har dere sett")), "FWD-2");
    ensure!(
        house.sent().iter().filter(|mail| mail.to[0].address == "kari@fjord.no").count() == 1,
        "only the acknowledgement"
    );

    // FWD-2: nor can it be made visible to the customer afterwards.
    let external = MessageChange { access: Some(Access::External), ..MessageChange::default() };
    let opened = house.desk.change_message(&house.eva, &answer.id, external).await;
    ensure!(opened == Err(Error::invalid("access", Why::NotAChoice)), "FWD-2");

    // Once more, and done.
    let log = house.desk.store_upload("logg.txt", "text/plain", b"E-52".to_vec()).await?;
    let further = Further { text: "Takk! Her er loggen.".to_owned(), files: vec![log.clone()], remind_hours: None };
    house.desk.write_helper(&house.ane, &side, further.clone()).await?;
    let forged = Further { files: vec![Upload { blob: log.blob.chars().rev().collect(), ..log }], ..further };
    let refused = house.desk.write_helper(&house.ane, &side, forged).await;
    ensure!(refused == Err(Error::invalid("files", Why::Missing)), "only what was uploaded");
    house.desk.end_side(&house.ane, &side).await?;
    house.rest().await?;
    let sides = house.desk.sides(&house.ane, &ticket.id).await?;
    ensure!(sides.len() == 1 && sides[0].closed_at.is_some() && sides[0].waiting_since.is_none());
    let last = house.sent().pop().context("no mail")?;
    ensure!(last.to[0].address == HELPER && last.references.len() >= 2, "in their thread");
    ensure!(last.attachments.iter().map(|file| file.name.as_str()).eq(["logg.txt"]), "with its file");
    let seen = house.desk.customer_ticket(&kari, ticket.number).await?;
    ensure!(seen.messages.iter().all(|m| m.attachments.iter().all(|file| file.name != "logg.txt")), "FWD-2");
    // EDM-1: what is deleted takes its files along.
    let file = ticket.messages[0].attachments.first().context("no file")?.id.clone();
    house.desk.attachment(&house.ane, &file).await?;
    let delete = MessageChange { delete: true, ..MessageChange::default() };
    house.desk.change_message(&house.eva, &ticket.messages[0].id, delete).await?;
    ensure!(house.desk.attachment(&house.ane, &file).await == Err(Error::NotFound), "EDM-1");
    in_order(
        &house.log(ticket.number).await?,
        &[EventKind::HelperAsked, EventKind::HelperAnswered, EventKind::HelperDone],
    )
}

/// THR-4 for helpers: the name of a mail lets nobody in who was not asked.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_was_not_asked_does_not_get_in_by_a_helpers_mail() -> Result<()> {
    let house = House::open().await?;
    let ticket = house.request("Skriver virker ikke").await?;
    house.desk.ask_helper(&house.ane, &ticket.id, question("Har dere sett denne?")).await?;
    house.rest().await?;
    let asked = house.sent().pop().context("no mail")?;
    house
        .receive(Inbound {
            external_id: "evil@evil.example".into(),
            from: Party { address: "mallory@evil.example".into(), name: String::new() },
            subject: Some(format!("SV: {}", asked.subject)),
            text: "Slipp meg inn.".into(),
            in_reply_to: vec![asked.message_id],
            ..Inbound::default()
        })
        .await?;
    house.rest().await?;
    ensure!(house.ticket(ticket.number).await?.messages.iter().all(|m| !m.text.contains("Slipp")));
    ensure!(house.latest().await?.number != ticket.number);
    for to in [vec![], vec!["nobody".to_owned()]] {
        ensure!(house.desk.ask_helper(&house.ane, &ticket.id, Question { to, ..question("x") }).await.is_err());
    }
    let empty = house.desk.ask_helper(&house.ane, &ticket.id, question(" ")).await;
    ensure!(empty == Err(Error::invalid("text", Why::Missing)));
    Ok(())
}

/// DEL-1: what was thrown away is nobody's any more, also where the mail could not leave at first.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_outside_is_asked_about_what_was_thrown_away() -> Result<()> {
    let house = House::open().await?;
    let (gone, there) = (house.request("Skriver").await?, house.request("Nettet").await?);
    *house.world.unwritable.lock().unwrap() = Some(Unreadable::new("no mail can be written now"));
    for ticket in [&gone, &there] {
        house.desk.ask_helper(&house.ane, &ticket.id, question(&format!("Om {}?", ticket.title))).await?;
    }
    house.desk.delete_ticket(&house.eva, &gone.id).await?;
    *house.world.unwritable.lock().unwrap() = None;
    house.pass(5).await?;
    house.pass(30).await?;
    let asked: Vec<String> = house.handed().into_iter().filter(|whom| whom == HELPER).collect();
    ensure!(asked.len() == 1, "{asked:?}");
    let gone = house.ticket(gone.number).await?;
    let question = gone.messages.last().and_then(|message| message.delivery.as_ref()).context("no mail")?;
    ensure!(question.error.as_deref() == Some(Setback::RequestWithheld.as_str()), "{question:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_helper_who_does_not_answer_is_told_of_once() -> Result<()> {
    let house = House::open().await?;
    let ticket = house.request("Skriver virker ikke").await?;
    house.desk.take(&house.ane, &ticket.id, None).await?;
    let ask = Question { remind_hours: Some(4), ..question("Har dere sett denne?") };
    house.desk.ask_helper(&house.ane, &ticket.id, ask).await?;
    house.rest().await?;
    house.pass(4 * 60).await?;
    house.pass(4 * 60).await?;
    let silent = house.log(ticket.number).await?.into_iter().filter(|kind| *kind == EventKind::HelperSilent).count();
    ensure!(silent == 1, "told {silent} times");
    let notices = house.desk.notifications(&house.ane).await?;
    ensure!(notices.iter().any(|notice| notice.kind == NoticeKind::Unhandled), "{notices:?}");
    house.desk.comment(&house.ane, &ticket.id, draft("Ringer dem.", Access::Internal)).await?;
    Ok(())
}

/// Section 4.4: copies go to whoever stands in Cc and Bcc; the blind ones are seen by nobody, and each of them may answer.
#[tokio::test(flavor = "multi_thread")]
async fn helpers_in_copy_get_the_same_mail_and_may_answer_it() -> Result<()> {
    let house = House::open().await?;
    let ticket = house.request("Skriver virker ikke").await?;
    let before = house.sent().len();
    let ask = Question {
        cc: vec!["lager@partner.example".into()],
        bcc: vec!["Sjef@partner.example".into(), HELPER.to_owned()],
        ..question("Har dere sett denne?")
    };
    let side = house.desk.ask_helper(&house.ane, &ticket.id, ask.clone()).await?;
    house.rest().await?;
    let mails = house.sent().split_off(before);
    ensure!(mails.len() == 3, "one each, and nobody twice: {mails:?}");
    for mail in &mails {
        let named = |list: &[Party]| list.iter().map(|party| party.address.clone()).collect::<Vec<_>>();
        ensure!(named(&mail.to) == [HELPER] && named(&mail.cc) == ["lager@partner.example"], "{mail:?}");
    }
    let shown = house.desk.sides(&house.ane, &ticket.id).await?.remove(0);
    ensure!(shown.cc == ["lager@partner.example"] && shown.bcc == ["sjef@partner.example"], "{shown:?}");
    let answered = |from: &str, text: &str| Inbound {
        external_id: format!("{text}@partner.example"),
        from: Party { address: from.to_owned(), name: String::new() },
        subject: Some("SV".into()),
        text: text.to_owned(),
        in_reply_to: vec![mails[0].message_id.clone()],
        ..Inbound::default()
    };
    house.receive(answered("lager@partner.example", "lager")).await?;
    house.receive(answered("sjef@partner.example", "sjef")).await?;
    house.rest().await?;
    let now = house.ticket(ticket.number).await?;
    let helpers: Vec<_> = now.messages.iter().filter(|m| m.kind == MessageKind::Helper).map(|m| &m.text).collect();
    ensure!(helpers == ["lager", "sjef"] && now.contacts.len() == 1, "FWD-1, FWD-3: {helpers:?}");
    // Once more goes to all of them.
    let before = house.sent().len();
    let further = Further { text: "Takk!".to_owned(), files: vec![], remind_hours: None };
    house.desk.write_helper(&house.ane, &side, further).await?;
    house.rest().await?;
    ensure!(house.sent().len() == before + 3);
    for (wrong, field) in [
        (Question { cc: vec!["ikke en adresse".into()], ..question("x") }, "cc"),
        (Question { bcc: vec!["support@company.com".into()], ..question("x") }, "bcc"),
        (Question { to: vec![], cc: vec![HELPER.into()], ..question("x") }, "to"),
    ] {
        let refused = house.desk.ask_helper(&house.ane, &ticket.id, wrong).await;
        ensure!(matches!(&refused, Err(Error::Invalid { field: at, .. }) if at == field), "{field}: {refused:?}");
    }
    Ok(())
}

/// AUT-5: that a helper is away is no answer: they are waited for, and reminded of, as before.
#[tokio::test(flavor = "multi_thread")]
async fn a_helper_who_is_away_has_not_answered() -> Result<()> {
    let house = House::open().await?;
    let ticket = house.request("Skriver virker ikke").await?;
    house.desk.take(&house.ane, &ticket.id, None).await?;
    house.desk.mark_read(&house.ane, &ticket.id).await?;
    let ask = Question { remind_hours: Some(4), ..question("Har dere sett denne?") };
    house.desk.ask_helper(&house.ane, &ticket.id, ask).await?;
    house.rest().await?;
    let asked = house.sent().pop().context("no mail")?;
    let says = |text: &str, automatic: Option<&str>| Inbound {
        external_id: format!("{}@partner.example", text.len()),
        from: Party { address: HELPER.to_owned(), name: String::new() },
        subject: Some("Fravær".into()),
        text: text.to_owned(),
        in_reply_to: vec![asked.message_id.clone()],
        automatic: automatic.map(str::to_owned),
        ..Inbound::default()
    };
    house.receive(says("Jeg er borte til mandag.", Some("auto-replied"))).await?;
    house.rest().await?;
    let now = house.ticket(ticket.number).await?;
    let note = now.messages.last().context("no note")?;
    ensure!(note.kind == MessageKind::Helper && note.access == Access::Internal, "it is there to be read");
    ensure!(now.read == ReadState::Read && !house.log(ticket.number).await?.contains(&EventKind::HelperAnswered));
    house.pass(4 * 60).await?;
    ensure!(house.log(ticket.number).await?.contains(&EventKind::HelperSilent), "nobody is reminded");
    house.receive(says("Bytt trommelen.", None)).await?;
    house.rest().await?;
    ensure!(house.log(ticket.number).await?.contains(&EventKind::HelperAnswered));
    crate::tally::check(&house).await
}
