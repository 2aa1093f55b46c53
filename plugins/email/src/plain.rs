//! HTML as readable text, in one pass and without recursion: a million nested tags cost no more than a million letters.
//!
//! A full HTML parser would build a tree that hostile mail can make as deep as it likes. Text for reading needs none.

use crate::{entity, quote};
use memchr::{memchr, memchr_iter, memchr3};
use std::borrow::Cow;

/// Readable text, and where the quoted earlier mail begins in it.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Plain {
    pub text: String,
    pub quote_at: Option<usize>,
}

/// Deeper quotations and lists look no different.
const DEEPEST: usize = 8;

/// Renders HTML as text. Links keep their target, pictures their description, lists their marks, quotations a `>`.
pub fn plain(html: &str) -> Plain {
    let mut page = Page::default();
    let mut rest = html;
    while let Some(at) = memchr(b'<', rest.as_bytes()) {
        page.words(&rest[..at]);
        rest = &rest[at..];
        rest = match tag(rest) {
            Some((Tag::Open { name, attributes }, after)) => {
                page.open(&name, attributes);
                if matches!(&*name, "script" | "style" | "title" | "textarea" | "noscript" | "template" | "svg") {
                    past_end(after, &name)
                } else {
                    after
                }
            }
            Some((Tag::Close(name), after)) => {
                page.close(&name);
                after
            }
            Some((Tag::Nothing, after)) => after,
            None => {
                page.words("<");
                &rest[1..]
            }
        };
    }
    page.words(rest);
    page.finish()
}

enum Tag<'a> {
    Open {
        name: Cow<'a, str>,
        attributes: &'a str,
    },
    Close(Cow<'a, str>),
    /// A comment, a declaration, a processing instruction.
    Nothing,
}

/// Reads a tag at the start of `text`; `None` for a `<` that is only a sign.
fn tag(text: &str) -> Option<(Tag<'_>, &str)> {
    if let Some(comment) = text.strip_prefix("<!--") {
        return Some((Tag::Nothing, comment.find("-->").map_or("", |end| &comment[end + 3..])));
    }
    let inner = &text[1..];
    let first = inner.chars().next()?;
    if first == '!' || first == '?' {
        return Some((Tag::Nothing, inner.find('>').map_or("", |end| &inner[end + 1..])));
    }
    let close = first == '/';
    let name_start = usize::from(close);
    if !inner[name_start..].starts_with(|c: char| c.is_ascii_alphabetic()) {
        return None;
    }
    let name_end = inner[name_start..]
        .find(|c: char| c.is_whitespace() || c == '>' || c == '/')
        .map_or(inner.len(), |end| name_start + end);
    let name = match &inner[name_start..name_end] {
        name if name.bytes().any(|b| b.is_ascii_uppercase()) => Cow::Owned(name.to_ascii_lowercase()),
        name => Cow::Borrowed(name),
    };
    let end = tag_end(&inner[name_end..]).map(|end| name_end + end);
    let (attributes, after) = match end {
        Some(end) => (&inner[name_end..end], &inner[end + 1..]),
        None => (&inner[name_end..], ""),
    };
    Some((if close { Tag::Close(name) } else { Tag::Open { name, attributes } }, after))
}

/// The `>` that is not inside quotation marks.
fn tag_end(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut from = 0;
    while let Some(found) = memchr3(b'>', b'"', b'\'', &bytes[from..]) {
        let at = from + found;
        if bytes[at] == b'>' {
            return Some(at);
        }
        from = at + 1;
        if text[..at].trim_end().ends_with('=') {
            match memchr(bytes[at], &bytes[from..]) {
                Some(end) => from += end + 1,
                // An open quotation mark that never closes: take the first end there is.
                None => return memchr(b'>', bytes),
            }
        }
    }
    None
}

/// After `</name>`, or the end.
fn past_end<'a>(text: &'a str, name: &str) -> &'a str {
    let mut from = 0;
    while let Some(at) = text[from..].find("</") {
        let start = from + at + 2;
        if text.as_bytes()[start..].get(..name.len()).is_some_and(|found| found.eq_ignore_ascii_case(name.as_bytes())) {
            return text[start..].find('>').map_or("", |end| &text[start + end + 1..]);
        }
        from = start;
    }
    ""
}

