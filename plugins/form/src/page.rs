//! The form as HTML. Everything that somebody wrote is escaped.

use crate::{
    asked::{Asked, Kind, Question},
    typed::{STAMP, Slip, TRAP, Typed},
    words::{Pause, Sorry, Words},
};
use std::fmt::Write;

const STYLE: &str = include_str!("form.css");
const PAGE_STYLE: &str = include_str!("page.css");
/// What embeds the form.
pub const SCRIPT: &str = include_str!("form.js");
/// Bytes of all files; the rest of what may be sent is for what was written.
pub const MOST_BYTES: usize = 4 << 20;

/// What is shown.
#[derive(Clone, Debug)]
pub enum Shown<'a> {
    /// The form, with the signed mark that it has.
    Form {
        /// The mark.
        stamp: &'a str,
        /// What was typed before.
        typed: &'a Typed,
        /// What is wrong with it.
        slips: Vec<(&'a Question, Slip)>,
        /// Why it is shown again though nothing is.
        pause: Option<Pause>,
    },
    /// It is sent.
    Thanks {
        /// Where the answer goes.
        email: &'a str,
        /// The message's name: the host puts the request's number in its place.
        name: &'a str,
    },
    /// There is none.
    Sorry(Sorry),
}

/// What a page that stands by itself, or one that a script puts into another, is made of.
#[derive(Clone, Copy, Debug)]
pub struct Page<'a> {
    /// What is asked.
    pub asked: &'a Asked,
    /// In which language.
    pub words: Words,
    /// It stands by itself.
    pub whole: bool,
}

