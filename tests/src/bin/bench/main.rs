//! Measures Saker beside what the same machine can do at best, in the same run: a figure alone says nothing about a
//! program, since machines differ and are noisy; the ratio does.

mod bare;
mod crowd;
mod disk;
mod http;
mod intake;
mod pages;
mod plugins;
mod process;
mod search;
mod start;
mod table;

use anyhow::Result;
use clap::{Parser, ValueEnum};
use std::path::PathBuf;
use table::Table;

#[derive(Debug, Parser)]
#[command(about = "Measures Saker beside what the machine can do at best")]
struct Options {
    /// Fewer rounds: to see that it works, not to quote
    #[arg(long)]
    quick: bool,
    /// Only these
    #[arg(long, value_enum)]
    only: Vec<Part>,
    /// As tables for a document
    #[arg(long)]
    markdown: bool,
    /// What the measurements start this program again for: so many plugins in a process of their own
    #[arg(long, hide = true, requires = "folder")]
    crowd: Option<usize>,
    #[arg(long, hide = true)]
    folder: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Part {
    Plugins,
    Crowd,
    Intake,
    Pages,
    Start,
    Search,
}

/// How often things are done.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    /// Odd, so that the median is a round that took place.
    pub rounds: usize,
    pub mails: usize,
    pub calls: usize,
    pub page_views: usize,
    pub requests: u32,
}

#[tokio::main]
async fn main() -> Result<()> {
    let options = Options::parse();
    if let (Some(count), Some(folder)) = (options.crowd, &options.folder) {
        return crowd::be(folder, count).await;
    }
    let effort = if options.quick {
        Effort { rounds: 1, mails: 200, calls: 200, page_views: 100, requests: 500 }
    } else {
        Effort { rounds: 5, mails: 2_000, calls: 3_000, page_views: 1_000, requests: 10_000 }
    };
    for part in Part::value_variants() {
        if !options.only.is_empty() && !options.only.contains(part) {
            continue;
        }
        let table: Table = match part {
            Part::Plugins => plugins::measure(effort).await?,
            Part::Crowd => crowd::measure(effort).await?,
            Part::Intake => intake::measure(effort).await?,
            Part::Pages => pages::measure(effort).await?,
            Part::Start => start::measure(effort).await?,
            Part::Search => search::measure(effort).await?,
        };
        if options.markdown { table.print_markdown() } else { table.print() }
    }
    Ok(())
}
