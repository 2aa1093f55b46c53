//! What is said: replies, comments, flags, time, and what is blacked out. Sections 3.1, 4 and 11.1.

use crate::house::{House, draft, id, in_order};
use anyhow::{Context, Result, ensure};
use desk::{
    Error, Why,
    clock::{DAY, HOUR},
    model::{
        Access, Actor, Draft, EventKind, Flags, Language, List, Merge, MessageChange, MessageId, MessageKind, NewOwner,
        NewTicket, NoticeKind, Origin, Period, State, ThreadFilter,
    },
    outside::{Inbound, Party},
};

/// MSG-1, MSG-2, MSG-6, MSG-7, MSG-11, CRE-4, CRE-6
#[tokio::test(flavor = "multi_thread")]
async fn what_is_external_is_mailed_and_what_is_internal_never_is() -> Result<()> {
    let house = House::open().await?;
    let ticket = house.request("Skriver virker ikke").await?;
    house.desk.save_profile(&house.ane, "Ane", Language::Nb, "Hilsen Ane, 2. linje").await?;
    let before = house.sent().len();
    house.desk.comment(&house.ane, &ticket.id, draft("Kjenner du denne?", Access::Internal)).await?;
    let refused = house.desk.reply(&house.ane, &ticket.id, draft("x", Access::Internal)).await;
    ensure!(refused == Err(Error::invalid("access", Why::InternalToCustomer)), "CRE-6");
    house.rest().await?;
    ensure!(house.sent().len() == before, "MSG-11");
    house.clock.advance(60_000_000);
    let counts = async || house.desk.measures(&house.ane, &ticket.id).await.map(|m| (m.messages, m.replies));
    let all = Period { from: ticket.created_at, to: house.clock.now() + 1 };
    let ((messages, replies), week) = (counts().await?, house.desk.statistics(&house.eva, all).await?);
    house.desk.reply(&house.ane, &ticket.id, draft("Start den på nytt.", Access::External)).await?;
    house.rest().await?;
    ensure!(replies == 0 && counts().await? == (messages + 1, 1), "MSG-6: {:?}", counts().await?);
    ensure!(house.desk.statistics(&house.eva, all).await?.replies == week.replies + 1, "MSG-6");
    let now = house.ticket(ticket.number).await?;
    ensure!(house.sent().len() == before + 1 && now.replied_at == Some(house.clock.now()), "MSG-2, MSG-6");
    ensure!(now.state == State::Open, "MSG-7");
    let letter = house.sent().pop().and_then(|mail| mail.html).context("no mail")?;
    ensure!(letter.contains("Hilsen Ane, 2. linje"), "MSG-1, CRE-4: {letter}");
    house.desk.reply(&house.bo, &ticket.id, draft("Gikk det bra?", Access::External)).await?;
    house.rest().await?;
    ensure!(counts().await? == (messages + 2, 2), "MSG-6: {:?}", counts().await?);
    let letter = house.sent().pop().and_then(|mail| mail.html).context("no mail")?;
    ensure!(!letter.contains("Hilsen Ane"), "CRE-4: each their own");
    let again = house.ticket(ticket.number).await?;
    ensure!(again.replied_at == now.replied_at, "MSG-6: the first one counts");
    let link = ticket.link.context("no link")?;
    let kari = house.desk.follow(ticket.number, link.rsplit('/').next().unwrap_or_default()).await?;
    let seen = house.desk.customer_ticket(&kari, ticket.number).await?.messages;
    ensure!(seen.iter().any(|m| m.text.contains("Start den")) && seen.iter().all(|m| !m.text.contains("Kjenner du")));
    Ok(())
}

