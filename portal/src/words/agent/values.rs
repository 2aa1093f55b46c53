//! Sentences of the workspace with something in them.

use crate::words::{Words, shared::Civil};
use desk::{Why, model::*};

impl Words {
    /// What stands in the browser's tab.
    pub fn page_title(self, page: &str) -> String {
        format!("{page} · {}", self.product())
    }

    /// A label with the key that does the same.
    pub fn with_key(self, label: &str, key: &str) -> String {
        format!("{label} ({key})")
    }

    /// Who may use a reply template that somebody else wrote.
    pub fn for_everybody_by(self, author: &str) -> String {
        self.pick(format!("Alle, fra {author}"), format!("Everybody, by {author}"))
    }

    pub fn my_account(self, name: &str) -> String {
        self.pick(format!("Meg: {name}"), format!("Me: {name}"))
    }

    pub fn notices(self, unseen: i64) -> String {
        match unseen {
            0 => self.notices_short().to_owned(),
            1 => self.pick("Varsler, 1 nytt", "Notices, 1 new").to_owned(),
            more => self.pick(format!("Varsler, {more} nye"), format!("Notices, {more} new")),
        }
    }

    pub fn notice(self, notice: &Notification) -> String {
        let by = if notice.by.is_empty() { self.product() } else { &notice.by };
        match notice.kind {
            NoticeKind::NewTicket => self.pick(format!("Ny sak fra {by}"), format!("New request from {by}")),
            NoticeKind::NewMessage => self.pick(format!("Ny melding fra {by}"), format!("New message from {by}")),
            NoticeKind::Assigned => self.pick(format!("{by} ga deg en sak"), format!("{by} gave you a request")),
            NoticeKind::TakenOver => {
                self.pick(format!("{by} overtok saken fra deg"), format!("{by} took the request over from you"))
            }
            NoticeKind::OwnerChanged => self.pick(
                "En sak du følger, har fått ny eier".to_owned(),
                "A request you follow has another owner".to_owned(),
            ),
            NoticeKind::Released => {
                self.pick(format!("{by} la saken din tilbake"), format!("{by} put your request back"))
            }
            NoticeKind::Stuck => self.pick(
                "Noe som skulle skje av seg selv, feilet".to_owned(),
                "Something that should happen by itself failed".to_owned(),
            ),
            NoticeKind::Reopened => self.pick("En sak er åpnet igjen".to_owned(), "A request is open again".to_owned()),
            NoticeKind::Escalated => self.pick("En sak er eskalert".to_owned(), "A request was escalated".to_owned()),
            NoticeKind::DeadlineNear => self.pick("En frist nærmer seg".to_owned(), "A deadline is near".to_owned()),
            NoticeKind::DeadlineMissed => {
                self.pick("En frist er passert".to_owned(), "A deadline was missed".to_owned())
            }
            NoticeKind::Mentioned => self.pick(format!("{by} nevnte deg"), format!("{by} mentioned you")),
            NoticeKind::HelperAnswered => self.pick(format!("{by} har svart"), format!("{by} has answered")),
            NoticeKind::Unhandled => {
                self.pick("En sak har ligget lenge".to_owned(), "A request has been waiting for long".to_owned())
            }
            NoticeKind::DeliveryFailed => {
                self.pick("Et svar kom ikke fram".to_owned(), "A reply did not arrive".to_owned())
            }
        }
    }