/// The value of an attribute, entities resolved.
fn attribute<'a>(attributes: &'a str, wanted: &str) -> Option<Cow<'a, str>> {
    let mut all = Attributes(attributes);
    all.find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| entity::resolved(value))
}

/// Names and values as they stand in a tag; a name may be empty.
struct Attributes<'a>(&'a str);

impl<'a> Iterator for Attributes<'a> {
    type Item = (&'a str, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        // All that matters here is ASCII, so that no place is within a letter.
        let until = |text: &str, end: fn(&u8) -> bool| text.bytes().position(|b| end(&b)).unwrap_or(text.len());
        let start = until(self.0, |b| !(b.is_ascii_whitespace() || *b == b'/'));
        let rest = &self.0[start..];
        if rest.is_empty() {
            return None;
        }
        let (name, rest) = rest.split_at(until(rest, |b| b.is_ascii_whitespace() || *b == b'=' || *b == b'/'));
        let rest = rest.trim_ascii_start();
        let mut value = "";
        self.0 = match rest.strip_prefix('=').map(str::trim_ascii_start) {
            None => rest,
            Some(after) => {
                let mark = after.bytes().next().filter(|b| *b == b'"' || *b == b'\'');
                let after = &after[usize::from(mark.is_some())..];
                let end = match mark {
                    Some(mark) => memchr(mark, after.as_bytes()).unwrap_or(after.len()),
                    None => until(after, u8::is_ascii_whitespace),
                };
                value = &after[..end];
                after.get(end + usize::from(mark.is_some())..).unwrap_or_default()
            }
        };
        Some((name, value))
    }
}

/// The text so far, and what is open.
#[derive(Default)]
struct Page {
    out: String,
    /// Line ends to write before the next word.
    gap: usize,
    space: bool,
    quotes: usize,
    /// Quotation depth of the line being written.
    line_quotes: usize,
    pre: usize,
    /// Numbers of open lists; `None` for bullets.
    lists: Vec<Option<usize>>,
    /// A list mark to write before the next word.
    mark: String,
    cell: bool,
    link: Option<(String, usize)>,
    /// An element that is not shown, and how many of its name are open.
    hidden: Option<(String, usize)>,
    quote_at: Option<usize>,
}

impl Page {
    fn words(&mut self, raw: &str) {
        if self.hidden.is_some() || raw.is_empty() {
            return;
        }
        let text = entity::resolved(raw);
        let mut rest = &text[..];
        while let Some(c) = rest.chars().next() {
            let mut end = c.len_utf8();
            match c {
                // A word at a time: only its first letter has to look round.
                '!'..='~' => {
                    end = rest.bytes().take_while(u8::is_ascii_graphic).count();
                    self.letter(c);
                    self.out.push_str(&rest[1..end]);
                }
                '\n' if self.pre > 0 => self.break_line(),
                c if c.is_whitespace() && self.pre == 0 => self.space = true,
                // Fillers that keep a preview line empty.
                '\u{200B}' | '\u{34F}' | '\u{FEFF}' | '\u{AD}' => {}
                c if c.is_control() && c != '\t' => {}
                c => self.letter(c),
            }
            rest = &rest[end..];
        }
    }

    fn letter(&mut self, c: char) {
        if self.gap > 0 || self.out.is_empty() {
            let first = self.out.is_empty();
            for _ in 0..if first { 0 } else { self.gap } {
                self.out.push('\n');
                // A blank line between two quoted lines is quoted too.
                self.out.push_str(&">".repeat(self.quotes.min(self.line_quotes)));
            }
            if !first {
                let kept = self.out.trim_end_matches('>').len();
                self.out.truncate(kept);
            }
            self.out.push_str(&"> ".repeat(self.quotes));
            self.line_quotes = self.quotes;
            let indent = self.lists.len().saturating_sub(1) * 2;
            if !self.mark.is_empty() {
                self.out.push_str(&" ".repeat(indent));
                self.out.push_str(&std::mem::take(&mut self.mark));
            }
        } else if self.space && !self.out.ends_with(' ') {
            self.out.push(' ');
        }
        self.gap = 0;
        self.space = false;
        self.out.push(c);
    }