/// CRE-3, CRE-5, CRE-7, CRE-10, TIM-1, and D2 step 8: six minutes and six are twelve.
#[tokio::test(flavor = "multi_thread")]
async fn time_is_kept_for_each_message_and_summed() -> Result<()> {
    let house = House::open().await?;
    let call = NewTicket {
        title: "Faktura 1042 feil".into(),
        text: "Beløpet er dobbelt så stort.".into(),
        person: Some(house.kari.clone()),
        new_person: None,
        category: None,
        priority: None,
        owner: NewOwner::Me,
        origin: Origin::Phone,
        access: Some(Access::External),
        confirm: false,
        key: "call".into(),
        seconds: 5 * 60 + 10,
        ..NewTicket::default()
    };
    let opened = house.desk.open_ticket(&house.ane, call.clone()).await?;
    ensure!(house.desk.open_ticket(&house.ane, call.clone()).await?.number == opened.number, "the same form twice");
    let mut answer = draft("Vi sender en ny.", Access::External);
    answer.seconds = 6 * 60;
    answer.charge = 15;
    house.desk.reply(&house.ane, &opened.id, answer).await?;
    house.rest().await?;
    let ticket = house.ticket(opened.number).await?;
    ensure!(ticket.minutes == 12 && ticket.messages.iter().map(|m| m.minutes).collect::<Vec<_>>() == [6, 6]);
    ensure!(ticket.origin == Origin::Phone && house.sent().len() == 1, "CRE-3: only the reply was mailed");
    // EDM-1, EDM-3: corrected by those with the right to, with its line in the log.
    let message = ticket.messages[0].id.clone();
    let change = MessageChange { minutes: Some(4), charge: Some(30), ..MessageChange::default() };
    ensure!(house.desk.change_message(&house.ane, &message, change.clone()).await == Err(Error::Forbidden));
    house.desk.change_message(&house.eva, &message, change).await?;
    let ticket = house.ticket(opened.number).await?;
    ensure!((ticket.minutes, ticket.charge) == (10, 45), "what is spent is one thing, what is charged another: TIM-1");
    in_order(&house.log(opened.number).await?, &[EventKind::TimeChanged, EventKind::ChargeChanged])?;
    let measures = house.desk.measures(&house.ane, &opened.id).await?;
    ensure!((measures.minutes, measures.charge) == (10, 45), "{measures:?}");
    let day = Period { from: ticket.created_at, to: ticket.created_at + DAY };
    let all = house.desk.statistics(&house.eva, day).await?;
    ensure!((all.minutes, all.charge) == (10, 45), "{all:?}");
    let customer =
        house.desk.ticket(&Actor::Customer { id: house.kari.clone(), name: "Kari".into() }, opened.number).await;
    ensure!(
        customer.is_err() || customer?.messages.iter().all(|message| message.charge == 0),
        "nobody outside sees it"
    );
    for charge in [-1, 100_001] {
        let wrong = Draft { charge, ..draft("Hei.", Access::External) };
        let refused = house.desk.reply(&house.ane, &opened.id, wrong).await;
        ensure!(refused == Err(Error::invalid("charge", Why::NotAChoice)), "{refused:?}");
    }
    // CRE-10: an internal one needs no contact, and no customer ever sees it.
    let inside = NewTicket {
        person: None,
        origin: Origin::Internal,
        access: Some(Access::Internal),
        key: String::new(),
        ..call
    };
    let inside = house.desk.open_ticket(&house.ane, inside).await?;
    ensure!(house.ticket(inside.number).await?.link.is_none());
    Ok(())
}

/// FLG-1, FLG-2
#[tokio::test(flavor = "multi_thread")]
async fn a_flag_is_shared_and_found_again_across_requests() -> Result<()> {
    let house = House::open().await?;
    let (a, b) = (house.request("Skriver").await?, house.request("Faktura").await?);
    house.desk.comment(&house.ane, &a.id, draft("Viktig", Access::Internal)).await?;
    let comment = house.ticket(a.number).await?.messages.pop().context("no comment")?.id;
    house.desk.flag(&house.ane, &comment, true).await?;
    house.clock.advance(1);
    house.desk.flag(&house.bo, &b.messages[0].id, true).await?;
    house.desk.flag(&house.bo, &b.messages[0].id, true).await?;
    let flagged = house.desk.flagged(&house.dag, Flags::All, None).await?.rows;
    ensure!(flagged.iter().map(|f| f.number).collect::<Vec<_>>() == [b.number, a.number], "{flagged:?}");
    let thread = house.ticket(a.number).await?.messages;
    let of = |filter: ThreadFilter| thread.iter().filter(|message| filter.fits(message)).count();
    ensure!((of(ThreadFilter::All), of(ThreadFilter::Flagged), of(ThreadFilter::Internal)) == (3, 1, 1));
    ensure!((of(ThreadFilter::Customer), of(ThreadFilter::Staff), of(ThreadFilter::Files)) == (1, 2, 0));
    house.desk.flag(&house.bo, &comment, false).await?;
    ensure!(house.desk.flagged(&house.dag, Flags::All, None).await?.rows.len() == 1);
    // Only of requests that the reader may read.
    let mut support = house.desk.category_settings(&house.eva, &house.support).await?;
    support.members_only = true;
    house.desk.save_category(&house.eva, &house.support, support).await?;
    ensure!(house.desk.flagged(&house.cia, Flags::All, None).await?.rows.is_empty());
    ensure!(house.desk.flag(&house.cia, &comment, true).await == Err(Error::NotFound));
    Ok(())
}