    pub fn list_name(self, list: List) -> &'static str {
        match list {
            List::Mine => self.pick("Egne aktive saker", "Own open requests"),
            List::Unassigned => self.pick("Ufordelte saker", "Unassigned requests"),
            List::Favourites => self.pick("Mine favoritter", "My favourites"),
            List::Open => self.pick("Alle åpne saker", "All open requests"),
            List::Closed => self.pick("Avsluttede saker", "Closed requests"),
            List::Latest => self.pick("Siste saker", "Latest requests"),
        }
    }

    /// A fact and a help for a list with nothing in it.
    pub fn empty_list(self, list: List) -> (&'static str, &'static str) {
        match list {
            List::Mine => {
                self.pick(("Alt er gjort", "Ingen saker venter på deg."), ("All done", "Nothing is waiting for you."))
            }
            List::Unassigned => self.pick(
                ("Ingen ufordelte saker", "Nye saker dukker opp her av seg selv."),
                ("Nothing unassigned", "New requests appear here by themselves."),
            ),
            List::Favourites => self.pick(
                ("Ingen favoritter", "Trykk på stjernen i en sak for å følge den."),
                ("No favourites", "Press the star on a request to follow it."),
            ),
            List::Open => {
                self.pick(("Ingen åpne saker", "Alt er avsluttet."), ("No open requests", "Everything is closed."))
            }
            List::Closed => self.pick(
                ("Ingen avsluttede saker", "Saker du avslutter, blir liggende her."),
                ("No closed requests", "Requests that are closed are kept here."),
            ),
            List::Latest => self.pick(
                ("Ingen saker ennå", "Den første dukker opp her av seg selv."),
                ("No requests yet", "The first one appears here by itself."),
            ),
        }
    }

    pub fn tickets_in_list(self, count: i64) -> String {
        match count {
            1 => self.pick("1 sak", "1 request").to_owned(),
            more => format!("{} {}", self.count(more), self.pick("saker", "requests")),
        }
    }

    pub fn new_rows(self, count: usize) -> String {
        match count {
            1 => self.pick("1 ny", "1 new").to_owned(),
            more => self.pick(format!("{more} nye"), format!("{more} new")),
        }
    }

    pub fn new_messages(self, count: usize) -> String {
        match count {
            1 => self.pick("1 ny melding", "1 new message").to_owned(),
            more => self.pick(format!("{more} nye meldinger"), format!("{more} new messages")),
        }
    }

    pub fn new_message_from(self, name: &str) -> String {
        self.pick(format!("Ny melding fra {name}"), format!("New message from {name}"))
    }

    pub fn changes(self, count: usize) -> String {
        self.pick(format!("{count} endringer"), format!("{count} changes"))
    }

    /// An age for a narrow column: `2 min`, `3 t`, `i går`, `12. okt.`
    pub fn age(self, at: &Civil, now: &Civil) -> String {
        let minutes = (now.days() - at.days()) * 1_440 + i64::from(now.hour) * 60 + i64::from(now.minute)
            - i64::from(at.hour) * 60
            - i64::from(at.minute);
        let month = self.month(at.month);
        match now.days() - at.days() {
            _ if (0..1).contains(&minutes) => self.pick("nå", "now").to_owned(),
            _ if (1..60).contains(&minutes) => format!("{minutes} min"),
            0 if minutes > 0 => format!("{} {}", minutes / 60, self.pick("t", "h")),
            1 => self.pick("i går", "yesterday").to_owned(),
            _ if now.year == at.year => self.pick(format!("{}. {month}", at.day), format!("{} {month}", at.day)),
            _ => self.date(at),
        }
    }

    pub fn state_name(self, state: State) -> &'static str {
        match state {
            State::Open => self.pick("Åpen", "Open"),
            State::Closed => self.pick("Avsluttet", "Closed"),
            State::Postponed => self.pick("Utsatt", "Postponed"),
            State::Linked => self.pick("Koblet", "Linked"),
            State::Deleted => self.pick("Slettet", "Deleted"),
        }
    }

    pub fn origin(self, origin: Origin) -> &'static str {
        match origin {
            Origin::Email => self.pick("E-post", "E-mail"),
            Origin::Portal => self.pick("Kundeportal", "Customer portal"),
            Origin::Phone => self.pick("Telefon", "Phone"),
            Origin::Channel => self.pick("Kanal", "Channel"),
            Origin::Internal => self.pick("Intern", "Internal"),
        }
    }

    pub fn delivery(self, state: DeliveryState) -> &'static str {
        match state {
            DeliveryState::Queued => self.pick("Venter på å bli sendt", "Waiting to be sent"),
            DeliveryState::Sending => self.pick("Sendes", "Being sent"),
            DeliveryState::Sent => self.pick("Sendt", "Sent"),
            DeliveryState::Failed => self.pick("Kunne ikke sendes.", "Couldn't be sent."),
            DeliveryState::Uncertain => self.pick(
                "Vi vet ikke om den kom fram. Send på nytt hvis kunden ikke har fått den.",
                "We don't know whether it arrived. Send it again if the customer hasn't got it.",
            ),
        }
    }

    pub fn ticket_number(self, number: i64) -> String {
        self.pick(format!("Sak #{number}"), format!("Request #{number}"))
    }

    pub fn property_is(self, property: &str, value: &str) -> String {
        format!("{property}: {value}")
    }

    pub fn status_is(self, status: &str) -> String {
        self.pick(format!("Status er nå {status}"), format!("Status is now {status}"))
    }

    pub fn you_took(self, number: i64) -> String {
        self.pick(format!("Du har overtatt sak #{number}"), format!("You have taken request #{number}"))
    }

    pub fn given_to(self, name: &str) -> String {
        self.pick(format!("Saken ligger nå hos {name}"), format!("{name} has the request now"))
    }

    /// For who was second. ACC-5.
    pub fn lost_to(self, holder: &str) -> String {
        self.pick(
            format!("{holder} tok saken før deg. Den ligger nå hos {holder}, og ingenting er endret."),
            format!("{holder} took the request before you. {holder} has it now, and nothing was changed."),
        )
    }

    /// A colleague who has the same request open. C-1.
    pub fn viewer(self, name: &str, writing: bool) -> String {
        match writing {
            true => self.pick(format!("{name} skriver her nå"), format!("{name} is writing here")),
            false => self.pick(format!("{name} ser på saken"), format!("{name} is looking at it")),
        }
    }

    /// How a call went.
    pub fn call_state(self, direction: CallDirection, state: CallState) -> &'static str {
        match (direction, state) {
            (CallDirection::In, CallState::Ringing) => self.pick("Ringer nå", "Ringing"),
            (CallDirection::Out, CallState::Ringing) => self.pick("Ringer ut", "Calling"),
            (_, CallState::Answered) => self.pick("I samtale", "On the line"),
            (_, CallState::Missed) => self.pick("Tapt", "Missed"),
            (CallDirection::In, CallState::Ended) => self.pick("Inn", "Incoming"),
            (CallDirection::Out, CallState::Ended) => self.pick("Ut", "Outgoing"),
        }
    }

    /// How long was talked: `1:05`, or with hours `1:00:09`.
    pub fn talked(self, seconds: i64) -> String {
        let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
        match hours {
            0 => format!("{minutes}:{seconds:02} min"),
            _ => format!("{hours}:{minutes:02}:{seconds:02}"),
        }
    }

    /// The number of ours that a call came by.
    pub fn by_line(self, line: &str) -> String {
        self.pick(format!("til {line}"), format!("to {line}"))
    }

    /// A plugin's suggestion, and how sure it is. C-29.
    pub fn suggestion(self, about: Matter, value: &str, confidence: f64) -> String {
        let percent = (confidence * 100.0).round() as u32;
        let what = match about {
            Matter::Category => self.pick("kategorien", "category"),
            Matter::Priority => self.pick("prioriteten", "priority"),
            Matter::Type => self.pick("sakstypen", "type"),
            Matter::Tag => self.pick("emneknaggen", "tag"),
        };
        self.pick(format!("Kanskje {what} {value}? {percent} %."), format!("Maybe {what} {value}? {percent}%."))
    }

    pub fn take_over_title(self, holder: &str) -> String {
        self.pick(format!("{holder} har saken"), format!("{holder} has the request"))
    }

    pub fn take_over_text(self, holder: &str) -> String {
        self.pick(
            format!("Overtar du den, får {holder} beskjed. Saken flyttes til dine egne."),
            format!("If you take it over, {holder} is told. The request moves to your own."),
        )
    }

    pub fn earlier_of(self, name: &str) -> String {
        if name.is_empty() {
            self.earlier().to_owned()
        } else {
            self.pick(format!("Tidligere saker fra {name}"), format!("Earlier requests from {name}"))
        }
    }

    pub fn message_by(self, name: &str) -> String {
        self.pick(format!("Melding fra {name}"), format!("Message from {name}"))
    }

    pub fn show_quoted(self, lines: usize) -> String {
        match lines {
            1 => self.pick("Vis sitert tekst, 1 linje", "Show quoted text, 1 line").to_owned(),
            more => self.pick(format!("Vis sitert tekst, {more} linjer"), format!("Show quoted text, {more} lines")),
        }
    }

    /// Whom a message of ours went to.
    pub fn to_line(self, to: &[String], cc: &[String]) -> String {
        if to.is_empty() && cc.is_empty() {
            return String::new();
        }
        let copy = if cc.is_empty() {
            String::new()
        } else {
            format!(", {} {}", self.pick("kopi til", "copy to"), cc.join(", "))
        };
        format!("{} {}{copy}", self.pick("til", "to"), to.join(", "))
    }

    pub fn reply_to(self, name: &str) -> String {
        if name.is_empty() {
            self.pick("Skriv et svar", "Write a reply").to_owned()
        } else {
            self.pick(format!("Svar {name}"), format!("Reply to {name}"))
        }
    }

    /// `til Kari Nordmann +1`
    pub fn to_whom(self, name: &str, others: usize) -> String {
        let to = self.pick("til", "to");
        match (name.is_empty(), others) {
            (true, _) => String::new(),
            (false, 0) => format!("{to} {name}"),
            (false, more) => format!("{to} {name} +{more}"),
        }
    }

    /// To, Cc or Bcc, as the desk calls it.
    pub fn line_name(self, field: &str) -> &'static str {
        match field {
            "cc" => self.copy_to(),
            "bcc" => self.blind_copy(),
            _ => self.to(),
        }
    }

    /// What is wrong with one of these lines.
    pub fn line_wrong(self, why: &Why) -> String {
        match why {
            Why::Missing => self
                .pick(
                    "Det er ingen adresse å svare på. Skriv hvem svaret skal til.",
                    "There is no address to answer. Write whom the answer is for.",
                )
                .to_owned(),
            why => self.why(why),
        }
    }

    /// Files of a mail, all together.
    pub fn files_too_large_to_mail(self, megabytes: u32) -> String {
        self.pick(
            format!("Filene er for store til å sendes sammen. Grensen er {megabytes}\u{a0}MB for en e-post."),
            format!("The files are too large to be sent together. The limit is {megabytes}\u{a0}MB for an e-mail."),
        )
    }

    pub fn send_words(self, close: bool) -> &'static str {
        if close { self.pick("Send og avslutt", "Send and close") } else { self.pick("Send", "Send") }
    }

    pub fn sent_words(self, access: Access, close: bool) -> &'static str {
        match (access, close) {
            (Access::Internal, _) => self.pick("Kommentaren er lagt til", "Comment added"),
            (Access::External, true) => {
                self.pick("Svaret er sendt, og saken er avsluttet", "Reply sent, request closed")
            }
            (Access::External, false) => self.pick("Svaret er sendt", "Reply sent"),
        }
    }

    pub fn review(self, missed: usize) -> String {
        match missed {
            1 => self.pick("Se 1 ny melding", "Review 1 new message").to_owned(),
            more => self.pick(format!("Se {more} nye meldinger"), format!("Review {more} new messages")),
        }
    }

    pub fn kept(self, template: Option<&str>) -> String {
        let kept = self.pick("kladden er lagret", "draft kept");
        match template {
            Some(name) => self.pick(format!("Mal «{name}» · {kept}"), format!("Template “{name}” · {kept}")),
            None => kept.to_owned(),
        }
    }

    pub fn remove_file(self, name: &str) -> String {
        format!("{} {name}", self.remove())
    }

    pub fn sending_file(self, name: &str) -> String {
        self.pick(format!("Laster opp {name}"), format!("Uploading {name}"))
    }

    pub fn me_named(self, name: &str) -> String {
        format!("{} ({name})", self.myself())
    }

    pub fn search_title(self, query: &str) -> String {
        if query.trim().is_empty() { self.do_search().to_owned() } else { format!("{query} · {}", self.do_search()) }
    }

    pub fn search_for(self, query: &str) -> String {
        self.pick(format!("Søk etter «{query}»"), format!("Search for “{query}”"))
    }

    pub fn no_hits(self, query: &str) -> String {
        self.pick(format!("Ingen treff på «{query}»"), format!("No results for “{query}”"))
    }

    /// How many were found, and in how many milliseconds; where not all of them are shown, which are.
    pub fn found(self, shown: u32, total: u32, newest: bool, took: u32) -> String {
        let number = match total > shown && shown > 0 {
            false => self.count(i64::from(total)),
            true => {
                let (shown, total) = (self.count(i64::from(shown)), self.count(i64::from(total)));
                match newest {
                    true => {
                        self.pick(format!("De {shown} nyeste av {total}"), format!("The {shown} newest of {total}"))
                    }
                    false => self.pick(format!("De {shown} beste av {total}"), format!("The {shown} best of {total}")),
                }
            }
        };
        let noun = if total == 1 { self.pick("sak", "request") } else { self.pick("saker", "requests") };
        match took {
            0 => format!("{number} {noun}"),
            took => self.pick(format!("{number} {noun} på {took} ms"), format!("{number} {noun} in {took} ms")),
        }
    }

    pub fn enter_as(self, email: &str) -> String {
        self.pick(format!("Logg inn som {email}"), format!("Sign in as {email}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_fit_a_narrow_column() {
        let w = Words::new(Language::Nb);
        let now = Civil { year: 2026, month: 11, day: 24, hour: 10, minute: 30 };
        let at = |month, day, hour, minute| Civil { month, day, hour, minute, ..now };
        assert_eq!(w.age(&at(11, 24, 10, 30), &now), "nå");
        assert_eq!(w.age(&at(11, 24, 10, 28), &now), "2 min");
        assert_eq!(w.age(&at(11, 24, 7, 0), &now), "3 t");
        assert_eq!(w.age(&at(11, 23, 7, 0), &now), "i går");
        assert_eq!(w.age(&at(10, 12, 7, 0), &now), "12. okt.");
        assert_eq!(w.age(&Civil { year: 2025, ..now }, &now), "24. nov. 2025");
    }
}
