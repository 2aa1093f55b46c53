//! The change log in sentences. LOG-1.

use crate::words::Words;
#[cfg(not(target_family = "wasm"))]
use desk::model::Language;
use desk::model::{Cause, EventKind, LogEntry};

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
            EventKind::TemplateSent => both(
                format!("{who} sendte malen {new} til kunden"),
                format!("{who} sent the template {new} to the customer"),
            ),
            EventKind::Acknowledged => both("Automatisk svar er sendt".to_owned(), "Automatic reply sent".to_owned()),
            EventKind::AcknowledgementWithheld => self.with_reason(
                self.pick("Automatisk svar ble ikke sendt", "Automatic reply not sent"),
                self.silence(new),
            ),
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
            EventKind::TypeChanged => self.changed(who, self.pick("sakstype", "request type"), old, new),
            EventKind::AccessChanged => self.changed(who, self.pick("tilgangsnivå", "access level"), old, new),
            EventKind::FieldChanged => self.changed(who, &self.field_of(entry), old, new),
            EventKind::SaleChanged => self.changed(who, self.pick("salg", "sale"), old, new),
            EventKind::ProjectChanged => self.changed(who, self.pick("prosjekt", "project"), old, new),
            EventKind::MainContactChanged => self.changed(who, self.pick("hovedkontakt", "main contact"), old, new),
            EventKind::TimeChanged => self.changed(who, self.pick("medgått tid", "time spent"), old, new),
            EventKind::ChargeChanged => self.changed(who, self.pick("tid å fakturere", "time to charge"), old, new),
            EventKind::MessageChanged => self.changed(who, self.pick("en melding", "a message"), old, new),
            EventKind::Tagged => both(format!("{who} la til emneknaggen {new}"), format!("{who} added the tag {new}")),
            EventKind::Untagged => {
                both(format!("{who} fjernet emneknaggen {new}"), format!("{who} removed the tag {new}"))
            }
            EventKind::ContactRemoved => {
                both(format!("{who} fjernet kontakten {new}"), format!("{who} removed the contact {new}"))
            }
            EventKind::Distributed => {
                both(format!("Saken ble tildelt {new}"), format!("The request was given to {new}"))
            }
            EventKind::HandedOut => {
                both(format!("{who} hentet saken fra køen"), format!("{who} took the request from the queue"))
            }
            EventKind::Postponed => both(format!("{who} utsatte saken"), format!("{who} postponed the request")),
            EventKind::Woken => both(
                "Saken er aktiv igjen, fristen den var utsatt til er nådd".to_owned(),
                "The request is active again: the time it was postponed to has come".to_owned(),
            ),
            EventKind::Escalated => self.with_reason(self.pick("Saken ble eskalert", "The request was escalated"), new),
            EventKind::DeadlineNear => both("Fristen nærmer seg".to_owned(), "The deadline is near".to_owned()),
            EventKind::DeadlineMissed => both("Fristen er passert".to_owned(), "The deadline was missed".to_owned()),
            EventKind::Forwarded => both(format!("{who} videresendte til {new}"), format!("{who} forwarded to {new}")),
            EventKind::HelperAsked => both(format!("{who} spurte {new}"), format!("{who} asked {new}")),
            EventKind::HelperAnswered => both(format!("{new} svarte {who}"), format!("{new} answered {who}")),
            EventKind::HelperSilent => both(format!("{new} har ikke svart"), format!("{new} has not answered")),
            EventKind::HelperDone => {
                both(format!("{who} avsluttet samtalen med {new}"), format!("{who} ended the conversation with {new}"))
            }
            EventKind::Mentioned => both(format!("{who} nevnte {new}"), format!("{who} mentioned {new}")),
            EventKind::MessageFlagged => both(format!("{who} flagget en melding"), format!("{who} flagged a message")),
            EventKind::MessageUnflagged => both(format!("{who} fjernet et flagg"), format!("{who} took a flag away")),
            EventKind::MessageRedacted => self
                .with_reason(&self.pick(format!("{who} sladdet en melding"), format!("{who} redacted a message")), new),
            EventKind::MessageMoved => {
                both(format!("{who} flyttet en melding til {new}"), format!("{who} moved a message to {new}"))
            }
            EventKind::Split => both(format!("{who} delte ut sak {new}"), format!("{who} split off request {new}")),
            EventKind::SplitOff => {
                both(format!("{who} delte saken ut fra {old}"), format!("{who} split the request off from {old}"))
            }
            EventKind::Merged => {
                both(format!("{who} slo sammen med sak {old}"), format!("{who} merged request {old} into this one"))
            }
            EventKind::Swallowed => {
                both(format!("{who} slo saken sammen med {new}"), format!("{who} merged the request into {new}"))
            }
            EventKind::Unmerged => {
                both(format!("{who} skilte ut sak {new} igjen"), format!("{who} took request {new} out again"))
            }
            EventKind::Related => {
                both(format!("{who} koblet til sak {new}"), format!("{who} related to request {new}"))
            }
            EventKind::Unrelated => {
                both(format!("{who} fjernet koblingen til {new}"), format!("{who} took away the relation to {new}"))
            }
            EventKind::Deleted => both(format!("{who} slettet saken"), format!("{who} deleted the request")),
            EventKind::Restored => {
                both(format!("{who} hentet saken fra papirkurven"), format!("{who} restored the request"))
            }
            EventKind::MarkedSpam => both(format!("{who} merket som søppel"), format!("{who} marked it as spam")),
            EventKind::Erased => both("Saken er slettet for godt".to_owned(), "Erased for good".to_owned()),
            EventKind::Anonymised => both(
                format!("Saken er anonymisert {new} dager etter at den ble avsluttet"),
                format!("The request was anonymised {new} days after it was closed"),
            ),
            EventKind::LegalHoldPlaced => self.with_reason(
                &self.pick(format!("{who} sperret for sletting"), format!("{who} placed a legal hold")),
                new,
            ),
            EventKind::LegalHoldLifted => self.with_reason(
                &self.pick(format!("{who} opphevet sperren mot sletting"), format!("{who} lifted a legal hold")),
                new,
            ),
            EventKind::Followed => both(format!("{new} følger saken"), format!("{new} follows the request")),
            EventKind::Unfollowed => {
                both(format!("{new} følger ikke saken lenger"), format!("{new} no longer follows the request"))
            }
            EventKind::Undone => both(format!("{who} angret en endring"), format!("{who} took a change back")),
            EventKind::ContactAdded => {
                both(format!("{who} la til kontakten {new}"), format!("{who} added the contact {new}"))
            }
            EventKind::ReadByOwner => both(format!("Lest av {who}"), format!("Read by {who}")),
            EventKind::MarkedUnread => both(format!("{who} merket saken som ulest"), format!("{who} marked it unread")),
            EventKind::ReadByCustomer => both("Lest av kunden".to_owned(), "Read by the customer".to_owned()),
            EventKind::ChoreFailed => both(
                format!("Noe som skulle skje av seg selv på sak {old}, feilet: {new}"),
                format!("Something that should happen by itself on request {old} failed: {new}"),
            ),
            EventKind::ReplyLeft => both("Svaret er sendt".to_owned(), "The reply has been sent".to_owned()),
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
            EventKind::PeopleMerged | EventKind::CompaniesMerged => {
                both(format!("{who} slo {old} sammen med {new}"), format!("{who} merged {old} into {new}"))
            }
            EventKind::PeopleUnmerged => {
                both(format!("{who} skilte {old} fra {new} igjen"), format!("{who} took {old} out of {new} again"))
            }
            EventKind::PersonErased => both(format!("{who} slettet en person"), format!("{who} erased a person")),
            EventKind::PersonExported => {
                both(format!("{who} eksporterte alt om en person"), format!("{who} exported all about a person"))
            }
            EventKind::CompanyChanged => both(format!("{who} endret firmaet"), format!("{who} changed the company")),
            EventKind::SignedIn => both(format!("{who} logget inn"), format!("{who} signed in")),
            EventKind::PluginInstalled => {
                both(format!("{who} installerte utvidelsen {new}"), format!("{who} installed the plugin {new}"))
            }
            EventKind::PluginChanged => {
                both(format!("{who} endret utvidelsen {new}"), format!("{who} changed the plugin {new}"))
            }
            EventKind::PluginRemoved => {
                both(format!("{who} fjernet utvidelsen {old}"), format!("{who} removed the plugin {old}"))
            }
            EventKind::PluginTripped => {
                let why = self.setback(new);
                both(
                    format!("Utvidelsen {old} ble slått av fordi den feilet gang på gang: {why}"),
                    format!("The plugin {old} was switched off because it failed again and again: {why}"),
                )
            }
            EventKind::SettingsChanged => {
                both(format!("{who} endret innstillinger"), format!("{who} changed settings"))
            }
        }
    }

    /// Why a machine kept silent. AUT-2; a word that nobody has worded yet says itself.
    fn silence(self, reason: &str) -> &str {
        match reason {
            "new-contact" => self.pick("avsenderen er ny her", "the sender is new here"),
            "mailbox" => self.pick("postkassen svarer ikke av seg selv", "the mailbox doesn't answer by itself"),
            "own-address" => self.pick("avsenderen er en av våre egne adresser", "the sender is an address of ours"),
            "no-address" => self.pick("avsenderen har ingen adresse", "the sender has no address"),
            "too-many" => self.pick("avsenderen har fått mange på kort tid", "the sender got many within a short time"),
            "bounce" => self.pick("e-posten er en returmelding", "the mail is a bounce"),
            "auto-submitted" | "out-of-office" | "bulk" | "list" | "null-return-path" | "no-reply-wanted" => {
                self.pick("en maskin skrev e-posten", "a machine wrote the mail")
            }
            "internal" => self.pick("saken er intern", "the request is internal"),
            "deleted" => self.pick("saken er slettet", "the request is deleted"),
            "linked" => self.pick("saken er slått sammen med en annen", "the request was merged into another"),
            "unreadable" => self.pick("e-posten lot seg ikke lese", "the mail could not be read"),
            other => other,
        }
    }

    pub fn flag_done(self, on: bool) -> &'static str {
        match on {
            true => self.pick("Meldingen er flagget for alle", "Flagged for everybody"),
            false => self.pick("Flagget er fjernet", "The flag is off"),
        }
    }

    pub fn own_flag_done(self, on: bool) -> &'static str {
        match on {
            true => self.pick("Meldingen har ditt flagg", "It has your flag"),
            false => self.pick("Flagget ditt er fjernet", "Your flag is off"),
        }
    }

    /// Because of what something came about.
    pub fn cause(self, cause: Cause) -> &'static str {
        match cause {
            Cause::Person => self.pick("for hånd", "by hand"),
            Cause::Mail => self.pick("e-post", "mail"),
            Cause::Form => self.pick("portalen", "the portal"),
            Cause::Plugin => self.pick("utvidelse", "plugin"),
            Cause::Clock => self.pick("klokken", "the clock"),
            Cause::Setup => self.pick("oppsett", "setup"),
            Cause::Rule => self.pick("regel", "rule"),
            Cause::Key => self.pick("API-nøkkel", "API key"),
            Cause::Bulk => self.pick("handling på mange saker", "action on many requests"),
            Cause::Undo => self.pick("angret", "undone"),
        }
    }

    /// A file of the log in this language.
    #[cfg(not(target_family = "wasm"))]
    pub fn log_sheet(self) -> desk::LogSheet {
        let headings = match self.0 {
            Language::Nb => ["Nr.", "Tid", "Sak", "Hvem", "Hva som skjedde", "På grunn av", "Før", "Etter"],
            Language::En => ["No.", "Time", "Request", "Who", "What happened", "Because of", "Before", "After"],
        };
        desk::LogSheet {
            language: self.0,
            title: self.log().to_owned(),
            headings: headings.map(str::to_owned),
            line: Box::new(move |entry| self.log_line(entry)),
            cause: Box::new(move |cause| self.cause(cause).to_owned()),
        }
    }

    /// What the field that a line is about is called.
    fn field_of(self, entry: &LogEntry) -> String {
        let data: serde_json::Value =
            serde_json::from_str(entry.data.as_deref().unwrap_or_default()).unwrap_or_default();
        match data.get(self.pick("nb", "en")).and_then(serde_json::Value::as_str) {
            Some(name) => format!("«{name}»"),
            None => self.pick("ekstrafelt", "an extra field").to_owned(),
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
        if reason.is_empty() { fact.to_owned() } else { format!("{fact}: {}", self.setback(reason)) }
    }
}
