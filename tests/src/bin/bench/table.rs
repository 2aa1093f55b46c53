//! Figures as people read them.

use std::time::Duration;

/// One subject's figures.
pub struct Table {
    title: &'static str,
    rows: Vec<[String; 4]>,
}

impl Table {
    pub fn new(title: &'static str) -> Self {
        Self { title, rows: vec![] }
    }

    /// A time beside a reference's: how many times as long.
    pub fn time(&mut self, what: &str, ours: Duration, reference: &str, theirs: Duration) {
        let ratio = format!("{:.2} × as long", ours.as_secs_f64() / theirs.as_secs_f64());
        self.row(what, span(ours), format!("{reference} {}", span(theirs)), ratio);
    }

    /// A rate beside a reference's: how much of it.
    pub fn rate(&mut self, what: &str, ours: f64, unit: &str, reference: &str, theirs: f64) {
        let ratio = format!("{:.2} of it", ours / theirs);
        self.row(what, format!("{ours:.0} {unit}"), format!("{reference} {theirs:.0}/s"), ratio);
    }

    /// A figure that stands alone.
    pub fn alone(&mut self, what: &str, value: String) {
        self.row(what, value, String::new(), String::new());
    }

    fn row(&mut self, what: &str, ours: String, reference: String, ratio: String) {
        self.rows.push([what.to_owned(), ours, reference, ratio]);
    }

    pub fn print(&self) {
        let widths: [usize; 4] =
            std::array::from_fn(|at| self.rows.iter().map(|row| row[at].chars().count()).max().unwrap_or(0));
        println!("\n{}", self.title);
        for row in &self.rows {
            let cells: Vec<String> = row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
            println!("  {}", cells.join("   ").trim_end());
        }
    }

    pub fn print_markdown(&self) {
        println!("\n## {}\n\n| | Saker | Beside | |\n|---|---|---|---|", self.title);
        for row in &self.rows {
            println!("| {} |", row.join(" | "));
        }
    }
}

pub fn span(time: Duration) -> String {
    match time.as_nanos() {
        0..10_000 => format!("{:.2} µs", time.as_secs_f64() * 1e6),
        10_000..1_000_000 => format!("{:.0} µs", time.as_secs_f64() * 1e6),
        1_000_000..100_000_000 => format!("{:.2} ms", time.as_secs_f64() * 1e3),
        _ => format!("{:.2} s", time.as_secs_f64()),
    }
}

/// The middle one; of an even count the later of the two.
pub fn median(mut all: Vec<f64>) -> f64 {
    all.sort_by(f64::total_cmp);
    all[all.len() / 2]
}

/// The time that so many of a hundred stayed under.
pub fn percentile(times: &mut [Duration], hundredths: usize) -> Duration {
    times.sort();
    times[(times.len() * hundredths / 100).min(times.len() - 1)]
}