    /// At least so many line ends before the next word.
    fn part(&mut self, lines: usize) {
        self.gap = self.gap.max(lines);
        self.space = false;
    }

    fn break_line(&mut self) {
        self.gap = (self.gap + 1).min(3);
        self.space = false;
    }

    fn open(&mut self, name: &str, attributes: &str) {
        if let Some((hidden, depth)) = &mut self.hidden {
            *depth += usize::from(hidden == name);
            return;
        }
        // Only elements that are always closed by hand: an unclosed paragraph would hide the rest of the mail.
        if matches!(name, "div" | "span" | "table" | "section" | "font") && is_hidden(attributes) {
            self.hidden = Some((name.to_owned(), 1));
            return;
        }
        if self.quote_at.is_none() && !self.out.is_empty() && is_quote_mark(name, attributes) {
            self.quote_at = Some(self.out.len());
        }
        match name {
            "br" => self.break_line(),
            "p" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "hr" | "table" => self.part(2),
            "pre" => {
                self.part(2);
                self.pre += 1;
            }
            "ul" | "ol" => {
                self.part(if self.lists.is_empty() { 2 } else { 1 });
                if self.lists.len() < DEEPEST {
                    self.lists.push((name == "ol").then_some(0));
                }
            }
            "li" => {
                self.part(1);
                self.mark = match self.lists.last_mut() {
                    Some(Some(number)) => {
                        *number += 1;
                        format!("{number}. ")
                    }
                    _ => "* ".to_owned(),
                };
            }
            "blockquote" => {
                self.part(2);
                self.quotes = (self.quotes + 1).min(DEEPEST);
            }
            "tr" => {
                self.part(1);
                self.cell = false;
            }
            "td" | "th" => {
                self.space |= std::mem::replace(&mut self.cell, true);
            }
            "a" => self.link = attribute(attributes, "href").map(|href| (href.into_owned(), self.out.len())),
            "img" => {
                let alt = attribute(attributes, "alt").map(|alt| crate::clean::line(&alt, 100)).unwrap_or_default();
                if !alt.is_empty() {
                    self.words(&format!("[{}]", alt.replace('&', "&amp;")));
                }
            }
            _ if is_block(name) => self.part(1),
            _ => {}
        }
    }

    fn close(&mut self, name: &str) {
        if let Some((hidden, depth)) = &mut self.hidden {
            if hidden == name {
                *depth -= 1;
                if *depth == 0 {
                    self.hidden = None;
                }
            }
            return;
        }
        match name {
            "p" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "table" => self.part(2),
            "pre" => {
                self.pre = self.pre.saturating_sub(1);
                self.part(2);
            }
            "ul" | "ol" => {
                self.lists.pop();
                self.mark.clear();
                self.part(if self.lists.is_empty() { 2 } else { 1 });
            }
            "blockquote" => {
                self.part(2);
                self.quotes = self.quotes.saturating_sub(1);
            }
            "a" => self.end_link(),
            _ if is_block(name) || name == "li" || name == "tr" => self.part(1),
            _ => {}
        }
    }

    /// The target, where it says something that the words do not.
    fn end_link(&mut self) {
        let Some((href, from)) = self.link.take() else {
            return;
        };
        let said = self.out.get(from..).unwrap_or_default().trim();
        let bare = |url: &str| {
            url.trim_start_matches("https://")
                .trim_start_matches("http://")
                .trim_start_matches("www.")
                .trim_end_matches('/')
                .to_lowercase()
        };
        let web = href.starts_with("http://") || href.starts_with("https://");
        // Tracking links of a newsletter are no reading matter.
        if web
            && !said.is_empty()
            && href.len() <= 200
            && bare(said) != bare(&href)
            && !href.contains(char::is_whitespace)
        {
            self.out.push_str(&format!(" <{href}>"));
        }
    }

