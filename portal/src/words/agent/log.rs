//! The change log in sentences. LOG-1.

use crate::words::Words;
use desk::model::{EventKind, LogEntry};

impl Words {
    /// One line: who did what, and from what to what.
    pub fn log_line(self, entry: &LogEntry) -> String {
        let who = if entry.actor.is_empty() { self.product() } else { &entry.actor };
        let (old, new) = (entry.old.as_deref().unwrap_or_default(), entry.new.as_deref().unwrap_or_default());
        let both = |nb: String, en: String| self.pick(nb, en);
        match entry.kind {
            EventKind::TicketOpened => both(format!("{who} opprettet saken"), format!("{who} opened the request")),
            EventKind::EnquiryReceived => both(format!("Henvendelse fra {who}"), format!("Enquiry from {who}")),
            EventKind::Replied => both(format!("{who} svarte"), format!("{who} replied")),
            EventKind::Commented => both(format!("{who} la til en kommentar"), format!("{who} added a comment")),
            EventKind::Acknowledged => both("Automatisk svar er sendt".to_owned(), "Automatic reply sent".to_owned()),
            EventKind::AcknowledgementWithheld => {
                self.with_reason(self.pick("Automatisk svar ble ikke sendt", "Automatic reply not sent"), new)
            }
            EventKind::Accepted => both(format!("{who} overtok saken"), format!("{who} took the request")),
            EventKind::Transferred if new.is_empty() => {
                both(format!("{who} overførte saken"), format!("{who} transferred the request"))
            }
            EventKind::Transferred => {
                both(format!("{who} ga saken til {new}"), format!("{who} gave the request to {new}"))
            }
            EventKind::Released => both(
                format!("{who} la saken tilbake som ufordelt"),
                format!("{who} put the request back as unassigned"),
            ),
            EventKind::StatusChanged => self.changed(who, self.pick("status", "status"), old, new),
            EventKind::Closed => both(format!("{who} avsluttet saken"), format!("{who} closed the request")),
            EventKind::Reopened => both(format!("{who} åpnet saken igjen"), format!("{who} reopened the request")),
            EventKind::CategoryChanged => self.changed(who, self.pick("kategori", "category"), old, new),
            EventKind::PriorityChanged => self.changed(who, self.pick("prioritet", "priority"), old, new),
            EventKind::TitleChanged => self.changed(who, self.pick("tittel", "title"), old, new),
            EventKind::ContactAdded => {
                both(format!("{who} la til kontakten {new}"), format!("{who} added the contact {new}"))
            }
            EventKind::ReadByOwner => both(format!("Lest av {who}"), format!("Read by {who}")),
            EventKind::ReadByCustomer => both("Lest av kunden".to_owned(), "Read by the customer".to_owned()),
            EventKind::Delivered => both("E-posten er levert".to_owned(), "Mail delivered".to_owned()),
            EventKind::DeliveryFailed => {
                self.with_reason(self.pick("E-posten kunne ikke sendes", "Mail couldn't be sent"), new)
            }
            EventKind::DeliveryUncertain => {
                both("Uklart om e-posten kom fram".to_owned(), "Unclear whether the mail arrived".to_owned())
            }
            EventKind::Bounced => self.with_reason(self.pick("E-posten kom i retur", "Mail came back"), new),
            EventKind::PersonAdded => {
                both(format!("{who} registrerte kontakten"), format!("{who} registered the contact"))
            }
            EventKind::PersonChanged => both(format!("{who} endret kontakten"), format!("{who} changed the contact")),
            EventKind::SignedIn => both(format!("{who} logget inn"), format!("{who} signed in")),
            EventKind::SettingsChanged => {
                both(format!("{who} endret innstillinger"), format!("{who} changed settings"))
            }
        }
    }

    fn changed(self, who: &str, what: &str, old: &str, new: &str) -> String {
        match (old.is_empty(), new.is_empty()) {
            (_, true) => self.pick(format!("{who} endret {what}"), format!("{who} changed {what}")),
            (true, false) => self.pick(format!("{who} satte {what} til {new}"), format!("{who} set {what} to {new}")),
            (false, false) => self.pick(
                format!("{who} endret {what} fra {old} til {new}"),
                format!("{who} changed {what} from {old} to {new}"),
            ),
        }
    }

    fn with_reason(self, fact: &str, reason: &str) -> String {
        if reason.is_empty() { fact.to_owned() } else { format!("{fact}: {reason}") }
    }
}
