//! What a reply begins with, and what can be put into it. Section 4.1.

use crate::house::{House, MAILBOX, draft};
use anyhow::{Context, Result, ensure};
use desk::{
    Error, Why,
    model::{Access, Chosen, Draft, Language, MessageChange, Question, State, Ticket, Until},
    outside::{Inbound, InboundFile, Party},
};
use std::collections::BTreeMap;

fn party(address: &str) -> Party {
    Party { address: address.to_owned(), name: String::new() }
}

/// The HTML of the latest mail.
fn letter(house: &House) -> Result<String> {
    house.sent().pop().and_then(|mail| mail.html).context("no mail")
}

/// Kari sends a document, a program and what she quotes.
async fn with_files(house: &House) -> Result<Ticket> {
    let mut attachments = vec![];
    for (name, bytes) in [("feil.pdf", b"%PDF".to_vec()), ("fix.exe", b"MZ".to_vec())] {
        attachments.push(InboundFile {
            name: name.into(),
            mime: "application/octet-stream".into(),
            size: bytes.len() as u64,
            blob: house.desk.blobs().put(bytes).await?,
            content_id: None,
        });
    }
    let text = "Se vedlegget.\nHaster.\n\n> gammelt";
    house
        .receive(Inbound {
            external_id: "files@fjord.no".into(),
            from: Party { address: "kari@fjord.no".into(), name: "Kari Nordmann".into() },
            to: vec![party(MAILBOX)],
            subject: Some("Skriver virker ikke".into()),
            text: text.into(),
            quote_at: text.find("> gammelt"),
            attachments,
            ..Inbound::default()
        })
        .await?;
    house.rest().await?;
    house.latest().await
}

/// MSG-3
#[tokio::test(flavor = "multi_thread")]
async fn the_last_message_is_quoted_where_its_writer_prefers_so() -> Result<()> {
    let house = House::open().await?;
    let ticket = with_files(&house).await?;
    // Whoever prefers none quotes nothing: neither in the composer nor below the mail.
    let bare = house.desk.begin_reply(&house.bo, &ticket.id, None).await?.draft;
    ensure!(bare.text.is_empty());
    house.desk.reply(&house.bo, &ticket.id, draft("Vi ser på det.", Access::External)).await?;
    house.rest().await?;
    ensure!(!letter(&house)?.contains("blockquote"), "MSG-3: {}", letter(&house)?);

    let quotes = Chosen { quote: Some(true), ..Chosen::default() };
    house.desk.save_preferences(&house.ane, &quotes).await?;
    let begun = house.desk.begin_reply(&house.ane, &ticket.id, None).await?.draft;
    ensure!(begun.text == "\n\nKari Nordmann:\n\n> Se vedlegget.\n> Haster.", "MSG-3: {:?}", begun.text);
    // It stands in the text, where it can be cut; the mail does not quote it once more.
    let text = format!("Start den på nytt.{}", begun.text);
    house.desk.reply(&house.ane, &ticket.id, Draft { text, ..begun }).await?;
    house.rest().await?;
    let mail = house.sent().pop().context("no mail")?;
    ensure!(mail.text.contains("> Haster.") && !letter(&house)?.contains("blockquote"), "{}", letter(&house)?);
    // What did not begin in a composer is quoted below, as they prefer.
    house.desk.reply(&house.ane, &ticket.id, draft("Gikk det bra?", Access::External)).await?;
    house.rest().await?;
    ensure!(letter(&house)?.contains("<blockquote>Se vedlegget."), "{}", letter(&house)?);
    Ok(())
}

