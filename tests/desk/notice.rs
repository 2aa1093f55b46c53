//! What colleagues are told: on screens, by mail, and each morning. Section 18.

use crate::house::{House, draft, id};
use anyhow::{Context, Result, ensure};
use desk::{
    Error, Why,
    clock::{DAY, HOUR, MINUTE},
    model::*,
    outside::Parcel,
};

/// Kinds and how often, of what an agent has not seen.
async fn news(house: &House, actor: &Actor) -> Result<Vec<(NoticeKind, i64)>> {
    let page = house.desk.notice_page(actor, None).await?;
    let news: Vec<_> = page.rows.iter().filter(|n| !n.seen).map(|n| (n.kind, n.times)).collect();
    ensure!(page.unseen == news.len() as i64, "{} kept, {news:?} there", page.unseen);
    ensure!(house.desk.counts(actor).await?.notifications == page.unseen);
    Ok(news)
}

async fn wish(house: &House, actor: &Actor, kind: NoticeKind, way: Way, wanted: bool) -> Result<()> {
    Ok(house.desk.choose_notices(actor, &[NoticeWish { kind, way, wanted: Some(wanted) }]).await?)
}

/// Mail to a colleague, since a moment.
fn mails(house: &House, to: &str, since: usize) -> Vec<Parcel> {
    house.sent().split_off(since).into_iter().filter(|mail| mail.to[0].address == to).collect()
}

/// Past the minutes for which a mail gathers.
async fn minutes_later(house: &House) -> Result<()> {
    house.rest().await?;
    house.pass(6).await
}

/// Section 18, line by line: on screens, by kind, for whom.
#[tokio::test(flavor = "multi_thread")]
async fn each_event_is_told_to_whom_it_concerns() -> Result<()> {
    let house = House::open().await?;
    let ticket = house.request("Skriver virker ikke").await?;
    ensure!(news(&house, &house.ane).await? == [(NoticeKind::NewTicket, 1)]);
    ensure!(news(&house, &house.cia).await?.is_empty(), "not a member");
    for actor in [&house.ane, &house.bo, &house.dag] {
        house.desk.see_notifications(actor).await?;
    }

    // Given to me: the one who got it; not the one who gave it. NOT-1
    house.desk.transfer(&house.ane, &ticket.id, &id(&house.bo), None).await?;
    house.rest().await?;
    ensure!(news(&house, &house.bo).await? == [(NoticeKind::Assigned, 1)]);
    ensure!(news(&house, &house.ane).await?.is_empty(), "NOT-1");
    // A new message in mine, thrice: one notice. NOT-1
    for n in 0..3 {
        house.answer("kari@fjord.no", &format!("Hallo {n}?")).await?;
    }
    ensure!(news(&house, &house.bo).await?.contains(&(NoticeKind::NewMessage, 3)), "NOT-1");
    // A colleague's answer is one too; my own is not.
    house.desk.see_notifications(&house.bo).await?;
    house.desk.reply(&house.dag, &ticket.id, draft("Start den på nytt.", Access::External)).await?;
    house.desk.reply(&house.bo, &ticket.id, draft("Og igjen.", Access::External)).await?;
    house.rest().await?;
    ensure!(news(&house, &house.bo).await? == [(NoticeKind::NewMessage, 1)], "NOT-1");
    house.desk.see_notifications(&house.bo).await?;

    // Activated from closed, and from put off.
    house.desk.set_status(&house.eva, &ticket.id, &house.status("Closed").await?).await?;
    house.desk.set_status(&house.eva, &ticket.id, &house.status("Open").await?).await?;
    house.rest().await?;
    ensure!(news(&house, &house.bo).await?.contains(&(NoticeKind::Reopened, 1)));
    house.desk.see_notifications(&house.bo).await?;
    house.desk.postpone(&house.bo, &ticket.id, Until::Hours { hours: 1 }, None).await?;
    house.pass(61).await?;
    ensure!(news(&house, &house.bo).await?.contains(&(NoticeKind::Reopened, 1)));
    house.desk.see_notifications(&house.bo).await?;

    // Taken over, and given on by somebody else.
    house.desk.take(&house.ane, &ticket.id, Some(&id(&house.bo))).await?;
    house.rest().await?;
    ensure!(news(&house, &house.bo).await? == [(NoticeKind::TakenOver, 1)]);
    ensure!(news(&house, &house.ane).await?.is_empty(), "NOT-1");
    house.desk.transfer(&house.eva, &ticket.id, &id(&house.dag), None).await?;
    house.rest().await?;
    ensure!(news(&house, &house.ane).await? == [(NoticeKind::TakenOver, 1)]);
    // Back among the unassigned it is new for its members again, but for whoever had it, and what is said on it concerns
    // all of them.
    house.desk.see_notifications(&house.dag).await?;
    house.desk.see_notifications(&house.ane).await?;
    house.desk.release(&house.eva, &ticket.id).await?;
    house.answer("kari@fjord.no", "Er det noen der?").await?;
    for (actor, kind) in [(&house.ane, NoticeKind::NewTicket), (&house.dag, NoticeKind::Released)] {
        let told = news(&house, actor).await?;
        ensure!(
            told.len() == 2 && told.contains(&(kind, 1)) && told.contains(&(NoticeKind::NewMessage, 1)),
            "{told:?}"
        );
    }
    Ok(())
}