/// C-14: one's own flag is nobody else's, has a note, and is put back as it was.
#[tokio::test(flavor = "multi_thread")]
async fn ones_own_flag_is_seen_by_nobody_else() -> Result<()> {
    let house = House::open().await?;
    let (a, b) = (house.request("Skriver").await?, house.request("Faktura").await?);
    let (mine, shared) = (&a.messages[0].id, &b.messages[0].id);
    let events = house.log(a.number).await?.len();
    ensure!(house.desk.flag_own(&house.ane, mine, Some(" Ring tilbake ")).await?.is_none());
    house.clock.advance(1);
    house.desk.flag(&house.bo, shared, true).await?;
    let seen = async |actor: &Actor, which| {
        let flagged = house.desk.flagged(actor, which, None).await?.rows;
        anyhow::Ok(flagged.into_iter().map(|f| (f.number, f.shared, f.own.map(|own| own.note))).collect::<Vec<_>>())
    };
    let note = Some("Ring tilbake".to_owned());
    ensure!(seen(&house.ane, Flags::All).await? == [(b.number, true, None), (a.number, false, note.clone())]);
    ensure!(seen(&house.ane, Flags::Own).await? == [(a.number, false, note.clone())]);
    ensure!(seen(&house.ane, Flags::Shared).await? == [(b.number, true, None)]);
    ensure!(seen(&house.bo, Flags::All).await? == [(b.number, true, None)], "it is Ane's");
    let thread = async |actor: &Actor| {
        let ticket = house.desk.ticket(actor, a.number).await?;
        let own = ticket.messages.iter().filter(|message| ThreadFilter::OwnFlagged.fits(message));
        anyhow::Ok(own.filter_map(|message| message.own_flag.clone()).map(|flag| flag.note).collect::<Vec<_>>())
    };
    ensure!(thread(&house.ane).await? == ["Ring tilbake"] && thread(&house.bo).await?.is_empty());
    ensure!(house.log(a.number).await?.len() == events, "personal, so no event");
    // Both on one message, and taken back.
    house.desk.flag_own(&house.bo, shared, Some("")).await?;
    ensure!(seen(&house.bo, Flags::All).await? == [(b.number, true, Some(String::new()))]);
    let before = house.desk.flag_own(&house.ane, mine, None).await?.context("it was there")?;
    ensure!(seen(&house.ane, Flags::Own).await?.is_empty());
    house.desk.flag_own(&house.ane, mine, Some(&before.note)).await?;
    ensure!(seen(&house.ane, Flags::Own).await? == [(a.number, false, note)]);
    let long = "x".repeat(501);
    let refused = house.desk.flag_own(&house.ane, mine, Some(&long)).await;
    ensure!(refused == Err(Error::invalid("note", Why::TooLong { most: 500 })));
    // Who may not read it any more has no flag on it either; and erased, it is gone with the request.
    let mut support = house.desk.category_settings(&house.eva, &house.support).await?;
    support.members_only = true;
    house.desk.save_category(&house.eva, &house.support, support).await?;
    ensure!(house.desk.flag_own(&house.cia, mine, Some("")).await == Err(Error::NotFound));
    house.desk.delete_ticket(&house.eva, &a.id).await?;
    ensure!(seen(&house.ane, Flags::Own).await?.is_empty());
    house.pass(15 * 24 * 60).await?;
    ensure!(house.texts("select note from own_flag").await? == [""], "Bo's is left");
    Ok(())
}

