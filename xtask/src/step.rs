//! Says what is being done and how far it is.

use std::{
    io::{IsTerminal, Write},
    time::{Duration, Instant},
};

/// How often a log without a screen gets a line about a step that takes long.
const HEARTBEAT: Duration = Duration::from_secs(30);

/// A known number of steps, one after the other.
pub struct Steps {
    now: usize,
    total: usize,
}

impl Steps {
    pub fn new(total: usize) -> Steps {
        Steps { now: 0, total }
    }

    /// Begins the next step and says so.
    pub fn next(&mut self, what: &str) -> Step {
        self.now += 1;
        let head = format!("[{}/{}] {what}", self.now, self.total.max(self.now));
        let screen = std::io::stdout().is_terminal();
        if screen {
            print!("{head} …");
            flush();
        } else {
            println!("{head} …");
        }
        Step { head, screen, begun: Instant::now(), shown: Instant::now() }
    }
}

/// One step under way.
pub struct Step {
    head: String,
    screen: bool,
    begun: Instant,
    shown: Instant,
}

impl Step {
    /// How far it is: rewrites the line on a screen, adds one now and then to a log.
    pub fn far(&mut self, how: &str) {
        if self.screen {
            print!("\r\x1b[K{} … {how}", self.head);
            flush();
        } else if self.shown.elapsed() >= HEARTBEAT {
            println!("{} … {how}", self.head);
            self.shown = Instant::now();
        }
    }

    /// Ends the line, so that a tool's own words start on a fresh one.
    pub fn make_way(&mut self) {
        if self.screen {
            println!();
        }
    }

    /// The step is over, with what came of it.
    pub fn done(self, what: &str) {
        let took = self.begun.elapsed();
        let time = if took >= Duration::from_secs(2) { format!(" ({})", in_words(took)) } else { String::new() };
        let clear = if self.screen { "\r\x1b[K" } else { "" };
        println!("{clear}{}: {what}{time}", self.head);
    }
}

/// What went wrong and what to do, with the technical cause below it.
pub fn in_sentences(error: &anyhow::Error) -> String {
    let causes = error.chain().skip(1).map(|cause| format!("\n  {cause}"));
    format!("\n{error}{}", causes.collect::<String>())
}

fn in_words(time: Duration) -> String {
    match time.as_secs() {
        seconds @ 0..=119 => format!("{seconds} s"),
        seconds => format!("{} min", (seconds + 30) / 60),
    }
}

fn flush() {
    // A screen that cannot be written to is no reason to stop a build.
    let _ = std::io::stdout().flush();
}
