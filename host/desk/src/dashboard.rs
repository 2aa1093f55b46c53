//! What an agent has before them in the morning: the tiles that they have chosen, or the administrator for everybody.
//! Section 2.4.

use crate::{
    Desk, Error, Result,
    access::{listed, staff},
    model::*,
    statistics::{counted, named, spread},
};
use jiff::{Timestamp, ToSpan, civil::Date, tz::TimeZone};

/// Weeks, or months, that a chart goes back, with the one that has begun.
const STRETCHES: i64 = 12;

impl Desk {
    /// The tiles of one's dashboard, in the order that was chosen. Charts of the work are for those with the right to see
    /// statistics: others have none of them. NAV-8 to NAV-10.
    pub async fn dashboard(&self, actor: &Actor) -> Result<Vec<ShownTile>> {
        let me = staff(actor)?;
        let preferences = self.preferences_of(me).await?;
        let may_count = match self.entitled(actor, Right::Statistics).await {
            Ok(()) => true,
            Err(Error::Forbidden) => false,
            Err(other) => return Err(other),
        };
        let numbers = match preferences.tiles.iter().any(|tile| tile.is_number()) {
            true => self.tiles(actor).await?,
            false => Tiles::default(),
        };
        let mut shown = vec![];
        for tile in preferences.tiles.into_iter().filter(|tile| may_count || !tile.is_chart()) {
            let content = match tile {
                Tile::Mine => TileContent::Number { count: numbers.mine },
                Tile::Overdue => TileContent::Number { count: numbers.overdue },
                Tile::Unassigned => TileContent::Number { count: numbers.unassigned },
                Tile::Unresolved => TileContent::Number { count: numbers.unresolved },
                Tile::MyRequests => TileContent::Requests { page: self.list(actor, List::Mine, None).await? },
                Tile::Unclaimed => TileContent::Requests { page: self.list(actor, List::Unassigned, None).await? },
                Tile::OpenByOwner => TileContent::Shares { shares: named(self.open_by_owner(me).await?, |id| id) },
                Tile::OpenByStatus => TileContent::Shares { shares: named(self.open_by_status(me).await?, |id| id) },
                Tile::CreatedByWeek => self.created(me, weeks(self.clock().now(), &preferences.zone)?).await?,
                Tile::CreatedByMonth => self.created(me, months(self.clock().now(), &preferences.zone)?).await?,
                Tile::ResponseTime => self.answered_in(me, weeks(self.clock().now(), &preferences.zone)?).await?,
            };
            shown.push(ShownTile { tile, content });
        }
        Ok(shown)
    }

    async fn created(&self, me: &AgentId, stretches: Vec<Period>) -> Result<TileContent> {
        let mut created = vec![];
        for period in stretches {
            let sql = counted!("select count(*)", "t.created_at >= $2 and t.created_at < $3");
            let count: Vec<(i64,)> = self.within(sql, me, period).await?;
            created.push(CreatedIn { from: period.from, count: count.first().map_or(0, |row| row.0) });
        }
        Ok(TileContent::Created { stretches: created })
    }

    async fn answered_in(&self, me: &AgentId, stretches: Vec<Period>) -> Result<TileContent> {
        let mut answered = vec![];
        for period in stretches {
            let sql = counted!(
                "select t.replied_at - t.created_at, t.reply_took",
                "t.replied_at >= $2 and t.replied_at < $3"
            );
            let took: Vec<(i64, Option<i64>)> = self.within(sql, me, period).await?;
            answered.push(AnsweredIn {
                from: period.from,
                first_answer: spread(took.iter().map(|(whole, _)| *whole)),
                first_answer_open: spread(took.iter().filter_map(|(_, open)| *open)),
            });
        }
        Ok(TileContent::Answered { stretches: answered })
    }
}

/// The last weeks by the agent's clock, from Monday to Monday, with the one that has begun.
fn weeks(now: i64, zone: &str) -> Result<Vec<Period>> {
    stretches(now, zone, |today, back| {
        let monday = today.checked_sub(i64::from(today.weekday().to_monday_zero_offset()).days())?;
        monday.checked_sub((7 * back).days())
    })
}

fn months(now: i64, zone: &str) -> Result<Vec<Period>> {
    stretches(now, zone, |today, back| today.first_of_month().checked_sub(back.months()))
}

/// From the earliest on. `beginning` says on which day the stretch began that is so many before the present one.
fn stretches(
    now: i64,
    zone: &str,
    beginning: impl Fn(Date, i64) -> std::result::Result<Date, jiff::Error>,
) -> Result<Vec<Period>> {
    let zone = TimeZone::get(zone).map_err(Error::internal)?;
    let today = Timestamp::from_microsecond(now).map_err(Error::internal)?.to_zoned(zone.clone()).date();
    let at = |back: i64| -> Result<i64> {
        let midnight = beginning(today, back).and_then(|day| day.to_zoned(zone.clone())).map_err(Error::internal)?;
        Ok(midnight.timestamp().as_microsecond())
    };
    (0..STRETCHES).rev().map(|back| Ok(Period { from: at(back)?, to: at(back - 1)? })).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> i64 {
        text.parse::<Timestamp>().unwrap().as_microsecond()
    }

    #[test]
    fn weeks_and_months_begin_at_the_agents_midnight() {
        // A Wednesday in Oslo; the clocks went back on 25 October.
        let now = at("2026-11-04T23:30:00Z");
        let weeks = weeks(now, "Europe/Oslo").unwrap();
        assert_eq!(weeks.len(), 12);
        assert_eq!(weeks[11], Period { from: at("2026-11-01T23:00:00Z"), to: at("2026-11-08T23:00:00Z") });
        assert_eq!(weeks[9], Period { from: at("2026-10-18T22:00:00Z"), to: at("2026-10-25T23:00:00Z") });
        let months = months(now, "Europe/Oslo").unwrap();
        assert_eq!(months[11], Period { from: at("2026-10-31T23:00:00Z"), to: at("2026-11-30T23:00:00Z") });
        assert_eq!(months[0].from, at("2025-11-30T23:00:00Z"));
        assert!(weeks.windows(2).all(|two| two[0].to == two[1].from), "nothing between them");
    }
}
