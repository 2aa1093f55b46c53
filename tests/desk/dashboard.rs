//! Section 2.4, and what is remembered of looking for something.

use crate::{
    house::{House, draft},
    role::{give, role},
};
use anyhow::{Context, Result, ensure};
use desk::{
    Error,
    clock::HOUR,
    model::{
        Access, Aspect, Chosen, Criteria, Criterion, Heading, LastSearch, Operator, Reach, Sort, Tile, TileContent,
    },
};

/// NAV-8, NAV-9, NAV-10: what stands there, in which order, is chosen; charts are for those who may see statistics.
#[tokio::test(flavor = "multi_thread")]
async fn the_tiles_of_a_dashboard_are_chosen_and_the_role_permits_them() -> Result<()> {
    let house = House::open().await?;
    let (first, _second) = (house.request("Skriver").await?, house.request("Faktura").await?);
    house.clock.advance(2 * HOUR);
    house.desk.take(&house.ane, &first.id, None).await?;
    house.desk.reply(&house.ane, &first.id, draft("Start den på nytt.", Access::External)).await?;
    house.rest().await?;
    let usual = house.desk.dashboard(&house.ane).await?;
    ensure!(usual.iter().map(|shown| shown.tile).eq([
        Tile::Mine,
        Tile::Overdue,
        Tile::Unassigned,
        Tile::Unresolved,
        Tile::MyRequests,
        Tile::Unclaimed
    ]));
    ensure!(
        usual[0].content == TileContent::Number { count: 1 } && usual[3].content == TileContent::Number { count: 2 }
    );
    let TileContent::Requests { page } = &usual[4].content else { anyhow::bail!("{usual:?}") };
    ensure!(page.rows.iter().map(|row| row.number).eq([first.number]), "NAV-8");

    let tiles =
        vec![Tile::OpenByOwner, Tile::CreatedByWeek, Tile::ResponseTime, Tile::CreatedByMonth, Tile::OpenByStatus];
    let chosen = Chosen { tiles: Some(tiles.clone()), ..Chosen::default() };
    house.desk.save_preferences(&house.ane, &chosen).await?;
    let own = house.desk.dashboard(&house.ane).await?;
    ensure!(own.iter().map(|shown| shown.tile).eq(tiles.iter().copied()), "in the order that was chosen");
    let TileContent::Shares { shares } = &own[0].content else { anyhow::bail!("{own:?}") };
    ensure!(shares.len() == 2 && shares.iter().all(|share| share.count == 1), "Ane's, and nobody's: {shares:?}");
    for created in [&own[1], &own[3]] {
        let TileContent::Created { stretches } = &created.content else { anyhow::bail!("{own:?}") };
        ensure!(stretches.len() == 12 && stretches[11].count == 2 && stretches[10].count == 0, "{stretches:?}");
    }
    let TileContent::Answered { stretches } = &own[2].content else { anyhow::bail!("{own:?}") };
    let last = stretches.last().context("no week")?;
    ensure!((last.first_answer.count, last.first_answer.median) == (1, 120), "{last:?}");

    // Chosen by the administrator for everybody; without the right to see statistics a chart is not there.
    let everybody = Chosen { tiles: Some(vec![Tile::OpenByStatus, Tile::Unresolved]), ..Chosen::default() };
    house.desk.save_default_preferences(&house.eva, &everybody).await?;
    ensure!(house.desk.dashboard(&house.bo).await?.len() == 2);
    give(&house, &house.bo, role("Uten tall", Reach::All, Reach::All, Reach::All)).await?;
    let without = house.desk.dashboard(&house.bo).await?;
    ensure!(without.len() == 1 && without[0].content == TileContent::Number { count: 2 }, "{without:?}");
    let many = Chosen { tiles: Some(vec![Tile::Mine; 21]), ..Chosen::default() };
    ensure!(matches!(house.desk.save_preferences(&house.ane, &many).await, Err(Error::Invalid { .. })));
    Ok(())
}

/// FND-2: the last criteria are there again on every device, and are one's own.
#[tokio::test(flavor = "multi_thread")]
async fn the_last_criteria_are_remembered() -> Result<()> {
    let house = House::open().await?;
    ensure!(house.desk.last_search(&house.ane).await?.is_none());
    let criteria = Criteria::all(vec![Criterion::new(Aspect::Title, Operator::Contains, ["skriver"])]);
    let search = LastSearch { criteria, sort: Sort::new(Heading::Created, true) };
    house.desk.remember_search(&house.ane, &search).await?;
    let house = house.restart().await?;
    ensure!(house.desk.last_search(&house.ane).await? == Some(search));
    ensure!(house.desk.last_search(&house.bo).await?.is_none(), "nobody else's");
    Ok(())
}