/// MSG-5, MSG-7
#[tokio::test(flavor = "multi_thread")]
async fn the_category_s_status_is_offered_with_the_reply_else_the_agent_s() -> Result<()> {
    let house = House::open().await?;
    let ticket = house.request("Skriver virker ikke").await?;
    let begin = async || Ok::<_, Error>(house.desk.begin_reply(&house.ane, &ticket.id, None).await?.draft);
    ensure!(begin().await?.status.is_none(), "MSG-7: nothing by itself");
    let (closed, open) = (house.status("Closed").await?, house.status("Open").await?);
    let prefers = Chosen { message_status: Some(closed.clone()), ..Chosen::default() };
    house.desk.save_preferences(&house.ane, &prefers).await?;
    ensure!(begin().await?.status == Some(closed.clone()), "MSG-5: the agent's");
    let mut support = house.desk.category_settings(&house.eva, &house.support).await?;
    support.message_status = Some(open.clone());
    house.desk.save_category(&house.eva, &house.support, support.clone()).await?;
    ensure!(begin().await?.status == Some(open), "MSG-5: the category's comes first");
    // It is only offered: what is sent with the reply holds, in the same step.
    let said = Draft { text: "Slik.".into(), status: Some(closed), ..begin().await? };
    house.desk.reply(&house.ane, &ticket.id, said).await?;
    ensure!(house.ticket(ticket.number).await?.state == State::Closed);
    let step = house.desk.steps(&house.ane, &ticket.id).await?.remove(0);
    house.desk.undo(&house.ane, step.number).await?;
    ensure!(house.ticket(ticket.number).await?.state == State::Open);
    // Put off together with the reply, with a time; without one it is refused, and nothing is sent.
    let postponed = house.status("Postponed").await?;
    let waits = Draft { status: Some(postponed.clone()), ..draft("Vi venter på deler.", Access::External) };
    let before = house.ticket(ticket.number).await?.messages.len();
    let refused = house.desk.reply(&house.ane, &ticket.id, waits.clone()).await;
    ensure!(refused == Err(Error::invalid("until", Why::Missing)), "{refused:?}");
    ensure!(house.ticket(ticket.number).await?.messages.len() == before);
    house.desk.reply(&house.ane, &ticket.id, Draft { until: Some(Until::Day), ..waits }).await?;
    ensure!(house.ticket(ticket.number).await?.state == State::Postponed);
    // What needs a time is not offered without one.
    support.message_status = Some(postponed);
    house.desk.save_category(&house.eva, &house.support, support).await?;
    ensure!(begin().await?.status.is_none());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn any_message_can_be_answered_and_goes_to_those_who_were_part_of_it() -> Result<()> {
    let house = House::open().await?;
    let ticket = with_files(&house).await?;
    house
        .receive(Inbound {
            external_id: "second@fjord.no".into(),
            from: party("kari@fjord.no"),
            to: vec![party(MAILBOX)],
            cc: vec![party("sjef@fjord.no")],
            subject: Some(format!("SV: Skriver [Sak #{}]", ticket.number)),
            text: "Nå med sjefen.".into(),
            ..Inbound::default()
        })
        .await?;
    let note = house.desk.comment(&house.ane, &ticket.id, draft("Hm.", Access::Internal)).await?;
    house.rest().await?;
    let cc = async |message| {
        let begun = house.desk.begin_reply(&house.ane, &ticket.id, message).await?;
        Ok::<_, Error>(begun.draft.recipients.map(|recipients| recipients.cc).unwrap_or_default())
    };
    ensure!(cc(None).await? == ["sjef@fjord.no"], "the last one");
    ensure!(cc(Some(&ticket.messages[0].id)).await?.is_empty(), "the first one");
    let refused = cc(Some(&note)).await;
    ensure!(refused == Err(Error::invalid("message", Why::NotAChoice)), "nobody outside is answered a comment");
    Ok(())
}

/// MSG-9: what the insert menu offers of templates, earlier messages and files. Articles of a knowledge base are not among it:
/// there are none yet.
#[tokio::test(flavor = "multi_thread")]
async fn templates_earlier_messages_and_files_can_be_put_into_a_message() -> Result<()> {
    let house = House::open().await?;
    let ticket = with_files(&house).await?;
    // A template, looked at before it is taken, in the customer's language or another.
    let cards = house.desk.templates(&house.ane).await?;
    ensure!(cards.len() == 1 && cards[0].title.nb == "Løsning");
    let own = house.desk.fill_template(&house.ane, &ticket.id, &cards[0].name, None, &BTreeMap::new()).await?;
    let other =
        house.desk.fill_template(&house.ane, &ticket.id, &cards[0].name, Some(Language::En), &BTreeMap::new()).await?;
    ensure!((own.language, other.language) == (Language::Nb, Language::En), "MSG-9");
    ensure!(own.html.contains("solution"), "MSG-9: as it will look");
    ensure!(
        own.subject.is_some_and(|subject| subject.contains(&format!("#{}", ticket.number))),
        "MSG-9: of this request"
    );
    // What it asks is answered as it asks it, before its plugin hears of it.
    let asked = async |name: &str, answer: &str| {
        let answers = [(name.to_owned(), answer.to_owned())].into();
        house.desk.fill_template(&house.ane, &ticket.id, "solution", None, &answers).await.map(|filled| filled.text)
    };
    ensure!(asked("days", " 3 ").await?.ends_with("\ndays=3"), "MSG-9: what was answered");
    ensure!(!asked("days", "").await?.contains("days"), "MSG-9: nobody has to");
    for (name, answer) in [("days", "31"), ("days", "soon"), ("weeks", "1")] {
        let refused = asked(name, answer).await;
        ensure!(refused == Err(Error::invalid(&format!("answers.{name}"), Why::NotAChoice)), "{refused:?}");
    }
    // It is text to be changed: what is sent is what was made of it, and the message says which template it began with.
    let text = format!("{}\n\nOg så en ting til.", own.text);
    let sent = Draft { template: Some(cards[0].name.clone()), ..draft(&text, Access::External) };
    let sent = house.desk.reply(&house.ane, &ticket.id, sent).await?;
    house.rest().await?;
    ensure!(
        house.sent().pop().is_some_and(|mail| mail.text.contains("Og så en ting til.")),
        "MSG-9: changed before it left"
    );
    let kept = house.ticket(ticket.number).await?.messages.into_iter().find(|message| message.id == sent);
    ensure!(kept.is_some_and(|message| message.text == text), "MSG-9");
    ensure!(
        house.desk.fill_template(&house.ane, &ticket.id, "nothing", None, &BTreeMap::new()).await
            == Err(Error::NotFound)
    );

    // What was said, and the files; not what colleagues say among themselves.
    house.desk.comment(&house.ane, &ticket.id, draft("Han maser.", Access::Internal)).await?;
    let question =
        Question { to: vec!["hjelp@partner.example".into()], text: "Sett denne?".into(), ..Question::default() };
    house.desk.ask_helper(&house.ane, &ticket.id, question).await?;
    house.rest().await?;
    house.answer("hjelp@partner.example", "Bytt trommelen.").await?;
    let offered = house.desk.insertable(&house.ane, &ticket.id).await?;
    let texts: Vec<_> = offered.messages.iter().map(|m| (m.access, m.text.clone())).collect();
    let kari = "Kari Nordmann:\n\n> Se vedlegget.\n> Haster.";
    let helper = texts.iter().find(|(_, text)| text.contains("> Bytt trommelen.")).context("no helper")?;
    ensure!(helper.0 == Access::Internal, "said to be internal");
    ensure!(texts.contains(&(Access::External, kari.to_owned())), "MSG-9: {texts:?}");
    ensure!(texts.iter().any(|(_, text)| text.contains("> Og så en ting til.")), "MSG-9: our own, too: {texts:?}");
    ensure!(texts.len() == 3 && texts.iter().all(|(_, text)| !text.contains("maser")), "MSG-9: {texts:?}");
    let names: Vec<_> = offered.files.iter().map(|file| file.upload.name.as_str()).collect();
    ensure!(names == ["feil.pdf"], "no programs: {names:?}");

    let text = format!("Som du skrev:\n\n{kari}");
    let files = vec![offered.files[0].upload.clone()];
    house.desk.reply(&house.ane, &ticket.id, Draft { files, ..draft(&text, Access::External) }).await?;
    house.rest().await?;
    let mail = house.sent().pop().context("no mail")?;
    ensure!(mail.attachments.len() == 1 && mail.attachments[0].name == "feil.pdf" && mail.text.contains("> Haster."));
    // The signature is the file's own: nobody makes another of it.
    let mut forged = offered.files[0].upload.clone();
    forged.name = "noe.pdf".into();
    let refused = Draft { files: vec![forged], ..draft("x", Access::External) };
    ensure!(house.desk.reply(&house.ane, &ticket.id, refused).await == Err(Error::invalid("files", Why::Missing)));
    let stranger = house.desk.insertable(&desk::model::Actor::Anonymous, &ticket.id).await;
    ensure!(stranger == Err(Error::Unauthenticated));
    Ok(())
}

/// FWD-1: a helper gets the files of the message that goes along, and others that were uploaded.
#[tokio::test(flavor = "multi_thread")]
async fn a_forward_takes_files_along() -> Result<()> {
    let house = House::open().await?;
    let ticket = with_files(&house).await?;
    let upload = house.desk.store_upload("tegning.pdf", "application/pdf", b"%PDF".to_vec()).await?;
    let question = Question {
        to: vec!["hjelp@partner.example".into()],
        text: "Sett denne?".into(),
        message: Some(ticket.messages[0].id.clone()),
        with_files: true,
        files: vec![upload],
        ..Question::default()
    };
    house.desk.ask_helper(&house.ane, &ticket.id, question).await?;
    house.rest().await?;
    let mail = house.sent().pop().context("no mail")?;
    let mut names: Vec<_> = mail.attachments.iter().map(|file| file.name.as_str()).collect();
    names.sort_unstable();
    ensure!(names == ["feil.pdf", "fix.exe", "tegning.pdf"], "{names:?}");
    Ok(())
}

/// MSG-3, EDM-1: what was taken away is quoted to nobody, and is no reason to write to where it came from.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_taken_away_is_not_quoted() -> Result<()> {
    let house = House::open().await?;
    let quotes = Chosen { quote: Some(true), ..Chosen::default() };
    house.desk.save_preferences(&house.ane, &quotes).await?;
    let ticket = house.request("Skriver virker ikke").await?;
    let mut emails = house.desk.contact_settings(&house.eva, &house.kari).await?;
    emails.emails.push("kari@hjemme.example".into());
    house.desk.save_contact(&house.eva, &house.kari, emails).await?;
    house.desk.reply(&house.ane, &ticket.id, draft("Hvilken?", Access::External)).await?;
    house.rest().await?;
    let parcel = house.sent().pop().context("no mail")?;
    let secret = Inbound {
        external_id: "hjemme@kari".into(),
        from: party("kari@hjemme.example"),
        to: vec![parcel.from],
        subject: Some("SV: Skriver".into()),
        text: "Passordet er hemmelig.".into(),
        in_reply_to: vec![parcel.message_id],
        ..Inbound::default()
    };
    house.receive(secret).await?;
    house.rest().await?;
    let said = house.ticket(ticket.number).await?.messages.pop().context("no message")?;
    ensure!(said.text == "Passordet er hemmelig.");
    let delete = MessageChange { delete: true, ..MessageChange::default() };
    house.desk.change_message(&house.eva, &said.id, delete).await?;
    house.desk.reply(&house.ane, &ticket.id, draft("Start den på nytt.", Access::External)).await?;
    house.rest().await?;
    let html = letter(&house)?;
    ensure!(html.contains("<blockquote>Den står stille.") && !html.contains("hemmelig"), "{html}");
    let to = house.sent().pop().context("no mail")?.to;
    ensure!(to.len() == 1 && to[0].address == "kari@fjord.no", "{to:?}");
    Ok(())
}
