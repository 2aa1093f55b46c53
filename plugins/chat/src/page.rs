//! The page for those without JavaScript, and the whole conversation for everybody: it can be read, printed, and answered on.
//! Pure.

use crate::{
    asked::{Asked, Wrong},
    conversation::{By, Conversation, Said},
    hours::House,
    words::{Words, filled},
};
use saker_channel::{
    Tongue,
    markup::{self, Marks, escaped},
};

const STYLE: &str = include_str!("../widget/page.css");

/// What agents write, as HTML. Where a link leads is not told where from.
const SPOKEN: Marks =
    Marks { link: |url, words| format!("<a href=\"{url}\" rel=\"noreferrer nofollow\">{words}</a>"), ..markup::HTML };

/// Everything that the page is drawn from.
pub struct Page<'a> {
    /// Its language.
    pub tongue: Tongue,
    /// What stands above it.
    pub title: String,
    /// The first words.
    pub greeting: String,
    /// The house's colour, and what is read on it.
    pub color: (String, &'static str),
    /// Who is there.
    pub house: House,
    /// Unix milliseconds.
    pub now: i64,
    /// The conversation, where there is one, and where it stands.
    pub talk: Option<(&'a Conversation, String)>,
    /// The pass of it, or of the one that begins.
    pub pass: String,
    /// The next message's name.
    pub key: String,
    /// Whether files can be sent.
    pub files: bool,
    /// Whether a name and an address are needed, and whether an address is.
    pub needed: (bool, bool),
    /// What was typed, and what is wrong with it.
    pub typed: &'a Asked,
    /// The same.
    pub wrong: Option<&'a Wrong>,
}

impl Page<'_> {
    /// The page as HTML.
    pub fn html(&self) -> String {
        let w = Words(self.tongue);
        let (title, lang) = (escaped(&self.title), self.tongue.pick("nb", "en"));
        let (color, on) = &self.color;
        let body = match &self.talk {
            Some((talk, line)) => self.conversation(talk, line),
            None => self.beginning(),
        };
        format!(
            "<!doctype html><html lang=\"{lang}\"><head><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><meta name=\"robots\" content=\"noindex\">\
             <title>{title}</title><style>:root{{--c:{color};--on:{on}}}\n{STYLE}</style></head>\
             <body><header><h1>{title}</h1>{}</header><main>{body}</main></body></html>",
            if self.talk.is_some() { format!("<a href=\"{}\">{}</a>", self.here(), w.look()) } else { String::new() },
        )
    }

    fn here(&self) -> String {
        format!("page?pass={}&amp;lang={}", escaped(&self.pass), self.tongue.pick("nb", "en"))
    }

    fn beginning(&self) -> String {
        let w = Words(self.tongue);
        let away = if self.house.is_there() {
            String::new()
        } else {
            let then = if self.needed.1 { w.leave() } else { w.later() };
            format!("<p class=\"line\">{} {then}</p>", escaped(&self.house.away(self.tongue, self.now)))
        };
        let (whole, reachable) = self.needed;
        let who = self.field("name", w.name(), "text", "name", whole)
            + &self.field("email", w.email(), "email", "email", whole || reachable);
        format!("<p class=\"greeting\">{}</p>{away}{}", escaped(&self.greeting), self.form(&who))
    }

    fn conversation(&self, talk: &Conversation, line: &str) -> String {
        let w = Words(self.tongue);
        let said: String = talk.said.iter().map(|said| self.said(said)).collect();
        let line = if line.is_empty() {
            String::new()
        } else {
            format!("<p class=\"line\" role=\"status\">{}</p>", escaped(line))
        };
        let who =
            if talk.email.is_empty() { self.field("email", w.email(), "email", "email", false) } else { String::new() };
        let fresh = filled(w.fresh(), &self.house.clock(self.now));
        let end = if talk.ended == 0 {
            format!(
                "<form method=\"post\" action=\"page\">{}<button name=\"act\" value=\"end\" class=\"quiet\">{}</button></form>",
                self.hidden(),
                w.end()
            )
        } else {
            String::new()
        };
        format!(
            "<ol>{said}</ol>{line}{}<footer><p>{fresh} <a href=\"{}\">{}</a></p><p>{}</p>{end}</footer>",
            self.form(&who),
            self.here(),
            w.look(),
            w.keep_address(),
        )
    }

    fn said(&self, said: &Said) -> String {
        let (class, who, words) = match said.by {
            By::Visitor => ("mine", Words(self.tongue).you(), escaped(&said.text)),
            By::Agent => ("theirs", said.who.as_str(), markup::write(&said.text, &SPOKEN)),
        };
        let clock = self.house.said(self.tongue, said.at, self.now);
        let files: String = said.files.iter().map(|name| format!("<li>{}</li>", escaped(name))).collect();
        let files = if files.is_empty() { files } else { format!("<ul class=\"files\">{files}</ul>") };
        let words = if words.is_empty() { words } else { format!("<div>{words}</div>") };
        format!("<li class=\"{class}\"><p class=\"who\">{} {clock}</p>{words}{files}</li>", escaped(who))
    }

    fn form(&self, who: &str) -> String {
        let w = Words(self.tongue);
        let all = match self.wrong {
            Some(wrong) if wrong.field.is_empty() => {
                format!("<p class=\"wrong\" role=\"alert\">{}</p>", escaped(&wrong.words))
            }
            _ => String::new(),
        };
        let (marks, why) = self.marks("text");
        // A file says enough.
        let (sent_as, required) = if self.files { (" enctype=\"multipart/form-data\"", "") } else { ("", " required") };
        format!(
            "<form method=\"post\" action=\"page\"{sent_as}>{all}{}{who}<label for=\"text\">{}</label>\
             <textarea id=\"text\" name=\"text\" rows=\"4\" maxlength=\"4000\"{required}{marks}>{}</textarea>{why}{}\
             <button name=\"act\" value=\"say\">{}</button></form>",
            self.hidden(),
            w.message(),
            escaped(&self.typed.text),
            self.choose_files(),
            w.send(),
        )
    }

    fn choose_files(&self) -> String {
        if !self.files {
            return String::new();
        }
        let w = Words(self.tongue);
        let (marks, why) = self.marks("files");
        // Browsers don't keep what was chosen.
        let again = if self.typed.files.is_empty() || !why.is_empty() {
            String::new()
        } else {
            format!("<p class=\"wrong\">{}</p>", w.lost_files())
        };
        format!(
            "<label for=\"files\">{} <small>{}</small></label>\
             <input id=\"files\" name=\"files\" type=\"file\" multiple{marks}>{why}{again}",
            w.files(),
            w.optional(),
        )
    }

    fn hidden(&self) -> String {
        let field =
            |name: &str, value: &str| format!("<input type=\"hidden\" name=\"{name}\" value=\"{}\">", escaped(value));
        field("pass", &self.pass) + &field("key", &self.key) + &field("lang", self.tongue.pick("nb", "en"))
    }

    fn field(&self, name: &'static str, title: &str, sort: &str, fill: &str, needed: bool) -> String {
        let typed = if name == "name" { &self.typed.name } else { &self.typed.email };
        let optional =
            if needed { String::new() } else { format!(" <small>{}</small>", Words(self.tongue).optional()) };
        let (marks, why) = self.marks(name);
        format!(
            "<label for=\"{name}\">{title}{optional}</label><input id=\"{name}\" name=\"{name}\" type=\"{sort}\" \
             autocomplete=\"{fill}\" value=\"{}\"{}{marks}>{why}",
            escaped(typed),
            if needed { " required" } else { "" },
        )
    }

    fn marks(&self, field: &str) -> (String, String) {
        match self.wrong.filter(|wrong| wrong.field == field) {
            None => Default::default(),
            Some(wrong) => (
                format!(" aria-invalid=\"true\" aria-describedby=\"{field}-wrong\""),
                format!("<p class=\"wrong\" id=\"{field}-wrong\">{}</p>", escaped(&wrong.words)),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Page;
    use crate::{
        asked::{Asked, Wrong},
        conversation::Conversation,
        hours::House,
    };
    use saker_channel::Tongue;

    #[test]
    fn nothing_that_anybody_wrote_is_markup() {
        let evil = "<script>alert(1)</script>\"' onload=x";
        let mut talk = Conversation::default();
        talk.visitor_says("a", evil, vec![evil.into()], 1);
        talk.agent_says("b", evil, "**Hei** [her](javascript:alert(1)) <img src=x> https://a.example", 2);
        let typed = Asked { text: evil.into(), name: evil.into(), email: evil.into(), ..Asked::default() };
        let wrong = Wrong { field: "email", words: evil.into() };
        for talk in [Some((&talk, evil.to_owned())), None] {
            let page = Page {
                tongue: Tongue::En,
                title: evil.into(),
                greeting: evil.into(),
                color: ("#4B45C6".into(), "#ffffff"),
                house: House::default(),
                now: 3,
                talk,
                pass: evil.into(),
                key: evil.into(),
                files: true,
                needed: (true, true),
                typed: &typed,
                wrong: Some(&wrong),
            };
            let html = page.html();
            assert!(!html.contains("<script") && !html.contains("<img") && !html.contains("javascript:"), "{html}");
            assert!(!html.contains("\"' onload"), "{html}");
        }
    }
}
