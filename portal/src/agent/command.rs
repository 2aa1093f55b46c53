//! What can be done by one key. The keyboard, the palette and the sheet of shortcuts all read this list.

use super::here::Here;
use crate::words::Words;
use desk::model::List;
use leptos::prelude::*;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    Next,
    Previous,
    Open,
    Back,
    Take,
    Reply,
    Comment,
    Close,
    Transfer,
    Status,
    Priority,
    Star,
    Copy,
    Context,
    Search,
    New,
    Write,
    Palette,
    Shortcuts,
    Settings,
    /// Plugins and channels; for administrators.
    Administration,
    /// The caller log.
    Calls,
    /// The phone log, for the call that rings.
    Answer,
    Go(List),
}

/// Every command with the keys that give it, in the order they are shown.
pub const KEYS: &[(Command, &[&str])] = &[
    (Command::Take, &["I"]),
    (Command::Reply, &["R"]),
    (Command::Comment, &["N"]),
    (Command::Close, &["E"]),
    (Command::Transfer, &["A"]),
    (Command::Status, &["S"]),
    (Command::Priority, &["P"]),
    (Command::Star, &["B"]),
    (Command::Copy, &["."]),
    (Command::Context, &["]"]),
    (Command::Next, &["J"]),
    (Command::Previous, &["K"]),
    (Command::Open, &["O"]),
    (Command::Back, &["Esc"]),
    (Command::Search, &["/"]),
    (Command::New, &["C"]),
    (Command::Write, &["G", "C"]),
    (Command::Go(List::Mine), &["G", "I"]),
    (Command::Go(List::Unassigned), &["G", "U"]),
    (Command::Go(List::Favourites), &["G", "F"]),
    (Command::Go(List::Open), &["G", "A"]),
    (Command::Calls, &["G", "L"]),
    (Command::Answer, &["G", "R"]),
    (Command::Settings, &["G", "S"]),
    (Command::Administration, &["G", "P"]),
    (Command::Palette, &["Ctrl", "K"]),
    (Command::Shortcuts, &["?"]),
];

impl Command {
    /// From one key, pressed while no field has the focus; `after_g` when G was pressed just before.
    pub fn from_key(key: &str, after_g: bool) -> Option<Self> {
        let key = match key {
            "ArrowDown" => "J",
            "ArrowUp" => "K",
            "Escape" => "Esc",
            other => other,
        };
        KEYS.iter().find_map(|(command, keys)| match (keys, after_g) {
            ([only], false) if only.eq_ignore_ascii_case(key) => Some(*command),
            (["G", second], true) if second.eq_ignore_ascii_case(key) => Some(*command),
            _ => None,
        })
    }

    pub fn keys(self) -> &'static [&'static str] {
        KEYS.iter().find(|(command, _)| *command == self).map_or(&[], |(_, keys)| keys)
    }

    /// Needs an open request.
    pub fn is_about_a_ticket(self) -> bool {
        use Command::*;
        matches!(self, Take | Reply | Comment | Close | Transfer | Status | Priority | Star | Copy | Context)
    }

    pub fn words(self, w: Words) -> &'static str {
        match self {
            Command::Next => w.do_next(),
            Command::Previous => w.do_previous(),
            Command::Open => w.do_open(),
            Command::Back => w.do_back(),
            Command::Take => w.take(),
            Command::Reply => w.do_reply(),
            Command::Comment => w.do_comment(),
            Command::Close => w.do_close(),
            Command::Transfer => w.do_transfer(),
            Command::Status => w.do_status(),
            Command::Priority => w.do_priority(),
            Command::Star => w.do_star(),
            Command::Copy => w.copy_link(),
            Command::Context => w.do_context(),
            Command::Search => w.do_search(),
            Command::New => w.new_ticket(),
            Command::Write => w.new_letter(),
            Command::Palette => w.do_palette(),
            Command::Shortcuts => w.shortcuts(),
            Command::Settings => w.settings(),
            Command::Administration => w.open_administration(),
            Command::Calls => w.caller_log(),
            Command::Answer => w.do_answer(),
            Command::Go(list) => w.list_name(list),
        }
    }
}

impl Here {
    /// Gives a command to whatever part of the page can carry it out.
    pub fn command(self, command: Command) {
        self.commands.update(|(count, last)| {
            *count = count.wrapping_add(1);
            *last = Some(command);
        });
    }

    /// Listens for commands from now on. One that was given before this part of the page existed is not for it.
    pub fn on_command(self, run: impl Fn(Command) + 'static) {
        let born = self.commands.get_untracked().0;
        Effect::new(move |_| {
            let (count, command) = self.commands.get();
            if let Some(command) = command.filter(|_| count != born) {
                untrack(|| run(command));
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_key_means_one_thing() {
        assert_eq!(Command::from_key("i", false), Some(Command::Take));
        assert_eq!(Command::from_key("i", true), Some(Command::Go(List::Mine)));
        assert_eq!(Command::from_key("g", false), None);
        assert_eq!(Command::from_key("k", false), Some(Command::Previous));
        for (at, (_, keys)) in KEYS.iter().enumerate() {
            assert!(!KEYS[at + 1..].iter().any(|(_, other)| other == keys), "{keys:?} twice");
        }
    }
}
