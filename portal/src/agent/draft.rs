//! Text that somebody is in the middle of. It is kept in this browser with every key, on the server a moment later
//! ([`super::autosave`]), and forgotten when it is sent.

use super::browser;
use desk::model::{self, Access, Draft, Recipients, Ticket, TicketId, Upload};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Kept {
    pub text: String,
    /// What the desk calls the template, and what the writer does.
    pub template: Option<(String, String)>,
    pub files: Vec<Upload>,
    /// As far as the writer changed who gets it.
    pub recipients: Option<Recipients>,
    /// The log's number when the first key was pressed.
    pub seen: i64,
    /// How many messages to and from the customer there were then.
    pub heard: usize,
    /// Empty until there is something to keep.
    pub key: String,
    /// Milliseconds that somebody wrote, pauses left out, and when the last key was pressed. TIM-1.
    pub worked: f64,
    pub touched: f64,
    /// The server's version that this text goes on from, 0 where the server has none; and whether the server has it all.
    pub version: i64,
    pub clean: bool,
}

/// Who presses no key for so long does something else, in milliseconds.
const PAUSE: f64 = 60_000.0;

impl Kept {
    pub fn read(ticket: &TicketId, access: Access) -> Self {
        let kept = browser::stored(&name(ticket, access));
        kept.and_then(|kept| serde_json::from_str(&kept).ok()).unwrap_or_default()
    }

    pub fn keep(&self, ticket: &TicketId, access: Access) {
        browser::store(&name(ticket, access), self.body().as_deref());
    }

    /// The form that the server keeps. Nothing where there is nothing to keep.
    pub fn body(&self) -> Option<String> {
        (!self.is_empty()).then(|| serde_json::to_string(self).ok()).flatten()
    }

    /// Another device kept something: it is taken where nothing else was written here, else it comes before that. What is
    /// gone there was sent or thrown away there.
    pub fn meet(&mut self, there: &model::Kept) {
        let mut other = Self::default();
        match serde_json::from_str::<Draft>(&there.body) {
            // A reply that was called back by undoing lies there as it was sent.
            Ok(draft) => other.take_back(draft),
            Err(_) => other = serde_json::from_str(&there.body).unwrap_or_default(),
        }
        if self.clean || self.is_empty() {
            *self = Self { version: there.version, clean: true, ..other };
            return;
        }
        self.version = there.version;
        if other.text.trim().is_empty() || self.text.contains(other.text.trim()) {
            return;
        }
        let later = std::mem::take(&mut self.text);
        self.text = format!("{}\n\n{later}", other.text);
        other.files.retain(|file| self.files.iter().all(|mine| mine.blob != file.blob));
        self.files.splice(0..0, other.files);
        self.recipients = self.recipients.take().or(other.recipients);
        self.worked = self.worked.max(other.worked);
    }

    /// A reply that was called back comes before what was begun since. It is sent under a new key: the old one is used up.
    pub fn take_back(&mut self, draft: Draft) {
        let later = std::mem::take(&mut self.text);
        self.text = if later.trim().is_empty() { draft.text } else { format!("{}\n\n{later}", draft.text) };
        self.files.splice(0..0, draft.files);
        self.recipients = self.recipients.take().or(draft.recipients);
        self.worked += draft.seconds as f64 * 1_000.0;
        self.key.clear();
        // Where something newer was kept there, the server has not got it like this.
        self.clean = false;
    }

    /// Whether a form that the server keeps is all of this text; no form is all of nothing.
    pub fn is_all_of(&self, body: Option<&str>) -> bool {
        let Some(body) = body else { return self.is_empty() };
        let there = serde_json::from_str::<Self>(body);
        there.is_ok_and(|there| Self { version: self.version, clean: self.clean, ..there } == *self)
    }

    pub fn is_empty(&self) -> bool {
        self.text.trim().is_empty() && self.files.is_empty()
    }

    /// Notes what the writer knew when they began.
    pub fn begin(&mut self, ticket: &Ticket) {
        if self.key.is_empty() {
            self.key = browser::fresh_key();
            self.catch_up(ticket);
        }
    }

    /// Somebody writes: the time since the last key counts, unless it was a pause.
    pub fn work(&mut self) {
        let now = browser::now();
        let since = now - self.touched;
        if self.touched > 0.0 && (0.0..PAUSE).contains(&since) {
            self.worked += since;
        }
        self.touched = now;
    }

    /// Whole seconds that it was worked on.
    pub fn seconds(&self) -> i64 {
        (self.worked / 1_000.0) as i64
    }

    /// The writer has seen everything up to now.
    pub fn catch_up(&mut self, ticket: &Ticket) {
        self.seen = ticket.seen;
        self.heard = heard(ticket);
    }

    /// How many messages came after the first key.
    pub fn missed(&self, ticket: &Ticket) -> usize {
        if self.key.is_empty() { 0 } else { heard(ticket).saturating_sub(self.heard) }
    }
}

/// What the server calls the draft of a reply or a comment.
pub fn kind(access: Access) -> &'static str {
    match access {
        Access::External => "reply",
        Access::Internal => "comment",
    }
}

/// Messages between the customer and the desk.
pub fn heard(ticket: &Ticket) -> usize {
    ticket.messages.iter().filter(|message| message.access == Access::External).count()
}

fn name(ticket: &TicketId, access: Access) -> String {
    format!("saker.draft.{ticket}.{access}")
}

#[cfg(test)]
mod tests {
    use super::Kept;
    use desk::model::{self, Draft};

    /// One that was called back after another was begun, which the server has already.
    #[test]
    fn what_was_called_back_is_not_lost_to_what_was_begun_since() {
        let begun = |text: &str| Kept { text: text.to_owned(), clean: true, version: 3, ..Kept::default() };
        let there = model::Kept { body: begun("B").body().unwrap(), version: 3, ..model::Kept::default() };
        let mut here = begun("B");
        here.take_back(Draft { text: "A".to_owned(), ..Draft::default() });
        here.meet(&there);
        assert_eq!((here.text.as_str(), here.clean), ("A\n\nB", false));
        // Alone, it is what the server has.
        let sent = Draft { text: "A".to_owned(), ..Draft::default() };
        let there = model::Kept { body: serde_json::to_string(&sent).unwrap(), version: 4, ..model::Kept::default() };
        let mut here = Kept::default();
        here.take_back(sent);
        here.meet(&there);
        assert_eq!((here.text.as_str(), here.version), ("A", 4));
    }
}
