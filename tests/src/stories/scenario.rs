//! D1: a customer sends a mail, an agent answers, the customer reads it and writes again.

use anyhow::{Context, Result, ensure};
use desk::{
    Error,
    model::{Access, Draft, List, MessageKind, Origin, ReadState, State},
};
use tests::House;

pub const MAIL: &str = "From: Kari Nordmann <kari@fjord.no>\r\nTo: support@company.com\r\nSubject: Skriver virker ikke\r\n\
Message-ID: <first@fjord.no>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n\
--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nHei,\r\n\r\nSkriveren i 3. etasje sluttet å virke.\r\n\
--b\r\nContent-Type: application/pdf; name=feil.pdf\r\nContent-Disposition: attachment; filename=feil.pdf\r\n\
Content-Transfer-Encoding: base64\r\n\r\nJVBERi0xLjQK\r\n--b--\r\n";

pub fn draft(text: &str, access: Access) -> Draft {
    Draft {
        text: text.into(),
        access,
        template: None,
        close: false,
        files: vec![],
        seen: None,
        key: String::new(),
        ..Draft::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_comes_in_an_agent_answers_and_the_customer_writes_again() -> Result<()> {
    let house = House::open().await?;
    let (ane, bo, cia) = (house.agent("Ane").await?, house.agent("Bo").await?, house.agent("Cia").await?);

    // 1, 2. One request and exactly one acknowledgement, in her language, with number and title.
    ensure!(house.mail("kari@fjord.no", MAIL).await?.starts_with("250"));
    ensure!(
        house.mail("kari@fjord.no", MAIL).await?.starts_with("250"),
        "the same mail again is taken, and creates nothing"
    );
    house.rest().await?;
    let ticket = house.only(&ane, List::Unassigned).await?;
    let sent = house.sent().await?;
    ensure!(sent.len() == 1, "{} mails left", sent.len());
    let (to, subject, raw) = &sent[0];
    ensure!(
        to == "kari@fjord.no"
            && subject.contains("Skriver virker ikke")
            && subject.contains(&format!("[Sak #{}]", ticket.number))
    );
    ensure!(raw.contains("Auto-Submitted: auto-replied") && raw.contains("In-Reply-To: <first@fjord.no>"), "{raw}");
    let away = format!(
        "From: kari@fjord.no\r\nTo: support@company.com\r\nSubject: Borte\r\nMessage-ID: <away@fjord.no>\r\nAuto-Submitted: auto-replied\r\n\
         In-Reply-To: <{}>\r\n\r\nJeg er borte.\r\n",
        header(raw, "Message-ID").context("no Message-ID")?
    );
    house.mail("", &away).await?;
    house.rest().await?;
    ensure!(house.sent().await?.len() == 1 && house.rows(&ane, List::Latest).await?.len() == 1);

    // 3. Registered as the specification says.
    ensure!(ticket.title == "Skriver virker ikke" && ticket.origin == Origin::Email && ticket.state == State::Open);
    ensure!(ticket.owner.is_none() && ticket.access == Access::External && ticket.read == ReadState::Unread);
    ensure!(ticket.company.as_ref().is_some_and(|company| company.name == "Fjord AS"), "CRM-1");
    ensure!(ticket.contacts[0].name == "Kari Nordmann" && ticket.messages[0].attachments[0].name == "feil.pdf");
    ensure!(ticket.messages[0].text.contains("sluttet å virke"));

    // 4. Members are told, others not; found by number, word and name.
    ensure!(house.desk.notifications(&ane).await?.len() == 1 && house.desk.notifications(&bo).await?.len() == 1);
    ensure!(house.desk.notifications(&cia).await?.is_empty());
    for query in [ticket.number.to_string().as_str(), "Skriver", "Kari", "kari@fjord.no", "skriveren"] {
        let hits = house.desk.search(&ane, query).await?;
        ensure!(hits.hits.iter().any(|hit| hit.ticket.number == ticket.number), "not found by {query}");
    }

    // 5. Both click at once; one is told who has it. ACC-5
    let (first, second) = tokio::join!(house.desk.take(&ane, &ticket.id, None), house.desk.take(&bo, &ticket.id, None));
    let loser = match (first, second) {
        (Ok(()), Err(error)) | (Err(error), Ok(())) => error,
        other => anyhow::bail!("{other:?}"),
    };
    ensure!(matches!(&loser, Error::Taken { holder } if !holder.is_empty()));
    let holder = house.desk.ticket(&ane, ticket.number).await?.owner.context("nobody has it")?;
    if holder.name != "Ane Lie" {
        house.desk.take(&ane, &ticket.id, Some(&holder.id)).await?;
    }
    house.desk.mark_read(&ane, &ticket.id).await?;
    ensure!(house.rows(&ane, List::Unassigned).await?.is_empty());
    ensure!(house.only(&ane, List::Mine).await?.read == ReadState::Read);

    // 6a. A colleague is asked inside; nothing of it leaves. TRF-1, TRF-5, MSG-11
    house.desk.star(&ane, &ticket.id, true).await?;
    let question = draft("Kjenner du denne feilen?", Access::Internal);
    house.desk.transfer(&ane, &ticket.id, cia.agent().context("no id")?, Some(question)).await?;
    ensure!(house.rows(&ane, List::Mine).await?.is_empty() && house.rows(&ane, List::Favourites).await?.len() == 1);
    ensure!(house.only(&cia, List::Mine).await?.read == ReadState::Unread);
    house.desk.comment(&cia, &ticket.id, draft("Ja, ny fastvare.", Access::Internal)).await?;
    house.desk.transfer(&cia, &ticket.id, ane.agent().context("no id")?, None).await?;
    house.rest().await?;
    ensure!(house.sent().await?.len() == 1);
    let link = ticket.link.clone().context("no link")?;
    let kari = house.desk.follow(ticket.number, link.rsplit('/').next().unwrap_or_default()).await?;
    let seen = house.desk.customer_ticket(&kari, ticket.number).await?;
    ensure!(
        seen.messages.iter().all(|message| message.access == Access::External && !message.text.contains("fastvare"))
    );

    // Back with her, it is unread until she opens it. TRF-5
    house.desk.mark_read(&ane, &ticket.id).await?;
    let key = link.rsplit('/').next().unwrap_or_default();
    let file = &seen.messages[0].attachments[0].id;
    let reader = house.desk.follow_file(file.as_str(), key).await?;
    ensure!(house.desk.attachment(&reader, file).await?.1.starts_with(b"%PDF"), "her own file, by her link");
    ensure!(house.desk.follow_file(file.as_str(), "made-up").await == Err(Error::NotFound));

    // 7. The answer: one mail, plain and HTML, in the thread; the same draft twice is one. CRE-6 is refused.
    ensure!(house.desk.reply(&ane, &ticket.id, draft("x", Access::Internal)).await.is_err());
    let mut answer = draft("Hei Kari,\n\nny **fastvare** retter feilen.", Access::External);
    answer.key = "once".into();
    house.desk.reply(&ane, &ticket.id, answer.clone()).await?;
    house.desk.reply(&ane, &ticket.id, answer).await?;
    house.rest().await?;
    let sent = house.sent().await?;
    ensure!(sent.len() == 2, "{} mails left", sent.len());
    let (_, subject, raw) = &sent[1];
    ensure!(
        subject.contains(&format!("[Sak #{}]", ticket.number))
            && raw.contains("text/html")
            && raw.contains("text/plain")
    );
    ensure!(raw.contains("In-Reply-To:") && !raw.contains("Auto-Submitted"), "a person wrote it");
    ensure!(!raw.contains("Kjenner du denne feilen"), "internal text left the house");
    ensure!(house.desk.ticket(&ane, ticket.number).await?.replied_at.is_some(), "MSG-6");

    // 8. Closed.
    let closed =
        house.desk.choices(&ane).await?.statuses.into_iter().find(|s| s.state == State::Closed).context("no status")?;
    house.desk.set_status(&ane, &ticket.id, &closed.id).await?;
    ensure!(house.rows(&ane, List::Mine).await?.is_empty() && house.rows(&ane, List::Closed).await?.len() == 1);

    // 9. Her answer by mail opens it again, on the same request.
    let again = format!(
        "From: Kari Nordmann <kari@fjord.no>\r\nTo: support@company.com\r\nSubject: SV: {subject}\r\nMessage-ID: <second@fjord.no>\r\n\
         In-Reply-To: <{}>\r\n\r\nDet hjalp ikke.\r\n",
        header(raw, "Message-ID").context("no Message-ID")?
    );
    house.mail("kari@fjord.no", &again).await?;
    house.rest().await?;
    let ticket = house.only(&ane, List::Mine).await?;
    ensure!(ticket.state == State::Open && ticket.read == ReadState::News && ticket.closed_at.is_none());
    ensure!(
        ticket
            .messages
            .last()
            .is_some_and(|message| message.kind == MessageKind::Enquiry && message.text.contains("hjalp ikke"))
    );
    ensure!(house.sent().await?.len() == 2, "no second acknowledgement");
    house.close().await;
    Ok(())
}

/// A header's value without brackets, unfolded.
pub fn header(raw: &str, name: &str) -> Option<String> {
    let start = raw.find(&format!("{name}:"))? + name.len() + 1;
    let value: String = raw[start..].trim_start().chars().take_while(|c| *c != '\r' && *c != '\n').collect();
    Some(value.trim().trim_matches(['<', '>']).to_owned())
}