/// NOT-1: opening it, seeing one or all; the number is kept, and right after anything that changes who may read.
#[tokio::test(flavor = "multi_thread")]
async fn the_number_of_new_notices_is_right_whatever_happens() -> Result<()> {
    let house = House::open().await?;
    let agents = [&house.ane, &house.bo, &house.cia, &house.dag];
    let mut random = fastrand::Rng::with_seed(11);
    let mut tickets = vec![];
    for n in 0..5 {
        tickets.push(house.request(&format!("Sak {n}")).await?);
    }
    for _ in 0..60 {
        let (ticket, agent) = (random.choice(&tickets).unwrap(), random.choice(agents).unwrap());
        // What is refused changes no number.
        match random.u8(0..9) {
            0 => drop(house.desk.transfer(&house.eva, &ticket.id, &id(agent), None).await),
            1 => drop(house.desk.set_category(&house.eva, &ticket.id, &house.invoices).await),
            2 => drop(house.desk.set_category(&house.eva, &ticket.id, &house.support).await),
            3 => drop(house.desk.delete_ticket(&house.eva, &ticket.id).await),
            4 => drop(house.desk.restore_ticket(&house.eva, &ticket.id).await),
            5 => drop(house.desk.mark_read(agent, &ticket.id).await),
            6 => drop(house.desk.comment(&house.eva, &ticket.id, draft("Hm.", Access::Internal)).await),
            7 => {
                let mut support = house.desk.category_settings(&house.eva, &house.support).await?;
                support.members_only = !support.members_only;
                house.desk.save_category(&house.eva, &house.support, support).await?;
            }
            _ => {
                let rows = house.desk.notice_page(agent, None).await?.rows;
                if let Some(notice) = random.choice(&rows) {
                    house.desk.see_notice(agent, &notice.id).await?;
                    // A second time, and by somebody else: nothing.
                    house.desk.see_notice(agent, &notice.id).await?;
                    house.desk.see_notice(&house.eva, &notice.id).await?;
                }
            }
        }
        house.rest().await?;
        for agent in agents {
            news(&house, agent).await?;
        }
    }
    for agent in agents {
        house.desk.see_notifications(agent).await?;
        ensure!(news(&house, agent).await?.is_empty());
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn notices_come_in_pages_and_none_is_lost_or_repeated() -> Result<()> {
    let house = House::open().await?;
    for n in 0..60 {
        house.mail("kari@fjord.no", &format!("Sak {n}"), "Hei.").await?;
    }
    house.rest().await?;
    let (mut numbers, mut after) = (vec![], None);
    loop {
        let page = house.desk.notice_page(&house.ane, after.as_deref()).await?;
        ensure!(page.unseen == 60 && page.rows.len() <= 50);
        numbers.extend(page.rows.iter().map(|notice| notice.number));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    ensure!(numbers.len() == 60);
    numbers.sort_unstable();
    numbers.dedup();
    ensure!(numbers.len() == 60);
    let refused = house.desk.notice_page(&house.ane, Some("elsewhere")).await;
    ensure!(refused == Err(Error::invalid("after", Why::NotAChoice)));
    Ok(())
}

/// Nobody hears of what they may not read by the time it is told, nor whoever left.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_told_of_what_they_may_not_read() -> Result<()> {
    let house = House::open().await?;
    let ticket = house.request("Skriver virker ikke").await?;
    wish(&house, &house.cia, NoticeKind::NewMessage, Way::Mail, true).await?;
    house.desk.star(&house.cia, &ticket.id, true).await?;
    house.answer("kari@fjord.no", "Hallo?").await?;
    // FAV-1
    ensure!(news(&house, &house.cia).await? == [(NoticeKind::NewMessage, 1)], "FAV-1");
    // Closed to her before the mail leaves: neither the number nor the mail says anything.
    let mut support = house.desk.category_settings(&house.eva, &house.support).await?;
    support.members_only = true;
    house.desk.save_category(&house.eva, &house.support, support.clone()).await?;
    ensure!(news(&house, &house.cia).await?.is_empty());
    let since = house.sent().len();
    house.answer("kari@fjord.no", "Er det noen der?").await?;
    minutes_later(&house).await?;
    ensure!(mails(&house, "cia@company.com", since).is_empty(), "RGT-1");
    support.members_only = false;
    house.desk.save_category(&house.eva, &house.support, support).await?;
    ensure!(news(&house, &house.cia).await? == [(NoticeKind::NewMessage, 1)], "what she was told is there again");
    // FAV-1: where she does not want to hear of favourites, she does not.
    let quiet = Chosen { favourite_notices: Some(false), ..Chosen::default() };
    house.desk.save_preferences(&house.cia, &quiet).await?;
    house.answer("kari@fjord.no", "Hallo igjen?").await?;
    ensure!(news(&house, &house.cia).await? == [(NoticeKind::NewMessage, 1)], "FAV-1");

    wish(&house, &house.dag, NoticeKind::NewMessage, Way::Mail, true).await?;
    house.answer("kari@fjord.no", "Dag?").await?;
    house.desk.disable_agent(&house.eva, &id(&house.dag)).await?;
    let since = house.sent().len();
    house.answer("kari@fjord.no", "Dag?").await?;
    minutes_later(&house).await?;
    ensure!(mails(&house, "dag@company.com", since).is_empty(), "works here no more");
    Ok(())
}

/// Section 18: per user, per event, per way.
#[tokio::test(flavor = "multi_thread")]
async fn each_agent_chooses_what_to_hear_of_and_how() -> Result<()> {
    let house = House::open().await?;
    let choices = house.desk.notice_choices(&house.ane).await?;
    ensure!(choices.len() == NoticeKind::ALL.len() * Way::ALL.len());
    let of = |choices: &[NoticeChoice], kind: NoticeKind, way: Way| {
        choices.iter().find(|c| c.kind == kind && c.way == way).map(|c| (c.wanted, c.from))
    };
    ensure!(of(&choices, NoticeKind::Assigned, Way::Screen) == Some((true, Source::Saker)));
    ensure!(of(&choices, NoticeKind::Assigned, Way::Mail) == Some((false, Source::Saker)));

    let everybody = [NoticeWish { kind: NoticeKind::Assigned, way: Way::Mail, wanted: Some(true) }];
    ensure!(house.desk.choose_notices_for_everybody(&house.ane, &everybody).await == Err(Error::Forbidden));
    house.desk.choose_notices_for_everybody(&house.eva, &everybody).await?;
    wish(&house, &house.bo, NoticeKind::Assigned, Way::Mail, false).await?;
    wish(&house, &house.bo, NoticeKind::Assigned, Way::Screen, false).await?;
    let choices = house.desk.notice_choices(&house.ane).await?;
    ensure!(of(&choices, NoticeKind::Assigned, Way::Mail) == Some((true, Source::Administrator)));
    let choices = house.desk.notice_choices(&house.bo).await?;
    ensure!(of(&choices, NoticeKind::Assigned, Way::Mail) == Some((false, Source::Own)));
    let defaults = house.desk.notice_defaults(&house.eva).await?;
    ensure!(of(&defaults, NoticeKind::Assigned, Way::Mail) == Some((true, Source::Administrator)));

    let (first, second) = (house.request("Første").await?, house.request("Andre").await?);
    for actor in [&house.ane, &house.bo] {
        house.desk.see_notifications(actor).await?;
    }
    let since = house.sent().len();
    house.desk.transfer(&house.eva, &first.id, &id(&house.ane), None).await?;
    house.desk.transfer(&house.eva, &second.id, &id(&house.bo), None).await?;
    minutes_later(&house).await?;
    ensure!(mails(&house, "ane@company.com", since).len() == 1 && mails(&house, "bo@company.com", since).is_empty());
    ensure!(news(&house, &house.bo).await?.is_empty() && news(&house, &house.ane).await?.len() == 1);
    // Left to the administrator again.
    let back = NoticeWish { kind: NoticeKind::Assigned, way: Way::Mail, wanted: None };
    house.desk.choose_notices(&house.bo, &[back]).await?;
    let choices = house.desk.notice_choices(&house.bo).await?;
    ensure!(of(&choices, NoticeKind::Assigned, Way::Mail) == Some((true, Source::Administrator)));
    Ok(())
}

/// NOT-1: ten things within minutes are one mail, once; what was opened meanwhile is not in it.
#[tokio::test(flavor = "multi_thread")]
async fn what_happens_within_minutes_is_one_mail() -> Result<()> {
    let house = House::open().await?;
    for kind in [NoticeKind::NewTicket, NoticeKind::NewMessage] {
        wish(&house, &house.ane, kind, Way::Mail, true).await?;
    }
    let first = house.request("Første").await?;
    let since = house.sent().len();
    for n in 0..4 {
        house.answer("kari@fjord.no", &format!("Hallo {n}?")).await?;
        house.request(&format!("Sak {n}")).await?;
    }
    let opened = house.latest().await?;
    house.desk.mark_read(&house.ane, &opened.id).await?;
    house.pass(4).await?;
    ensure!(mails(&house, "ane@company.com", since).is_empty(), "it waits for more");
    house.pass(2).await?;
    let mail = mails(&house, "ane@company.com", since);
    ensure!(mail.len() == 1, "NOT-1: {}", mail.len());
    ensure!(mail[0].auto_submitted.as_deref() == Some("auto-generated"));
    let lines: Vec<&str> = mail[0].text.lines().filter(|line| line.contains('\t')).collect();
    ensure!(lines.iter().any(|line| line.contains(&format!("new-ticket\t{}\t", first.number))), "{lines:?}");
    ensure!(!lines.iter().any(|line| line.contains(&format!("\t{}\t", opened.number))), "seen already: {lines:?}");
    // It is told once.
    house.pass(30).await?;
    ensure!(mails(&house, "ane@company.com", since).len() == 1);
    Ok(())
}

/// Section 8.1: the addresses of a category are told of what waits in it; never a mailbox of ours.
#[tokio::test(flavor = "multi_thread")]
async fn the_addresses_of_a_category_are_told_of_new_requests() -> Result<()> {
    let house = House::open().await?;
    let mut support = house.desk.category_settings(&house.eva, &house.support).await?;
    support.notify_addresses =
        vec!["vakt@company.com".into(), crate::house::MAILBOX.into(), "support+alert@company.com".into()];
    house.desk.save_category(&house.eva, &house.support, support.clone()).await?;
    let since = house.sent().len();
    let first = house.request("Første").await?;
    house.request("Andre").await?;
    minutes_later(&house).await?;
    let told = mails(&house, "vakt@company.com", since);
    ensure!(told.len() == 1 && told[0].text.contains("Første") && told[0].text.contains("Andre"));
    for ours in [crate::house::MAILBOX, "support+alert@company.com"] {
        ensure!(mails(&house, ours, since).is_empty(), "{ours}: it would answer itself for ever");
    }
    // Somebody has it: that is nobody else's business. Back in the queue: told again.
    house.desk.take(&house.ane, &first.id, None).await?;
    minutes_later(&house).await?;
    ensure!(mails(&house, "vakt@company.com", since).len() == 1);
    house.desk.release(&house.ane, &first.id).await?;
    minutes_later(&house).await?;
    ensure!(mails(&house, "vakt@company.com", since).len() == 2);
    // Taken off the list before the mail leaves.
    house.request("Tredje").await?;
    support.notify_addresses.clear();
    house.desk.save_category(&house.eva, &house.support, support).await?;
    minutes_later(&house).await?;
    ensure!(mails(&house, "vakt@company.com", since).len() == 2);
    Ok(())
}

/// Section 18: open, not handled in N days; by each agent's own clock, once a day, and not for those who have none.
#[tokio::test(flavor = "multi_thread")]
async fn each_morning_reminds_of_what_lies() -> Result<()> {
    let house = House::open().await?;
    house.desk.tick().await?;
    let ticket = house.request("Skriver virker ikke").await?;
    house.desk.take(&house.ane, &ticket.id, None).await?;
    let since = house.sent().len();
    // Tuesday 10:00 in Oslo; its deadline passes this afternoon. Wednesday, before seven: nothing.
    house.pass(20 * 60 + 59).await?;
    ensure!(mails(&house, "ane@company.com", since).is_empty());
    house.pass(1).await?;
    let mail = mails(&house, "ane@company.com", since);
    ensure!(mail.len() == 1 && mail[0].text.contains(&format!("\t{}\t", ticket.number)), "{mail:?}");
    ensure!(mail[0].text.contains("overdue"));
    ensure!(mails(&house, "bo@company.com", since).is_empty(), "nothing of his lies");
    ensure!(news(&house, &house.ane).await?.contains(&(NoticeKind::Unhandled, 1)));
    // Once a day, whatever hour is set meanwhile.
    let later = Reminders { of: Reminding::Chosen, days: 2, hour: 9 };
    ensure!(house.desk.save_reminders(&house.ane, later).await == Err(Error::Forbidden));
    house.desk.save_reminders(&house.eva, later).await?;
    house.pass(5 * 60).await?;
    ensure!(mails(&house, "ane@company.com", since).len() == 1);
    // Thursday at nine; Bo lives further east, and has one that nobody touched.
    let east = Chosen { zone: Some("Europe/Helsinki".into()), ..Chosen::default() };
    house.desk.save_preferences(&house.bo, &east).await?;
    house.desk.tick().await?;
    let second = house.request("Andre").await?;
    house.desk.take(&house.bo, &second.id, None).await?;
    house.pass(20 * 60 + 30).await?;
    let (ane, bo) = (mails(&house, "ane@company.com", since).len(), mails(&house, "bo@company.com", since).len());
    ensure!((ane, bo) == (1, 1), "08:30 in Oslo, 09:30 in Helsinki: {ane} {bo}");
    house.pass(31).await?;
    ensure!(mails(&house, "ane@company.com", since).len() == 2);
    // Away, and at weekends, nobody is reminded.
    house.desk.set_away(&house.ane, &id(&house.ane), true).await?;
    house.clock.advance(DAY);
    house.pass(1).await?;
    ensure!(mails(&house, "ane@company.com", since).len() == 2, "away");
    house.desk.set_away(&house.ane, &id(&house.ane), false).await?;
    house.clock.advance(DAY);
    house.pass(1).await?;
    ensure!(mails(&house, "ane@company.com", since).len() == 2, "Saturday");
    // Switched off for everybody.
    house.desk.save_reminders(&house.eva, Reminders { of: Reminding::Nobody, ..later }).await?;
    house.clock.advance(3 * DAY);
    house.pass(1).await?;
    ensure!(mails(&house, "ane@company.com", since).len() == 2, "nobody");
    for wrong in [Reminders { days: 0, ..later }, Reminders { hour: 24, ..later }] {
        ensure!(house.desk.save_reminders(&house.eva, wrong).await.is_err());
    }
    ensure!(house.desk.reminders(&house.eva).await?.days == 2);
    Ok(())
}

/// STAT-1: the weekly mail, on Monday mornings, for whoever asked for it.
#[tokio::test(flavor = "multi_thread")]
async fn the_week_comes_by_mail_on_mondays() -> Result<()> {
    let house = House::open().await?;
    house.desk.tick().await?;
    let weekly = Chosen { weekly: Some(true), ..Chosen::default() };
    house.desk.save_preferences(&house.dag, &weekly).await?;
    house.request("Skriver virker ikke").await?;
    let since = house.sent().len();
    // To Sunday 10:00, and on to Monday 07:01.
    house.clock.advance(5 * DAY);
    house.pass(0).await?;
    ensure!(mails(&house, "dag@company.com", since).is_empty());
    house.clock.advance(21 * HOUR + MINUTE);
    house.pass(0).await?;
    let mail = mails(&house, "dag@company.com", since);
    let mail = mail.first().context("no weekly mail")?;
    ensure!(mail.text.starts_with("weekly") && mail.text.contains("created=1"), "STAT-1: {}", mail.text);
    ensure!(mails(&house, "bo@company.com", since).is_empty(), "he did not ask");
    house.pass(60).await?;
    ensure!(mails(&house, "dag@company.com", since).len() == 1);
    Ok(())
}

/// Section 18: whoever had it hears that a colleague put it back; not who did so themselves. NOT-1
#[tokio::test(flavor = "multi_thread")]
async fn whose_request_is_put_back_hears_of_it() -> Result<()> {
    let house = House::open().await?;
    let ticket = house.request("Skriver virker ikke").await?;
    house.desk.transfer(&house.eva, &ticket.id, &id(&house.bo), None).await?;
    house.rest().await?;
    for actor in [&house.ane, &house.bo, &house.dag] {
        house.desk.see_notifications(actor).await?;
    }
    house.desk.release(&house.eva, &ticket.id).await?;
    house.rest().await?;
    ensure!(news(&house, &house.bo).await? == [(NoticeKind::Released, 1)], "{:?}", news(&house, &house.bo).await?);
    ensure!(news(&house, &house.ane).await? == [(NoticeKind::NewTicket, 1)]);
    house.desk.take(&house.dag, &ticket.id, None).await?;
    house.rest().await?;
    house.desk.see_notifications(&house.dag).await?;
    house.desk.release(&house.dag, &ticket.id).await?;
    house.rest().await?;
    ensure!(news(&house, &house.dag).await?.is_empty(), "NOT-1");
    Ok(())
}

/// A mail that can't be made is given up in the end, and what it had gathered is let go.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_given_up_mail_had_gathered_is_not_kept() -> Result<()> {
    let house = House::open().await?;
    wish(&house, &house.bo, NoticeKind::Assigned, Way::Mail, true).await?;
    let (ticket, other) = (house.request("Skriver").await?, house.request("Faktura").await?);
    let pool = house.desk.db().read();
    let gathered =
        async || -> Result<i64> { Ok(sqlx::query_scalar("select count(*) from notice_mail").fetch_one(pool).await?) };
    *house.world.speechless.lock().unwrap() = true;
    house.desk.transfer(&house.eva, &ticket.id, &id(&house.bo), None).await?;
    house.rest().await?;
    ensure!(gathered().await? == 1);
    house.clock.advance(6 * MINUTE);
    house.desk.tick().await?;
    // It has been tried for two days.
    let mut tried = 0;
    for _ in 0..1_000 {
        tried =
            sqlx::query("update job set attempts = 15, run_at = 0 where kind = 'mail-notice' and error is not null")
                .execute(pool)
                .await?
                .rows_affected();
        if tried > 0 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    ensure!(tried == 1);
    house.rest().await?;
    ensure!(gathered().await? == 0, "kept for ever");
    *house.world.speechless.lock().unwrap() = false;
    let since = house.sent().len();
    house.desk.transfer(&house.eva, &other.id, &id(&house.bo), None).await?;
    minutes_later(&house).await?;
    ensure!(mails(&house, "bo@company.com", since).len() == 1, "the next one comes");
    Ok(())
}

/// FAV-1, C-15: whoever follows it, or has it among their favourites, hears that it has another owner; not whoever it
/// concerns otherwise, and nobody of their own doing.
#[tokio::test(flavor = "multi_thread")]
async fn who_goes_along_hears_of_another_owner() -> Result<()> {
    let house = House::open().await?;
    let ticket = house.request("Skriver virker ikke").await?;
    for agent in [&house.bo, &house.dag] {
        house.desk.follow_ticket(agent, &ticket.id, &id(agent), true).await?;
    }
    house.desk.star(&house.eva, &ticket.id, true).await?;
    house.rest().await?;
    let all = [&house.ane, &house.bo, &house.dag, &house.eva];
    let heard = async || {
        house.rest().await?;
        let mut heard = vec![];
        for agent in all {
            let kinds: Vec<NoticeKind> = news(&house, agent).await?.into_iter().map(|(kind, _)| kind).collect();
            house.desk.see_notifications(agent).await?;
            heard.push(kinds);
        }
        anyhow::Ok(heard)
    };
    heard().await?;
    house.desk.take(&house.ane, &ticket.id, None).await?;
    let along = vec![NoticeKind::OwnerChanged];
    ensure!(heard().await? == [vec![], along.clone(), along.clone(), along.clone()]);
    house.desk.transfer(&house.dag, &ticket.id, &id(&house.bo), None).await?;
    let now = heard().await?;
    ensure!(now == [vec![NoticeKind::TakenOver], vec![NoticeKind::Assigned], vec![], along.clone()], "{now:?}");
    house.desk.release(&house.eva, &ticket.id).await?;
    let now = heard().await?;
    ensure!(now[1] == [NoticeKind::Released] && now[3].is_empty(), "{now:?}");
    ensure!(now[2] == [NoticeKind::NewTicket], "a member of its category hears that it is to be had: {now:?}");
    Ok(())
}

/// C-15: whoever follows says how much of it they hear; a mention comes through all the same.
#[tokio::test(flavor = "multi_thread")]
async fn a_follower_says_how_much_they_hear() -> Result<()> {
    let house = House::open().await?;
    let ticket = house.request("Skriver virker ikke").await?;
    house.desk.take(&house.ane, &ticket.id, None).await?;
    let refused = house.desk.hear_of(&house.cia, &ticket.id, Hearing::Nothing).await;
    ensure!(refused == Err(Error::NotFound), "she doesn't follow it: {refused:?}");
    house.desk.follow_ticket(&house.ane, &ticket.id, &id(&house.cia), true).await?;
    let heard = async |hearing: Hearing, text: &str| {
        house.desk.hear_of(&house.cia, &ticket.id, hearing).await?;
        house.rest().await?;
        house.desk.see_notifications(&house.cia).await?;
        house.desk.comment(&house.ane, &ticket.id, draft(text, Access::Internal)).await?;
        house.desk.set_status(&house.ane, &ticket.id, &house.status("Closed").await?).await?;
        house.desk.set_status(&house.ane, &ticket.id, &house.status("Open").await?).await?;
        house.rest().await?;
        let mut kinds: Vec<String> =
            news(&house, &house.cia).await?.into_iter().map(|(kind, _)| kind.to_string()).collect();
        kinds.sort_unstable();
        anyhow::Ok(kinds)
    };
    ensure!(heard(Hearing::All, "Ser på den.").await? == ["new-message", "reopened"]);
    ensure!(heard(Hearing::Turns, "Fortsatt.").await? == ["reopened"]);
    ensure!(heard(Hearing::Nothing, "Og nå.").await?.is_empty());
    ensure!(heard(Hearing::Nothing, "Hva mener du, @Cia?").await? == ["mentioned"]);
    let kept = house.desk.followers(&house.ane, &ticket.id).await?;
    ensure!(kept.iter().any(|one| one.name == "Cia" && one.hears == Hearing::Nothing), "{kept:?}");
    Ok(())
}

/// C-20: what was told of a request goes with it, also while it is closed and nobody has looked.
#[tokio::test(flavor = "multi_thread")]
async fn notices_of_what_is_erased_are_not_counted() -> Result<()> {
    let house = House::open().await?;
    let (gone, stays) = (house.request("Borte").await?, house.request("Skriver").await?);
    ensure!(news(&house, &house.ane).await?.len() == 2);
    house.desk.mark_read(&house.bo, &gone.id).await?;
    house.desk.close_ticket(&house.eva, &gone.id).await?;
    let kept = Some(Retention { days: 1, then: Farewell::Erase });
    house.desk.save_retention(&house.eva, &house.support, kept).await?;
    house.pass(24 * 60).await?;
    ensure!(house.ticket(gone.number).await.is_err() && house.ticket(stays.number).await.is_ok());
    for agent in [&house.ane, &house.bo, &house.cia, &house.dag, &house.eva] {
        news(&house, agent).await?;
    }
    Ok(())
}