    fn finish(self) -> Plain {
        let mut text = self.out;
        text.truncate(text.trim_end().len());
        let at = self.quote_at.filter(|&at| at < text.len() && quote::nothing_new_after(&text, at));
        // The mark stands before the line end that belongs to it.
        let at = at.map(|at| at + text[at..].len() - text[at..].trim_start().len());
        Plain { text, quote_at: at }
    }
}

fn is_block(name: &str) -> bool {
    matches!(
        name,
        "div"
            | "section"
            | "article"
            | "header"
            | "footer"
            | "main"
            | "aside"
            | "nav"
            | "address"
            | "center"
            | "dl"
            | "dt"
            | "dd"
            | "form"
            | "fieldset"
            | "figure"
            | "figcaption"
            | "thead"
            | "tbody"
            | "tfoot"
            | "caption"
            | "body"
    )
}

fn is_hidden(attributes: &str) -> bool {
    // Cheap look first: most tags have no style.
    attributes.len() > 8
        && attribute(attributes, "style").is_some_and(|style| {
            let style: String =
                style.chars().filter(|c| !c.is_whitespace()).take(4096).collect::<String>().to_ascii_lowercase();
            style.contains("display:none") || style.contains("mso-hide:all")
        })
}

/// What mail programs put round the mail that is answered, as they write it.
const QUOTE_CLASSES: [&str; 7] = [
    "gmail_quote",
    "gmail_attr",
    "moz-cite-prefix",
    "yahoo_quoted",
    "protonmail_quote",
    "tutanota_quote",
    "zmail_extra",
];
const QUOTE_IDS: [&str; 5] =
    ["divRplyFwdMsg", "appendonsend", "OLK_SRC_BODY_SECTION", "mail-editor-reference-message-container", "reply-intro"];
/// Bytes of a value that are looked at before the page itself is.
const LONGEST_VALUE: usize = 500;
/// The type of a `blockquote`.
const QUOTE_TYPES: [&str; 2] = ["cite", "CITE"];

fn is_quote_mark(name: &str, attributes: &str) -> bool {
    if attributes.len() < 4 {
        return false;
    }
    Attributes(attributes).any(|(attribute, value)| match attribute {
        _ if attribute.eq_ignore_ascii_case("class") => {
            value.split_ascii_whitespace().any(|class| QUOTE_CLASSES.contains(&class))
        }
        _ if attribute.eq_ignore_ascii_case("id") => QUOTE_IDS.contains(&value),
        _ => name == "blockquote" && attribute.eq_ignore_ascii_case("type") && QUOTE_TYPES.contains(&value),
    })
}

/// Is any of the marks there at all? Most mails have none, and looking at those attributes takes less than reading the page.
pub fn may_mark(html: &str) -> bool {
    let html = html.as_bytes();
    memchr_iter(b'=', html).any(|at| {
        let name = html[..at].trim_ascii_end();
        let ends_with =
            |word: &[u8]| name.len().checked_sub(word.len()).is_some_and(|at| name[at..].eq_ignore_ascii_case(word));
        if !ends_with(b"class") && !ends_with(b"id") && !ends_with(b"type") {
            return false;
        }
        let value = html[at + 1..].trim_ascii_start();
        let mark = value.first().copied().filter(|b| matches!(b, b'"' | b'\''));
        let value = &value[usize::from(mark.is_some())..];
        let ends = |b: &u8| mark.map_or(b.is_ascii_whitespace() || *b == b'>', |mark| *b == mark);
        let Some(end) = value.iter().take(LONGEST_VALUE).position(ends) else {
            return true;
        };
        let marks = || QUOTE_CLASSES.iter().chain(&QUOTE_IDS).chain(&QUOTE_TYPES);
        value[..end].split(u8::is_ascii_whitespace).any(|word| marks().any(|mark| mark.as_bytes() == word))
    })
}

#[cfg(test)]
mod tests {
    use super::{QUOTE_CLASSES, QUOTE_IDS, QUOTE_TYPES, may_mark, plain};

    fn text(html: &str) -> String {
        plain(html).text
    }