impl Page<'_> {
    /// All of it.
    pub fn draw(&self, shown: &Shown<'_>) -> String {
        let title = escaped(self.asked.title.in_(self.words.0));
        let colours = format!(".saker{{--accent:{};--ink:{}}}", self.asked.colour.css(), self.asked.colour.ink());
        let tag = self.words.tag();
        let part = self.part(shown);
        if self.whole {
            format!(
                "<!doctype html><html lang=\"{tag}\"><head><meta charset=\"utf-8\">\
                 <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><title>{title}</title>\
                 <style>{PAGE_STYLE}{STYLE}{colours}</style></head><body><main class=\"saker\">{part}</main></body></html>"
            )
        } else {
            format!("<style>{STYLE}{colours}</style><div class=\"saker\" lang=\"{tag}\">{part}</div>")
        }
    }

    fn part(&self, shown: &Shown<'_>) -> String {
        match shown {
            Shown::Form { stamp, typed, slips, pause } => self.form(stamp, typed, slips, *pause),
            Shown::Thanks { email, name } => self.thanks(email, name),
            Shown::Sorry(sorry) => {
                let again = match sorry {
                    Sorry::Garbage if self.whole => format!("<p><a href=\"?\">{}</a></p>", self.words.to_form()),
                    _ => String::new(),
                };
                format!("<p role=\"alert\">{}</p>{again}", self.words.sorry(*sorry))
            }
        }
    }

    /// A heading of the level that fits where it stands.
    fn heading(&self, text: &str, more: &str) -> String {
        let level = if self.whole { "h1" } else { "h2" };
        format!("<{level} id=\"saker-title\"{more}>{text}</{level}>")
    }

    fn thanks(&self, email: &str, name: &str) -> String {
        let own = self.asked.thanks.in_(self.words.0);
        let text = if own.is_empty() { self.words.thanks() } else { own };
        let text =
            escaped(text).replace("{email}", &escaped(email)).replace("{number}", &format!("{{{{number:{name}}}}}"));
        let heading = self.heading(self.words.sent(), " tabindex=\"-1\" data-first");
        format!("{heading}<p role=\"status\">{text}</p>")
    }

    fn form(&self, stamp: &str, typed: &Typed, slips: &[(&Question, Slip)], pause: Option<Pause>) -> String {
        let (asked, w) = (self.asked, self.words);
        let mut html = self.heading(&escaped(asked.title.in_(w.0)), "");
        let intro = asked.intro.in_(w.0);
        if !intro.is_empty() {
            let _ = write!(html, "<p>{}</p>", escaped(intro));
        }
        html.push_str(&self.summary(slips, pause));
        let _ = write!(
            html,
            "<form method=\"post\" enctype=\"{}\" novalidate aria-labelledby=\"saker-title\" data-most=\"{MOST_BYTES}\" \
             data-sending=\"{}\" data-failed=\"{}\" data-large=\"{}\"><input type=\"hidden\" name=\"{STAMP}\" value=\"{}\">",
            if asked.takes_files() { "multipart/form-data" } else { "application/x-www-form-urlencoded" },
            w.sending(),
            w.failed(),
            w.too_large(),
            escaped(stamp),
        );
        let again = pause.is_some() || !slips.is_empty();
        for question in &asked.questions {
            let slip = slips.iter().find(|(wrong, _)| wrong.name == question.name).map(|(_, slip)| *slip);
            html.push_str(&self.question(question, typed, slip, again));
        }
        let _ = write!(
            html,
            "<div class=\"trap\" aria-hidden=\"true\"><label for=\"saker-{TRAP}\">{}</label>\
             <input id=\"saker-{TRAP}\" name=\"{TRAP}\" tabindex=\"-1\" autocomplete=\"off\"></div>\
             <button type=\"submit\">{}</button><p class=\"status\" role=\"status\"></p></form>",
            w.trap(),
            w.send(),
        );
        html
    }

    /// What has to be mended, with the way there. It has the focus when the form comes back.
    fn summary(&self, slips: &[(&Question, Slip)], pause: Option<Pause>) -> String {
        let w = self.words;
        let words = match (slips, pause) {
            ([], None) => return String::new(),
            ([], Some(pause)) => format!("<p>{}</p>", w.pause(pause)),
            (slips, _) => {
                let line = |(question, slip): &(&Question, Slip)| {
                    let words = escaped(&w.slip(*slip, question.label.in_(w.0)));
                    format!("<li><a href=\"#saker-{}\">{words}</a></li>", question.name)
                };
                let lines: String = slips.iter().map(line).collect();
                format!("<p>{}</p><ul>{lines}</ul>", w.mend(slips.len()))
            }
        };
        format!("<div class=\"summary\" role=\"alert\" tabindex=\"-1\" data-first>{words}</div>")
    }

    fn question(&self, question: &Question, typed: &Typed, slip: Option<Slip>, again: bool) -> String {
        let w = self.words;
        let name = &question.name;
        let label = question.label.in_(w.0);
        let mut beside = String::new();
        let mut described = String::new();
        if question.kind == Kind::Files {
            let again = if again && !typed.files.is_empty() {
                format!(" <span class=\"files-again\">{}</span>", w.files_again())
            } else {
                String::new()
            };
            let _ = write!(beside, "<p class=\"hint\" id=\"saker-{name}-hint\">{}{again}</p>", w.files_hint());
            let _ = write!(described, "saker-{name}-hint ");
        }
        if let Some(slip) = slip {
            let _ = write!(beside, "<p class=\"why\" id=\"saker-{name}-why\">{}</p>", escaped(&w.slip(slip, label)));
            let _ = write!(described, "saker-{name}-why");
        }
        let mut more = format!(" id=\"saker-{name}\" name=\"{name}\"");
        if question.required {
            more.push_str(" required");
        }
        if slip.is_some() {
            more.push_str(" aria-invalid=\"true\"");
        }
        if !described.is_empty() {
            let _ = write!(more, " aria-describedby=\"{}\"", described.trim());
        }
        let optional =
            if question.required { String::new() } else { format!(" <span class=\"soft\">({})</span>", w.optional()) };
        let field = self.field(question, typed, &more);
        format!(
            "<div class=\"field\"><label for=\"saker-{name}\">{}{optional}</label>{field}{beside}</div>",
            escaped(label)
        )
    }

    fn field(&self, question: &Question, typed: &Typed, more: &str) -> String {
        let value = escaped(&typed.text(&question.name));
        let most = question.kind.most();
        let line = |kind: &str, fills: &str| {
            format!("<input type=\"{kind}\"{more} value=\"{value}\" maxlength=\"{most}\"{fills}>")
        };
        match &question.kind {
            Kind::Name => line("text", " autocomplete=\"name\""),
            Kind::Email => line("email", " autocomplete=\"email\""),
            Kind::Phone => line("tel", " autocomplete=\"tel\""),
            Kind::Company => line("text", " autocomplete=\"organization\""),
            Kind::Line => line("text", ""),
            // The line end after the tag is eaten by HTML, not one of the text's own.
            Kind::Message => format!("<textarea{more} rows=\"7\" maxlength=\"{most}\">\n{value}</textarea>"),
            Kind::Files => format!("<input type=\"file\"{more} multiple>"),
            Kind::Choice(of) => {
                let chosen = typed.chosen(question);
                let option = |(at, words): (usize, &crate::words::Both)| {
                    let mark = if chosen == Some(at) { " selected" } else { "" };
                    format!("<option value=\"{at}\"{mark}>{}</option>", escaped(words.in_(self.words.0)))
                };
                let options: String = of.iter().enumerate().map(option).collect();
                format!("<select{more}><option value=\"\">{}</option>{options}</select>", self.words.choose())
            }
        }
    }
}

