//! What a visitor may ask for: to say something, to hear what is new, to end it.

use crate::{
    asked::{Asked, Wrong},
    conversation::{By, Conversation, MINUTE, Said, Taken},
    hours::{House, clocks},
    memory::{self, Unkept},
    words::{Words, filled},
};
use saker_channel::{
    Result, Tongue, file,
    markup::{self, Marks},
    message,
    parts::File,
    presence, setting,
    types::{Attachment, DeliveryState, DeliveryUpdate, InboundMessage, Party, Role},
    worded,
};
use serde_json::{Value, json};

/// New conversations from one address within ten minutes. Many people may share one.
const NEW_FROM_ONE: u32 = 30;
/// Messages with files from one address within an hour.
const FILES_FROM_ONE: u32 = 60;
/// What agents write, as HTML for somebody else's page: a link opens beside it, and is not told where from.
const SPOKEN: Marks = Marks {
    link: |url, words| format!("<a href=\"{url}\" target=\"_blank\" rel=\"noopener noreferrer nofollow\">{words}</a>"),
    ..markup::HTML
};
/// Conversations that are looked through in one minute for what was forgotten.
const AT_ONCE: u32 = 50;
/// How old the moment may be by which a visitor is said to be here, in milliseconds: it is not written down with every question.
const HERE: i64 = 20_000;

/// Whoever asks, and in which language.
pub struct Visitor {
    pub tongue: Tongue,
    /// The network's address.
    pub from: String,
    /// Unix milliseconds.
    pub now: i64,
}

/// A friendly no.
pub struct No {
    pub status: u16,
    pub wrong: Wrong,
}

impl No {
    pub fn new(status: u16, words: &str) -> Self {
        Self { status, wrong: Wrong { field: "", words: words.to_owned() } }
    }
}

/// What is told to a visitor, and what is brought to the host for it.
#[derive(Default)]
pub struct News {
    pub messages: Vec<InboundMessage>,
    pub updates: Vec<DeliveryUpdate>,
}

/// Who is there. Where the host may not tell, somebody is taken to be.
pub fn house() -> House {
    let Ok(hours) = presence::hours() else { return House { open: true, agents: 1, ..House::default() } };
    House {
        open: hours.open,
        changes_at: hours.changes_at.map(|at| at as i64),
        offset_minutes: i64::from(hours.offset_minutes),
        clocks: hours.more.iter().find(|(name, _)| name == "clocks").map_or_else(Vec::new, |(_, told)| clocks(told)),
        agents: presence::agents().unwrap_or(1),
    }
}

/// What is done where nobody is there: `form`, `chat` or `hide`.
pub fn when_away() -> String {
    setting("when-away").unwrap_or_else(|| "form".to_owned())
}

/// Minutes until an answer that nobody saw goes by mail.
pub fn minutes() -> i64 {
    setting("minutes").and_then(|minutes| minutes.parse().ok()).unwrap_or(5)
}

/// Whether visitors may send files.
pub fn takes_files() -> bool {
    setting("files").is_none_or(|files| files != "false")
}

/// Whether somebody who begins has to say who they are, and whether they have to be reachable.
pub fn needed() -> (bool, bool) {
    let whole = setting("ask").as_deref() == Some("before");
    (whole, when_away() != "chat" && !house().is_there())
}

impl Visitor {
    /// Says something, in a conversation that begins with it where there is none.
    pub fn says(&self, id: &str, asked: &Asked) -> std::result::Result<News, No> {
        let w = Words(self.tongue);
        let refused = |wrong| No { status: 400, wrong };
        let known = memory::read(id).map_err(|why| self.no_room(&why))?;
        match &known {
            Some(_) => asked.sayable(w, takes_files(), false, false).map_err(refused)?,
            None => {
                let (whole, reachable) = needed();
                asked.sayable(w, takes_files(), whole, reachable).map_err(refused)?;
                if !memory::may(&format!("new/{}", self.from), NEW_FROM_ONE, 600, self.now) {
                    return Err(No::new(429, w.too_fast()));
                }
            }
        }
        let files = self.keeps(&asked.files)?;
        let said = memory::change(id, By::Visitor, |talk| {
            let before = talk.clone();
            let names = asked.files.iter().map(|file| file.name.clone()).collect();
            let taken = talk.visitor_says(&asked.key, &asked.text, names, self.now);
            if matches!(taken, Taken::New(_)) {
                self.tag().clone_into(&mut talk.language);
                for (kept, given) in [(&mut talk.name, &asked.name), (&mut talk.email, &asked.email)] {
                    if !given.is_empty() {
                        given.clone_into(kept);
                    }
                }
            }
            (*talk != before, (taken, talk.clone()))
        });
        let (taken, talk) = said.map_err(|why| self.no_room(&why))?;
        let mut news = News::default();
        match taken {
            Taken::TooFast => return Err(No::new(429, w.too_fast())),
            // Brought again, too: the host may not have got it the first time, and knows it by its name where it did.
            Taken::New(_) | Taken::Known(_) => news.messages.push(self.brought(id, &talk, asked, files)),
        }
        // An address that comes late is one for what nobody saw, too.
        if !talk.email.is_empty() && talk.unseen().next().is_some() {
            memory::wait_for_visitor(id, self.now);
        }
        // Also when it is told again: the desk knows it by its name.
        if matches!(taken, Taken::New(1) | Taken::Known(1)) && is_page(&asked.place) {
            let words = Words(Tongue::of_account()).from_page(&asked.place_title, &asked.place);
            news.messages.push(aside(id, "page", words));
        }
        Ok(news)
    }