    #[test]
    fn paragraphs_lists_and_links_read_well() {
        assert_eq!(text("<p>Hei <b>Kari</b>,</p><p>takk\n for  sist.</p>"), "Hei Kari,\n\ntakk for sist.");
        assert_eq!(text("<div>Hei</div><div><br></div><div>Takk</div>"), "Hei\n\nTakk");
        assert_eq!(text("a<br>b<br><br>c"), "a\nb\n\nc");
        assert_eq!(
            text("<ul><li>en<li>to<ul><li>inni</ul></ul><ol><li>a</li><li>b</li></ol>"),
            "* en\n* to\n  * inni\n\n1. a\n2. b"
        );
        assert_eq!(text("Se <a href='https://x.no/a?b=1&amp;c=2'>her</a>."), "Se her <https://x.no/a?b=1&c=2>.");
        assert_eq!(text("<a href=\"https://x.no/\">x.no</a>"), "x.no");
        assert_eq!(text("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>"), "a b\nc");
        assert_eq!(text("<pre>a\n  b</pre>"), "a\n  b");
        assert_eq!(text("Hei<blockquote><p>sagt</p><p>mer</p></blockquote>svar"), "Hei\n\n> sagt\n>\n> mer\n\nsvar");
    }

    #[test]
    fn what_is_not_shown_is_not_read() {
        assert_eq!(
            text("<head><title>T</title><style>p{}</style></head><script>x<p>y</script>Hei<!-- a > b -->!"),
            "Hei!"
        );
        assert_eq!(text("<div style='DISPLAY: none'>skjult <div>inni</div></div>synlig"), "synlig");
        assert_eq!(text("Bl&aring;b&#230;r &lt;b&gt; &amp; &nope; & R&D 1 < 2"), "Blåbær <b> & &nope; & R&D 1 < 2");
    }

    #[test]
    fn broken_tags_do_no_harm() {
        assert_eq!(text("a<b"), "a");
        assert_eq!(text("a < b"), "a < b");
        assert_eq!(text("<a href=\"x>y"), "y");
        assert_eq!(text("<!--"), "");
        assert_eq!(text("</p></p></ul></blockquote>a"), "a");
        let deep = "<div>".repeat(200_000) + "dypt" + &"<blockquote>".repeat(1000) + "x";
        assert!(text(&deep).starts_with("dypt\n\n> > > > > > > > x"));
    }

    #[test]
    fn the_answered_mail_is_marked() {
        let gmail = plain(
            r#"<div>Takk!</div><br><div class="gmail_quote"><div class="gmail_attr">On Monday Ane wrote:<br></div><blockquote class="gmail_quote">Hei</blockquote></div>"#,
        );
        assert_eq!(&gmail.text[..gmail.quote_at.unwrap()].trim_end(), &"Takk!");
        let between = plain(
            r#"Hei<blockquote type="cite">Virker den?</blockquote>Nei.<blockquote type="cite">Og den?</blockquote>Ja."#,
        );
        assert_eq!(between.quote_at, None);
        let outlook = plain(
            r#"<p>Takk!</p><hr><div id="divRplyFwdMsg"><b>Fra:</b> Ane<br><b>Sendt:</b> i dag</div><div>Hei</div>"#,
        );
        assert_eq!(&outlook.text[outlook.quote_at.unwrap()..][..4], "Fra:");
    }

    #[test]
    fn no_mark_is_overlooked() {
        let all = QUOTE_CLASSES.iter().chain(&QUOTE_IDS).chain(&QUOTE_TYPES);
        for mark in all {
            for way in ["<div class=\"a ? b\">", "<p><DIV ID = '?'>", "<blockquote type=?>", "<div\nclass=? id=b"] {
                assert!(may_mark(&way.replace('?', mark)), "{mark} in {way}");
            }
        }
        assert!(may_mark("<div class=\"it's > gmail_quote\">"));
        assert!(may_mark(&format!("<div class=\"{} gmail_quote\">", "a ".repeat(1_000))));
        assert!(!may_mark("<p class=\"from_us\" id=cite_us style=\"color:red\">Reply to us: a=gmail_quote</p>"));
    }
}
