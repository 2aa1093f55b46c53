//! What agents can do, and who therefore gets what. Appendix C, number 9.

use crate::house::{House, id};
use anyhow::{Context, Result, ensure};
use desk::{
    Error, Why,
    clock::HOUR,
    model::{
        Actor, CategorySettings, Ground, Method, Next, Passed, Phase, Skill, SkillPlace, SkillsOf, SkillsWanted, State,
        Status, StatusId, Ticket, WantedSkill,
    },
};

async fn set_up(house: &House, change: impl FnOnce(&mut CategorySettings)) -> Result<()> {
    let mut support = house.desk.category_settings(&house.eva, &house.support).await?;
    change(&mut support);
    Ok(house.desk.save_category(&house.eva, &house.support, support).await?)
}

fn skill(name: &str, level: i64) -> Skill {
    Skill { name: name.to_owned(), level }
}

async fn can(house: &House, agent: &Actor, skills: &[Skill]) -> Result<()> {
    Ok(house.desk.set_skills(&house.eva, &id(agent), skills).await?)
}

async fn want(house: &House, name: &str, level: i64, required: bool) -> Result<()> {
    let wanted = SkillsWanted {
        place: SkillPlace::Category { id: house.support.clone() },
        skills: vec![WantedSkill { name: name.to_owned(), level, required }],
    };
    Ok(house.desk.want_skills(&house.eva, &wanted).await?)
}

async fn arrive(house: &House, n: usize) -> Result<Ticket> {
    house.mail(&format!("kunde{n}@somewhere.example"), &format!("Sak {n}"), "Hei").await?;
    house.rest().await?;
    house.latest().await
}

fn owner(ticket: &Ticket) -> String {
    ticket.owner.as_ref().map(|owner| owner.name.clone()).unwrap_or_default()
}

/// Who has what is asked for is preferred, or nobody else gets it; and why is kept.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_the_skill_gets_it_and_the_reason_says_so() -> Result<()> {
    let house = House::open().await?;
    set_up(&house, |support| support.method = Method::Even).await?;
    can(&house, &house.bo, &[skill("Norsk", 3), skill("Nettverk", 0)]).await?;
    want(&house, "norsk", 0, false).await?;
    for n in 0..3 {
        let ticket = arrive(&house, n).await?;
        let why = ticket.why.clone().context("no reason")?;
        ensure!(owner(&ticket) == "Bo" && why.ground == Ground::Even && why.passed.is_empty(), "{why:?}");
        let seen = |name: &str, has: bool| SkillsOf {
            name: name.to_owned(),
            has: if has { vec!["norsk".to_owned()] } else { vec![] },
            lacks: if has { vec![] } else { vec!["norsk".to_owned()] },
        };
        for (name, has) in [("Ane", false), ("Bo", true), ("Dag", false)] {
            ensure!(why.skills.contains(&seen(name, has)), "{why:?}");
        }
    }
    // Preferred only: with Bo away somebody else gets it.
    house.desk.set_away(&house.bo, &id(&house.bo), true).await?;
    ensure!(["Ane", "Dag"].contains(&owner(&arrive(&house, 3).await?).as_str()));
    // Required: then it waits, and says why.
    want(&house, "Norsk", 0, true).await?;
    let waits = arrive(&house, 4).await?;
    let why = waits.why.clone().context("no reason")?;
    let unskilled = why.passed.iter().filter(|passed| passed.why == Passed::Unskilled).count();
    ensure!(owner(&waits).is_empty() && why.ground == Ground::Nobody && unskilled == 2, "{why:?}");
    // A level that Bo does not reach.
    house.desk.set_away(&house.bo, &id(&house.bo), false).await?;
    ensure!(owner(&arrive(&house, 5).await?) == "Bo");
    want(&house, "Norsk", 4, true).await?;
    ensure!(owner(&arrive(&house, 6).await?).is_empty());
    // The administrator of the category is the last resort, whatever they can.
    set_up(&house, |support| support.administrator = Some(id(&house.dag))).await?;
    ensure!(owner(&arrive(&house, 7).await?) == "Dag");
    Ok(())
}

/// Also the customer's own contact, and who had them a moment ago, need what is required; tags ask too.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_required_holds_for_whoever_comes_first() -> Result<()> {
    let house = House::open().await?;
    set_up(&house, |support| (support.method, support.quarantine) = (Method::Even, Some(60))).await?;
    can(&house, &house.bo, &[skill("Lisenser", 0)]).await?;
    let first = house.request("En").await?;
    house.desk.transfer(&house.eva, &first.id, &id(&house.ane), None).await?;
    ensure!(owner(&house.request("To").await?) == "Ane", "she had Kari a moment ago");
    want(&house, "Lisenser", 0, true).await?;
    let third = house.request("Tre").await?;
    ensure!(owner(&third) == "Bo", "{:?}", third.why);
    // Handed back with a tag that asks for something nobody can.
    house.desk.add_tag(&house.eva, &third.id, "latin").await?;
    let tag = house.desk.tags(&house.eva, "latin", None).await?.rows.pop().context("no tag")?.id;
    let place = SkillPlace::Tag { id: tag };
    let wanted = SkillsWanted { place, skills: vec![WantedSkill { name: "Latin".into(), level: 0, required: true }] };
    house.desk.want_skills(&house.eva, &wanted).await?;
    ensure!(house.desk.hand_back(&house.bo, &third.id, None).await?.is_none());
    Ok(())
}

