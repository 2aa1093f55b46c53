//! Numbers about the work. Section 21.

use crate::{
    house::{House, TUESDAY_TEN, draft, id},
    role::{give, role},
};
use anyhow::{Result, ensure};
use desk::{
    Error,
    clock::{DAY, HOUR, MINUTE},
    model::{Access, Actor, Period, Reach},
};

const WEEK: Period = Period { from: TUESDAY_TEN - DAY, to: TUESDAY_TEN + 6 * DAY };

#[tokio::test(flavor = "multi_thread")]
async fn a_week_in_numbers() -> Result<()> {
    let house = House::open().await?;
    let first = house.request("Skriver virker ikke").await?;
    let second = house.request("Faktura 1042 feil").await?;
    house.request("Takk").await?;
    house.desk.take(&house.ane, &first.id, None).await?;
    house.clock.advance(30 * MINUTE);
    let mut answer = draft("Start den på nytt.", Access::External);
    answer.close = true;
    house.desk.reply(&house.ane, &first.id, answer).await?;
    house.clock.advance(HOUR);
    house.desk.reply(&house.bo, &second.id, draft("Vi ser på det.", Access::External)).await?;
    house.rest().await?;

    // STAT-1, STAT-2
    let week = house.desk.statistics(&house.eva, WEEK).await?;
    ensure!((week.created, week.closed, week.replies) == (3, 1, 2), "{week:?}");
    ensure!((week.first_answer.count, week.first_answer.median, week.first_answer.most) == (2, 30, 90), "{week:?}");
    ensure!(week.resolution.median == 30 && week.days.iter().map(|day| day.created).sum::<i64>() == 3);
    ensure!(week.closed_by_owner.len() == 1 && week.closed_by_owner[0].of.as_ref() == house.ane.agent());
    ensure!(week.by_origin.len() == 1 && week.by_origin[0].of == "email" && week.by_origin[0].count == 3);
    let nobody = week.open_by_owner.iter().find(|share| share.of.is_none());
    ensure!(nobody.is_some_and(|share| share.count == 2), "{week:?}");

    // STAT-2, STAT-3: by what they are, and how long each phase took.
    ensure!(week.by_priority.iter().map(|share| share.count).sum::<i64>() == 3, "{week:?}");
    ensure!(week.by_company.len() == 1 && week.by_company[0].count == 3 && week.by_company[0].of.is_some());
    ensure!(week.by_language.len() == 1 && week.by_language[0].of.as_deref() == Some("nb"), "{week:?}");
    ensure!(week.by_tag.len() == 1 && week.by_tag[0].of.is_none() && week.by_type.len() == 1, "{week:?}");
    ensure!(week.closed_by_team.len() == 1 && week.closed_by_team[0].of.is_none(), "Ane is in no team yet");
    ensure!(week.phases.internal.count + week.phases.queue.count >= 1, "{week:?}");
    ensure!(week.phases.internal.median + week.phases.queue.median == 30, "{week:?}");
    house.desk.add_tag(&house.ane, &first.id, "skriver").await?;
    let team = house.desk.save_team(&house.eva, None, "Førstelinje", &[id(&house.ane)]).await?;
    let now = house.desk.statistics(&house.eva, WEEK).await?;
    ensure!(now.closed_by_team.len() == 1 && now.closed_by_team[0].of.as_ref() == Some(&team), "{now:?}");
    ensure!(now.by_tag.len() == 2 && now.by_tag.iter().any(|share| share.of.is_some() && share.count == 1), "{now:?}");

    let tiles = house.desk.tiles(&house.ane).await?;
    ensure!((tiles.mine, tiles.unassigned, tiles.unresolved) == (0, 2, 2), "{tiles:?}");
    // The week before is empty, and a period that ends before it begins is refused.
    let before = Period { from: WEEK.from - 7 * DAY, to: WEEK.from };
    ensure!(house.desk.statistics(&house.eva, before).await?.created == 0);
    ensure!(house.desk.statistics(&house.eva, Period { from: 1, to: 1 }).await.is_err());
    ensure!(house.desk.statistics(&Actor::Anonymous, WEEK).await.is_err());
    // Numbers about the work are a right of their own; what one has to do oneself is not.
    give(&house, &house.bo, role("Uten tall", Reach::All, Reach::All, Reach::All)).await?;
    ensure!(house.desk.statistics(&house.bo, WEEK).await == Err(Error::Forbidden));
    ensure!(
        house.desk.tiles(&house.bo).await?.unresolved == 2 && house.desk.statistics(&house.ane, WEEK).await.is_ok()
    );
    Ok(())
}
