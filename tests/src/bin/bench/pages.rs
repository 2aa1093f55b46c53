//! Pages as a browser gets them, beside an answer of the same size that is always the same.

use crate::{
    Effort,
    http::Line,
    process::Process,
    table::{Table, median, percentile},
};
use anyhow::{Context, Result, ensure};
use axum::{Router, routing::get};
use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

/// Readers at the same time, for requests in a second.
const READERS: usize = 8;

pub async fn measure(effort: Effort) -> Result<Table> {
    let mut table = Table::new("Pages: rendered on the server, over HTTP");
    let folder = tempfile::tempdir()?;
    let saker = Process::start(folder.path(), None, effort.requests.min(2_000)).await?;
    let at_rest = saker.memory()?;
    let mut door = Line::open(saker.pages, "").await?;
    let answer = door.post(&format!("/desk/sign-in/{}", saker.link)).await?;
    let session = answer.cookie.with_context(|| format!("the sign-in was refused: {}", answer.status))?;
    let pages = [
        ("list of 50 requests, agent", "/desk/unassigned", session.as_str()),
        ("request, agent", "/desk/r/1001", session.as_str()),
        ("portal, first page", "/", ""),
        ("portal, form", "/new", ""),
    ];
    for (what, path, cookie) in pages {
        let sample = Line::open(saker.pages, cookie).await?.get(path).await?;
        ensure!(sample.status == 200, "{path}: {}", sample.status);
        let still = same_answer(sample.body.len()).await?;
        let (mut ours, mut theirs) = (Rounds::default(), Rounds::default());
        for _ in 0..effort.rounds {
            ours.add(saker.pages, path, cookie, effort.page_views).await?;
            theirs.add(still, "/", "", effort.page_views).await?;
        }
        let size = format!("{what} ({} kB)", sample.body.len() / 1000);
        table.time(&format!("{size}, p50"), ours.p50(), "static answer", theirs.p50());
        table.time(&format!("{size}, p95"), ours.p95(), "static answer", theirs.p95());
        table.rate(&format!("{size}, {READERS} readers"), ours.rate(), "pages/s", "static answer", theirs.rate());
    }
    let loaded = saker.memory()?;
    for (when, (all, own)) in [("memory after the start", at_rest), ("memory after these pages", loaded)] {
        table.alone(when, format!("{} MB resident, {} MB of it no file's", all / 1_000_000, own / 1_000_000));
    }
    saker.stop().await?;
    Ok(table)
}

#[derive(Default)]
struct Rounds {
    p50: Vec<f64>,
    p95: Vec<f64>,
    rate: Vec<f64>,
}

impl Rounds {
    async fn add(&mut self, at: SocketAddr, path: &str, cookie: &str, views: usize) -> Result<()> {
        let mut line = Line::open(at, cookie).await?;
        let mut times = Vec::with_capacity(views);
        for _ in 0..views / 4 {
            let began = Instant::now();
            ensure!(line.get(path).await?.status == 200, "{path} was refused");
            times.push(began.elapsed());
        }
        self.p50.push(percentile(&mut times, 50).as_secs_f64());
        self.p95.push(percentile(&mut times, 95).as_secs_f64());
        let began = Instant::now();
        let mut readers = tokio::task::JoinSet::new();
        for _ in 0..READERS {
            let (path, cookie) = (path.to_owned(), cookie.to_owned());
            readers.spawn(async move {
                let mut line = Line::open(at, &cookie).await?;
                for _ in 0..views / READERS {
                    ensure!(line.get(&path).await?.status == 200, "{path} was refused");
                }
                Ok(())
            });
        }
        while let Some(done) = readers.join_next().await {
            done??;
        }
        self.rate.push((views / READERS * READERS) as f64 / began.elapsed().as_secs_f64());
        Ok(())
    }

    fn p50(&self) -> Duration {
        Duration::from_secs_f64(median(self.p50.clone()))
    }

    fn p95(&self) -> Duration {
        Duration::from_secs_f64(median(self.p95.clone()))
    }

    fn rate(&self) -> f64 {
        median(self.rate.clone())
    }
}

/// An axum server that says the same bytes every time, in this process.
async fn same_answer(size: usize) -> Result<SocketAddr> {
    let body = "x".repeat(size);
    let router = Router::new().route("/", get(move || async move { axum::response::Html(body) }));
    let socket = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let at = socket.local_addr()?;
    tokio::spawn(async move { axum::serve(socket, router).await });
    Ok(at)
}