    pub fn no_room(&self, why: &Unkept) -> No {
        let w = Words(self.tongue);
        match why {
            Unkept::Full => No::new(503, w.full()),
            Unkept::Busy => No::new(503, w.too_fast()),
        }
    }

    fn tag(&self) -> &'static str {
        self.tongue.pick("nb", "en")
    }

    /// Files, given to the host before anything is said of them.
    fn keeps(&self, files: &[File]) -> std::result::Result<Vec<Attachment>, No> {
        let w = Words(self.tongue);
        if !files.is_empty() && !memory::may(&format!("files/{}", self.from), FILES_FROM_ONE, 3_600, self.now) {
            return Err(No::new(429, w.fast_files()));
        }
        files.iter().map(|file| file::kept(file).map_err(|_| No::new(503, w.unkept_files()))).collect()
    }

    fn brought(&self, id: &str, talk: &Conversation, asked: &Asked, files: Vec<Attachment>) -> InboundMessage {
        let name = Some(talk.name.as_str()).filter(|name| !name.is_empty()).map(str::to_owned);
        let name = name.or_else(|| talk.email.is_empty().then(|| Words(Tongue::of_account()).somebody(id)));
        let mut sender = message::customer(id.to_owned(), name);
        if !talk.email.is_empty() {
            message::reached_by(&mut sender, talk.email.clone(), false);
        }
        let mut said = message::said(format!("{id}:{}", asked.key), id.to_owned(), sender, asked.text.clone());
        said.locale = Some(self.tag().to_owned());
        said.attachments = files;
        said
    }

    /// Ends it. The request stays as it is; its agents are told.
    pub fn ends(&self, id: &str) -> std::result::Result<News, No> {
        let ended = memory::change(id, By::Visitor, |talk| {
            let ends = talk.count > 0 && talk.ended == 0;
            if ends {
                talk.ended = self.now;
            }
            (ends, (talk.count, talk.ended))
        });
        let (count, ended) = ended.map_err(|why| self.no_room(&why))?;
        let mut news = News::default();
        if ended > 0 {
            news.messages.push(aside(id, &format!("end-{count}"), Words(Tongue::of_account()).has_ended().to_owned()));
        }
        Ok(news)
    }

    /// Notes what a browser has and its person has seen; none for a conversation that is not remembered any more.
    ///
    /// # Errors
    /// That nobody can say just now whether it is.
    pub fn hears(&self, id: &str, got: u32, seen: u32) -> std::result::Result<Option<(Conversation, News)>, No> {
        let mut news = News::default();
        let heard = memory::change(id, By::Visitor, |talk| {
            if talk.count == 0 {
                return (false, (talk.clone(), vec![], vec![]));
            }
            let before = (talk.got, talk.seen);
            let (arrived, read) = talk.reads(got, seen);
            let stale = talk.ended == 0 && self.now - talk.here > HERE;
            if stale {
                talk.here = self.now;
            }
            (stale || before != (talk.got, talk.seen), (talk.clone(), arrived, read))
        });
        let Ok((talk, arrived, read)) = heard else {
            let talk = memory::read(id).map_err(|why| self.no_room(&why))?;
            return Ok(talk.map(|talk| (talk, news)));
        };
        if talk.count == 0 {
            return Ok(None);
        }
        if !read.is_empty() && talk.unseen().next().is_none() {
            memory::wait_no_more(id);
        }
        let update = |state: DeliveryState| move |key: String| message::update(key, state, None, None);
        news.updates.extend(arrived.into_iter().map(update(DeliveryState::Delivered)));
        news.updates.extend(read.into_iter().map(update(DeliveryState::Read)));
        Ok(Some((talk, news)))
    }

    /// What there is to tell of a conversation, for the script.
    pub fn tells(&self, id: &str, talk: &Conversation, after: u32) -> Value {
        let (line, state, writing) = self.stands(id, talk);
        let said: Vec<Value> = talk.after(after).iter().map(shown).collect();
        json!({
            "said": said, "count": talk.count, "line": line, "state": state, "writing": writing,
            "email": talk.email, "name": talk.name,
        })
    }

    /// Where it stands: in words, for the script, and whether somebody writes.
    pub fn stands(&self, id: &str, talk: &Conversation) -> (String, String, bool) {
        let w = Words(self.tongue);
        if talk.ended > 0 {
            return (w.ended().to_owned(), "ended".to_owned(), false);
        }
        let Ok(Some(standing)) = presence::conversation(id) else { return (String::new(), String::new(), false) };
        let line = match standing.state.as_str() {
            "closed" => w.done().to_owned(),
            "waiting" => self.line_before(talk, standing.before),
            _ => String::new(),
        };
        (line, standing.state, standing.writing)
    }

    fn line_before(&self, talk: &Conversation, before: u32) -> String {
        let (w, house) = (Words(self.tongue), house());
        if house.is_there() {
            return w.before(before);
        }
        let away = house.away(self.tongue, self.now);
        match talk.email.as_str() {
            "" => away,
            email => format!("{away} {}", filled(w.kept(), email)),
        }
    }
}