/// As text, in an element or a quoted attribute.
pub fn escaped(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            // Direction marks would turn what stands after them; NUL ends nothing in HTML.
            '\0' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {}
            letter => html.push(letter),
        }
    }
    html
}

#[cfg(test)]
mod tests {
    use super::{Page, SCRIPT, STYLE, Shown, escaped};
    use crate::{asked::Asked, typed::Typed, words::Words};
    use saker_channel::Tongue;
    use serde_json::json;

    fn drawn(typed: &Typed, whole: bool) -> String {
        let settings = json!({ "title": "<b>Hei</b>", "topics": "<i>A</i> | B", "own": "\"Q\": x, y *", "files": "may", "subject": "may" });
        let (asked, _) = Asked::of(&settings);
        let page = Page { asked: &asked, words: Words(Tongue::En), whole };
        let slips = typed.slips(&asked);
        page.draw(&Shown::Form { stamp: "s", typed, slips, pause: None })
    }

    #[test]
    fn nothing_that_somebody_wrote_is_html() {
        let body =
            b"name=%3Cscript%3Ealert(1)%3C%2Fscript%3E&message=%3C%2Ftextarea%3E%22%3E%27&own-0=%22%20onfocus%3Dx";
        let html = drawn(&Typed::read("application/x-www-form-urlencoded", body).unwrap(), true);
        for bad in ["<script", "</textarea>\"", "<b>", "<i>", "\" onfocus"] {
            assert!(!html.contains(bad), "{bad}");
        }
        assert!(html.contains("&lt;script&gt;alert(1)"));
        assert_eq!(escaped("a\u{202e}b\0"), "ab");
    }

    #[test]
    fn what_is_wrong_stands_beside_and_is_named_to_who_does_not_see_it() {
        let html = drawn(&Typed::default(), false);
        assert!(html.contains("aria-describedby=\"saker-name-why\"") && html.contains("id=\"saker-name-why\""));
        assert!(html.contains("<a href=\"#saker-email\">") && html.contains("role=\"alert\""));
        assert!(html.contains("Subject <span class=\"soft\">(optional)</span>"));
        assert!(!html.contains("<html") && html.contains("<h2"));
    }

    #[test]
    fn the_script_is_small() {
        assert!(SCRIPT.len() < 5 << 10, "{}", SCRIPT.len());
        assert!(STYLE.len() < 3 << 10, "{}", STYLE.len());
    }
}