/// EDM-2, ATT-1
#[tokio::test(flavor = "multi_thread")]
async fn what_is_blacked_out_can_be_read_nowhere_but_in_its_history() -> Result<()> {
    let house = House::open().await?;
    house.mail("kari@fjord.no", "Kort", "Kortet mitt er 4111 1111 1111 1111, kan dere trekke?").await?;
    house.rest().await?;
    let ticket = house.latest().await?;
    let message = ticket.messages[0].id.clone();
    let secret = "4111 1111 1111 1111".to_owned();
    ensure!(house.desk.search(&house.ane, "4111").await?.hits.len() == 1);
    ensure!(
        house.desk.redact(&house.ane, &message, std::slice::from_ref(&secret), "kortnummer").await
            == Err(Error::Forbidden)
    );
    let wrong = house.desk.redact(&house.eva, &message, &["5555".into()], "x").await;
    ensure!(wrong == Err(Error::invalid("parts", Why::NotAChoice)));
    ensure!(
        house.desk.redact(&house.eva, &message, std::slice::from_ref(&secret), " ").await.is_err(),
        "a reason is needed"
    );
    house.desk.redact(&house.eva, &message, std::slice::from_ref(&secret), "kortnummer").await?;
    house.rest().await?;
    let now = house.ticket(ticket.number).await?;
    ensure!(now.messages[0].redacted && now.messages[0].text == "Kortet mitt er ████ ████ ████ ████, kan dere trekke?");
    ensure!(house.desk.search(&house.ane, "4111").await?.hits.is_empty(), "not in the index");
    ensure!(!house.desk.list(&house.ane, desk::model::List::Latest, None).await?.rows[0].preview.contains("4111"));
    ensure!(
        house.desk.message_source(&house.eva, &message).await == Err(Error::NotFound),
        "not in the mail it came in"
    );
    let history = house.desk.redactions(&house.eva, &message).await?;
    ensure!(
        history.len() == 1
            && history[0].reason == "kortnummer"
            && history[0].before.as_ref().is_some_and(|b| b.contains("4111"))
    );
    // Taken back by its step, it says again what it said; erased for good, nothing can.
    let step = house.desk.steps(&house.eva, &ticket.id).await?.remove(0);
    ensure!(
        house.desk.undo(&house.ane, step.number).await == Err(Error::Forbidden),
        "not by those who couldn't have done it"
    );
    house.desk.undo(&house.eva, step.number).await?;
    ensure!(house.ticket(ticket.number).await?.messages[0].text.contains("4111"));
    house.desk.redact(&house.eva, &message, &[], "alt").await?;
    house.desk.erase_redacted(&house.eva, &message).await?;
    ensure!(house.desk.redactions(&house.eva, &message).await?.iter().all(|r| r.before.is_none()));
    // A whole message goes, and is not counted any more.
    let delete = MessageChange { delete: true, ..MessageChange::default() };
    house.desk.change_message(&house.eva, &message, delete).await?;
    ensure!(house.ticket(ticket.number).await?.messages.iter().all(|m| m.id != message));
    Ok(())
}

/// NOT-1 and FAV-1: whoever is named, follows or has it among favourites is told; never of own doing; once until seen.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_goes_along_is_told_once_until_they_look() -> Result<()> {
    let house = House::open().await?;
    let ticket = house.request("Skriver virker ikke").await?;
    house.desk.take(&house.ane, &ticket.id, None).await?;
    house.desk.star(&house.dag, &ticket.id, true).await?;
    let note = house.desk.comment(&house.ane, &ticket.id, draft("@Cia, kjenner du denne?", Access::Internal)).await?;
    house.rest().await?;
    let kinds = async |actor| {
        let list = house.desk.notifications(actor).await?;
        anyhow::Ok(
            list.into_iter().filter(|n| n.number == ticket.number).map(|n| (n.kind, n.times)).collect::<Vec<_>>(),
        )
    };
    ensure!(kinds(&house.cia).await?.contains(&(NoticeKind::Mentioned, 1)));
    ensure!(house.desk.followers(&house.ane, &ticket.id).await?.iter().any(|card| card.name == "Cia"));
    for n in 0..3 {
        house.answer("kari@fjord.no", &format!("Hallo {n}?")).await?;
    }
    ensure!(kinds(&house.dag).await?.contains(&(NoticeKind::NewMessage, 4)), "{:?}", kinds(&house.dag).await?);
    ensure!(kinds(&house.ane).await?.contains(&(NoticeKind::NewMessage, 3)), "not of her own comment");
    house.desk.see_notifications(&house.dag).await?;
    house.answer("kari@fjord.no", "Er det noen der?").await?;
    ensure!(kinds(&house.dag).await?.iter().filter(|(kind, _)| *kind == NoticeKind::NewMessage).count() == 2);
    house.desk.follow_ticket(&house.cia, &ticket.id, &id(&house.cia), false).await?;
    ensure!(house.desk.followers(&house.ane, &ticket.id).await?.is_empty() && !note.0.is_empty());
    let thread = house.ticket(ticket.number).await?.messages;
    ensure!(thread.iter().filter(|m| m.kind == MessageKind::Enquiry).count() == 5);
    Ok(())
}