/// QUE-1 to QUE-3: the queue hands out what somebody can do; what is due soon waits for nobody's skills.
#[tokio::test(flavor = "multi_thread")]
async fn the_queue_hands_out_what_one_can_do() -> Result<()> {
    let house = House::open().await?;
    let queue = Status {
        id: StatusId::new(),
        state: State::Open,
        nb: "I kø".into(),
        en: "In queue".into(),
        default: true,
        accept: false,
        queue: true,
        new_on_reply: false,
        waiting: false,
        track: Phase::Queue,
    };
    house.desk.save_status(&house.eva, queue).await?;
    let (first, second) = (arrive(&house, 0).await?, arrive(&house, 1).await?);
    house.desk.add_tag(&house.eva, &first.id, "norsk").await?;
    let tag = house.desk.tags(&house.eva, "norsk", None).await?.rows.pop().context("no tag")?.id;
    let mut wanted = SkillsWanted {
        place: SkillPlace::Tag { id: tag },
        skills: vec![WantedSkill { name: "Norsk".into(), level: 0, required: true }],
    };
    house.desk.want_skills(&house.eva, &wanted).await?;
    can(&house, &house.bo, &[skill("norsk", 1)]).await?;
    ensure!(house.desk.next_in_queue(&house.ane).await? == Next::Yours { number: second.number }, "not what she can't");
    ensure!(house.desk.next_in_queue(&house.ane).await? == Next::Empty, "QUE-6");
    ensure!(house.desk.next_in_queue(&house.bo).await? == Next::Yours { number: first.number });
    let why = house.ticket(first.number).await?.why.context("no reason")?;
    ensure!(why.ground == Ground::Queue && why.skills[0].has == ["Norsk"], "{why:?}");
    // Preferred, it comes after what asks for nothing; until it is nearly due.
    wanted.skills[0].required = false;
    house.desk.want_skills(&house.eva, &wanted).await?;
    let third = arrive(&house, 2).await?;
    house.desk.add_tag(&house.eva, &third.id, "norsk").await?;
    house.clock.advance(HOUR / 2);
    let fourth = arrive(&house, 3).await?;
    ensure!(house.desk.next_in_queue(&house.ane).await? == Next::Yours { number: fourth.number });
    ensure!(house.desk.next_in_queue(&house.ane).await? == Next::Yours { number: third.number });
    ensure!(house.ticket(third.number).await?.why.context("no reason")?.skills[0].lacks == ["Norsk"]);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn skills_are_said_by_administrators_and_nothing_twice() -> Result<()> {
    let house = House::open().await?;
    let ane = id(&house.ane);
    ensure!(house.desk.set_skills(&house.ane, &ane, &[]).await == Err(Error::Forbidden));
    let twice = [skill("Norsk", 1), skill("norsk", 2)];
    ensure!(house.desk.set_skills(&house.eva, &ane, &twice).await == Err(Error::invalid("name", Why::Double)));
    let high = house.desk.set_skills(&house.eva, &ane, &[skill("Norsk", 6)]).await;
    ensure!(high == Err(Error::invalid("level", Why::NotAChoice)));
    let nameless = house.desk.set_skills(&house.eva, &ane, &[skill("  ", 1)]).await;
    ensure!(nameless == Err(Error::invalid("name", Why::Missing)));
    can(&house, &house.ane, &[skill("Norsk", 5), skill("Excel", 0)]).await?;
    let all = house.desk.skills(&house.bo).await?;
    let of = all.iter().find(|of| of.agent == ane).context("no Ane")?;
    ensure!(of.skills == [skill("Excel", 0), skill("Norsk", 5)], "{of:?}");
    want(&house, "Norsk", 2, true).await?;
    let wanted = house.desk.skills_wanted(&house.bo).await?;
    ensure!(wanted.len() == 1 && wanted[0].skills[0].required && wanted[0].skills[0].level == 2, "{wanted:?}");
    // The configuration has them; who can what is people's.
    let document = house.desk.export_configuration(&house.eva).await?;
    ensure!(document.parts["wanted_skill"].len() == 1 && document.parts["agent_skill"].len() == 2);
    ensure!(!document.without_people().parts.contains_key("agent_skill"));
    Ok(())
}
