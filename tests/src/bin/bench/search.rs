//! Questions to the index, beside a scan of the same database.

use crate::{
    Effort,
    table::{Table, median, percentile},
};
use anyhow::Result;
use std::time::{Duration, Instant};
use tests::{House, house::agent};

pub async fn measure(effort: Effort) -> Result<Table> {
    let mut table = Table::new("Search: from the question to 50 requests with what was found");
    let house = House::open().await?;
    server::demo::fill(&house.desk, effort.requests).await?;
    let eva = agent(&house.desk, "Eva").await?;
    let questions = ["skriver", "faktura passord", "kunde 777", "nettv", "rapprot"];
    for question in questions {
        let (mut p50, mut p95, mut scan) = (vec![], vec![], vec![]);
        for _ in 0..effort.rounds {
            let mut times = vec![];
            for _ in 0..20 {
                let began = Instant::now();
                house.desk.search(&eva, question).await?;
                times.push(began.elapsed());
            }
            p50.push(percentile(&mut times, 50).as_secs_f64());
            p95.push(percentile(&mut times, 95).as_secs_f64());
            let began = Instant::now();
            let like = format!("%{}%", question.split(' ').next().unwrap_or_default());
            sqlx::query("select ticket_id from message where lower(text) like $1 limit 50")
                .bind(like)
                .fetch_all(house.desk.db().read())
                .await?;
            sqlx::query("select count(*) from message where lower(text) like '%notthere%'")
                .fetch_all(house.desk.db().read())
                .await?;
            scan.push(began.elapsed().as_secs_f64());
        }
        let time = |all: Vec<f64>| Duration::from_secs_f64(median(all));
        let scan = time(scan);
        table.time(&format!("“{question}”, p50"), time(p50), "a scan by LIKE", scan);
        table.time(&format!("“{question}”, p95"), time(p95), "a scan by LIKE", scan);
    }
    house.close().await;
    Ok(table)
}