/// A message as the script shows it.
fn shown(said: &Said) -> Value {
    match said.by {
        By::Visitor => {
            json!({ "n": said.n, "at": said.at, "key": said.key, "text": said.text, "files": said.files })
        }
        By::Agent => json!({ "n": said.n, "at": said.at, "who": said.who, "html": markup::write(&said.text, &SPOKEN) }),
    }
}

/// A line of ours in the request, which wakes nobody.
fn aside(id: &str, what: &str, text: String) -> InboundMessage {
    let sender =
        Party { address: String::new(), display_name: Some("Chat".to_owned()), role: Role::Bot, attrs: vec![] };
    message::said(format!("{id}:{what}"), id.to_owned(), sender, text)
}

fn is_page(address: &str) -> bool {
    ["https://", "http://"].iter().any(|scheme| address.starts_with(scheme))
}

/// Answers that nobody came back for: they go by mail where an address is known. Told again each minute until the host has had
/// the time to take it in, which knows what it took.
pub fn overdue(now: i64) -> Result<Vec<DeliveryUpdate>> {
    let mut updates = vec![];
    for id in memory::waiting()? {
        let talk = match memory::read(&id) {
            Ok(Some(talk)) => talk,
            Ok(None) => {
                memory::wait_no_more(&id);
                continue;
            }
            Err(_) => continue,
        };
        let late: Vec<&Said> = talk.unseen().filter(|said| now - said.at > minutes() * MINUTE).collect();
        if late.is_empty() {
            continue;
        }
        let gone = || {
            Some((
                "by-mail".to_owned(),
                worded!("den besøkende har ikke kommet tilbake", "the visitor has not come back"),
            ))
        };
        updates.extend(late.iter().map(|said| message::update(said.key.clone(), DeliveryState::Expired, None, gone())));
        let done = |said: &Said| now - said.at > (minutes() + 10) * MINUTE;
        if talk.unseen().all(done) {
            memory::wait_no_more(&id);
        }
    }
    Ok(updates)
}

/// Looks through some conversations, after this one, for what the house has forgotten: it is forgotten here too. Where to go on;
/// empty for from the beginning.
pub fn forgets(after: &str, now: i64) -> String {
    let some = memory::some(after, AT_ONCE);
    for id in &some {
        // What was said just now may not have reached the house yet.
        let old = |talk: &Conversation| talk.said.last().is_none_or(|said| now - said.at > 10 * MINUTE);
        if matches!(presence::conversation(id), Ok(None)) && matches!(memory::read(id), Ok(Some(talk)) if old(&talk)) {
            memory::forget(id);
        }
    }
    if some.len() < AT_ONCE as usize { String::new() } else { some.into_iter().next_back().unwrap_or_default() }
}