/// SAV-1: the same on every device; what another device saved is not overwritten.
#[tokio::test(flavor = "multi_thread")]
async fn a_draft_is_the_same_everywhere_and_survives_a_new_owner() -> Result<()> {
    let house = House::open().await?;
    let ticket = house.request("Skriver virker ikke").await?;
    let place = ticket.id.as_str();
    let first = house.desk.keep_draft(&house.ane, place, "reply", "Hei Kari", 0).await?;
    let second = house.desk.keep_draft(&house.ane, place, "reply", "Hei Kari,", first).await?;
    let refused = house.desk.keep_draft(&house.ane, place, "reply", "Noe annet", first).await;
    ensure!(refused == Err(Error::Changed { by: "Ane".into() }), "{refused:?}");
    let refused = house.desk.keep_draft(&house.ane, &"x".repeat(3_000), "reply", "Hei", 0).await;
    ensure!(refused == Err(Error::invalid("place", Why::TooLong { most: 200 })), "{refused:?}");
    // A colleague takes it: the draft is still there.
    house.desk.take(&house.bo, &ticket.id, None).await?;
    let kept = house.desk.kept_draft(&house.ane, place, "reply").await?.context("lost")?;
    ensure!(kept.body == "Hei Kari," && kept.version == second);
    ensure!(house.desk.kept_draft(&house.bo, place, "reply").await?.is_none(), "nobody else's");
    house.desk.drop_draft(&house.ane, place, "reply").await?;
    ensure!(house.desk.kept_draft(&house.ane, place, "reply").await?.is_none());
    Ok(())
}

/// AUT-5, section 25.2: a note that somebody is away is kept and read, and is no news: nothing moves by it.
#[tokio::test(flavor = "multi_thread")]
async fn a_note_that_somebody_is_away_moves_nothing_in_a_list() -> Result<()> {
    let house = House::open().await?;
    let ticket = house.request("Skriver virker ikke").await?;
    let other = house.request("Faktura").await?;
    house.clock.advance(HOUR);
    house.desk.reply(&house.ane, &ticket.id, draft("Start den på nytt.", Access::External)).await?;
    house.rest().await?;
    house.clock.advance(HOUR);
    let row = async || {
        let rows = house.desk.list(&house.eva, List::Latest, None).await?.rows;
        anyhow::Ok(rows.into_iter().find(|row| row.number == ticket.number).map(|row| (row.preview, row.changed_at)))
    };
    let before = row().await?;
    let asked = house.sent().pop().context("no mail")?;
    let away = |text: &str, automatic: Option<&str>| Inbound {
        external_id: format!("{}@fjord.no", MessageId::new()),
        from: Party { address: "kari@fjord.no".into(), name: String::new() },
        subject: Some("Fravær".into()),
        text: text.into(),
        in_reply_to: vec![asked.message_id.clone()],
        automatic: automatic.map(str::to_owned),
        ..Inbound::default()
    };
    house.receive(away("Jeg er borte til mandag.", Some("auto-replied"))).await?;
    house.rest().await?;
    let now = house.ticket(ticket.number).await?;
    ensure!(now.messages.iter().any(|message| message.text.contains("mandag")), "it is there to be read");
    ensure!(row().await? == before, "{:?}", row().await?);
    // Not either when the sums are made anew.
    house.desk.merge(&house.ane, Merge::whole(ticket.id.clone(), vec![other.id.clone()])).await?;
    house.desk.unmerge(&house.ane, &other.id).await?;
    ensure!(row().await? == before, "{:?}", row().await?);
    crate::tally::check(&house).await?;
    house.receive(away("Nå virker den.", None)).await?;
    house.rest().await?;
    ensure!(row().await?.is_some_and(|(preview, _)| preview == "Nå virker den."));
    Ok(())
}
