//! The agent's Markdown in the letters of a chat.

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

/// How a chat marks up its text. A pair is what stands before and after.
#[derive(Clone, Copy, Debug)]
pub struct Marks {
    /// Bold.
    pub strong: (&'static str, &'static str),
    /// Italic.
    pub emphasis: (&'static str, &'static str),
    /// Struck through.
    pub strike: (&'static str, &'static str),
    /// Code inside a line.
    pub code: (&'static str, &'static str),
    /// Lines of code.
    pub block: (&'static str, &'static str),
    /// Before an item of a list that has no numbers.
    pub bullet: &'static str,
    /// The end of a line.
    pub newline: &'static str,
    /// Text that is no mark.
    pub escape: fn(&str) -> String,
    /// A link: address and words, both escaped.
    pub link: fn(&str, &str) -> String,
}

/// No marks at all.
pub const PLAIN: Marks = Marks {
    strong: ("", ""),
    emphasis: ("", ""),
    strike: ("", ""),
    code: ("", ""),
    block: ("", ""),
    bullet: "• ",
    newline: "\n",
    escape: str::to_owned,
    link: beside,
};

/// The marks of chats that write them out.
pub const STARS: Marks = Marks {
    strong: ("*", "*"),
    emphasis: ("_", "_"),
    strike: ("~", "~"),
    code: ("`", "`"),
    block: ("```", "```"),
    ..PLAIN
};

/// HTML of the simplest kind.
pub const HTML: Marks = Marks {
    strong: ("<b>", "</b>"),
    emphasis: ("<i>", "</i>"),
    strike: ("<s>", "</s>"),
    code: ("<code>", "</code>"),
    block: ("<pre>", "</pre>"),
    bullet: "• ",
    newline: "\n",
    escape: escaped,
    link: |url, words| format!("<a href=\"{url}\">{words}</a>"),
};

/// A link for readers of plain text: the words, and the address behind them where it says something else.
pub fn beside(url: &str, words: &str) -> String {
    let bare = |text: &str| text.trim_start_matches("mailto:").trim_start_matches("tel:").to_owned();
    if words.is_empty() || bare(words) == bare(url) { bare(url) } else { format!("{words} ({})", bare(url)) }
}

/// `&`, `<` and `>` as HTML has them.
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Writes Markdown with a chat's marks. HTML in it is text, and so is what a chat has no mark for.
pub fn write(markdown: &str, marks: &Marks) -> String {
    let mut page = Page { marks, text: String::new(), lists: vec![], item: 0, links: vec![], quoted: 0 };
    for event in Parser::new_ext(markdown, Options::ENABLE_STRIKETHROUGH) {
        page.take(event);
    }
    page.text.trim().replace('\n', marks.newline)
}

struct Page<'a> {
    marks: &'a Marks,
    text: String,
    /// The number of the next item; none for bullets.
    lists: Vec<Option<u64>>,
    /// Where the words of the last item begin.
    item: usize,
    /// Address, and where its words begin.
    links: Vec<(String, usize)>,
    quoted: usize,
}

impl Page<'_> {
    fn take(&mut self, event: Event<'_>) {
        let marks = self.marks;
        match event {
            Event::Start(tag) => self.begin(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) | Event::Html(text) | Event::InlineHtml(text) => {
                let text = (marks.escape)(&text);
                self.text.push_str(&text);
            }
            Event::Code(text) => {
                let text = (marks.escape)(&text);
                self.text.extend([marks.code.0, &text, marks.code.1]);
            }
            // A new line in the composer is a new line in the chat.
            Event::SoftBreak | Event::HardBreak => self.line(),
            Event::Rule => self.text.push_str("---\n\n"),
            _ => {}
        }
    }

    fn begin(&mut self, tag: Tag<'_>) {
        let marks = self.marks;
        if matches!(tag, Tag::Paragraph | Tag::Heading { .. } | Tag::CodeBlock(_) | Tag::BlockQuote(_)) {
            self.go_on_in_item();
        }
        match tag {
            Tag::Heading { .. } | Tag::Strong => self.text.push_str(marks.strong.0),
            Tag::Emphasis => self.text.push_str(marks.emphasis.0),
            Tag::Strikethrough => self.text.push_str(marks.strike.0),
            Tag::CodeBlock(_) => self.text.push_str(marks.block.0),
            Tag::BlockQuote(_) => {
                self.quoted += 1;
                self.text.push_str("> ");
                self.item = self.text.len();
            }
            Tag::List(first) => {
                if !self.lists.is_empty() {
                    self.text.push('\n');
                }
                self.lists.push(first);
            }
            Tag::Item => {
                let depth = self.lists.len().saturating_sub(1).min(8);
                self.text.push_str(&"  ".repeat(depth));
                match self.lists.last_mut() {
                    Some(Some(number)) => {
                        self.text.push_str(&format!("{number}. "));
                        *number += 1;
                    }
                    _ => self.text.push_str(marks.bullet),
                }
                self.item = self.text.len();
            }
            Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. } => {
                self.links.push((dest_url.to_string(), self.text.len()));
            }
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        let marks = self.marks;
        match tag {
            TagEnd::Heading(_) => self.text.extend([marks.strong.1, "\n\n"]),
            TagEnd::Strong => self.text.push_str(marks.strong.1),
            TagEnd::Emphasis => self.text.push_str(marks.emphasis.1),
            TagEnd::Strikethrough => self.text.push_str(marks.strike.1),
            TagEnd::CodeBlock => {
                let end = self.text.trim_end_matches('\n').len();
                self.text.truncate(end);
                self.text.extend([marks.block.1, "\n\n"]);
            }
            TagEnd::BlockQuote(_) => self.quoted = self.quoted.saturating_sub(1),
            TagEnd::Paragraph if self.lists.is_empty() => self.text.push_str("\n\n"),
            TagEnd::Item if !self.text.ends_with('\n') => self.text.push('\n'),
            TagEnd::List(_) => {
                self.lists.pop();
                if self.lists.is_empty() {
                    self.text.push('\n');
                }
            }
            TagEnd::Link | TagEnd::Image => {
                if let Some((url, from)) = self.links.pop() {
                    let words = self.text.split_off(from);
                    let good = ["https://", "http://", "mailto:", "tel:"].iter().any(|scheme| url.starts_with(scheme));
                    let link = if good { (marks.link)(&(marks.escape)(&url), &words) } else { words };
                    self.text.push_str(&link);
                }
            }
            _ => {}
        }
    }

    /// What follows in an item stands on a line of its own, under its words.
    fn go_on_in_item(&mut self) {
        if self.lists.is_empty() || self.text.len() <= self.item {
            return;
        }
        if !self.text.ends_with('\n') {
            self.text.push('\n');
        }
        self.text.push_str(&"  ".repeat(self.lists.len().min(8)));
    }

    fn line(&mut self) {
        self.text.push('\n');
        if self.quoted > 0 {
            self.text.push_str("> ");
        }
    }
}

/// Markdown in pieces of at most `most` letters (UTF-16, as phones count them), cut where a paragraph, a line or a word ends. A
/// block of code that is cut ends, and begins again in the next piece.
pub fn cut(text: &str, most: usize) -> Vec<String> {
    let mut pieces = vec![];
    let mut rest = text.trim().to_owned();
    while !rest.is_empty() {
        let (end, fence) = end_of_piece(&rest, most);
        let (piece, further) = rest.split_at(end);
        let piece = piece.trim_end();
        let (piece, further) = match fence {
            Some(Fence { opens, closes }) => {
                let further = further.trim_start_matches('\n');
                let (line, behind) = further.split_once('\n').unwrap_or((further, ""));
                // Nothing but its end is left of it.
                let done = line.trim().starts_with(closes);
                let further = if done { behind.trim_start().to_owned() } else { format!("{opens}\n{further}") };
                (format!("{piece}\n{closes}"), further)
            }
            None => (piece.to_owned(), further.trim_start().to_owned()),
        };
        pieces.push(piece);
        rest = further;
    }
    pieces
}

/// A block of code: the lines it begins and ends with.
struct Fence<'a> {
    opens: &'a str,
    closes: &'a str,
}

/// How many bytes a piece has, and the block of code that it ends in the middle of.
fn end_of_piece(rest: &str, most: usize) -> (usize, Option<Fence<'_>>) {
    let end = gap(rest, most);
    let Some(fence) = fence(&rest[..end]).filter(|_| end < rest.len()) else { return (end, None) };
    // Room for its end; each piece must have more than it gives to the next one.
    let end = gap(rest, most.saturating_sub(fence.closes.len() + 1));
    let grows = fence.opens.len() + 1 >= rest[..end].trim_end().len().min(most / 2);
    match self::fence(&rest[..end]) {
        Some(_) if !grows => (end, Some(fence)),
        // The block begins behind this end, or it is nothing but its fence.
        None if end > 0 => (end, None),
        _ => (gap(rest, most), None),
    }
}

/// Where a text of at most so many letters ends.
fn gap(rest: &str, most: usize) -> usize {
    let room = fitting(rest, most);
    if room == rest.len() {
        return room;
    }
    let head = &rest[..room];
    ["\n\n", "\n", " "].iter().filter_map(|gap| head.rfind(gap)).find(|at| *at > room / 2).unwrap_or(room)
}

/// The block of code that a text ends in (CommonMark, section 4.5).
fn fence(text: &str) -> Option<Fence<'_>> {
    let mut open: Option<Fence<'_>> = None;
    for line in text.lines() {
        let line = line.trim();
        let length = ['`', '~'].map(|mark| line.len() - line.trim_start_matches(mark).len()).into_iter().max()?;
        let (mark, more) = line.split_at(length);
        match &open {
            Some(fence) if mark.starts_with(fence.closes) && more.is_empty() => open = None,
            None if length >= 3 && !more.contains('`') => open = Some(Fence { opens: line, closes: mark }),
            _ => {}
        }
    }
    open
}

/// How many bytes of a text have at most so many letters; at least one letter.
fn fitting(text: &str, most: usize) -> usize {
    let mut letters = 0;
    for (at, letter) in text.char_indices() {
        letters += letter.len_utf16();
        if letters > most && at > 0 {
            return at;
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::{HTML, Marks, PLAIN, STARS, cut, write};

    #[test]
    fn markdown_is_written_in_the_letters_of_a_chat() {
        let text = "Hei **du** <b>\nlinje\n\n- en\n- to\n\n1. a\n2. b\n\n[side](https://a.example/?x=1&y=2) `x<y`\n\n> sitat\n> to";
        assert_eq!(
            write(text, &HTML),
            "Hei <b>du</b> &lt;b&gt;\nlinje\n\n• en\n• to\n\n1. a\n2. b\n\n<a href=\"https://a.example/?x=1&amp;y=2\">side</a> <code>x&lt;y</code>\n\n> sitat\n> to"
        );
        assert_eq!(
            write(text, &PLAIN),
            "Hei du <b>\nlinje\n\n• en\n• to\n\n1. a\n2. b\n\nside (https://a.example/?x=1&y=2) x<y\n\n> sitat\n> to"
        );
        assert_eq!(write("[x](javascript:alert(1)) <https://a.example>", &PLAIN), "x https://a.example");
        assert_eq!(write("# Tittel\n\n```\na\n  b\n```", &HTML), "<b>Tittel</b>\n\n<pre>a\n  b</pre>");
        assert_eq!(write("", &HTML), "");
    }

    #[test]
    fn what_follows_in_an_item_stands_under_it() {
        assert_eq!(
            write("- en\n\n  mer\n- to\n  - dypere\n\n    og mer\n\nslutt", &PLAIN),
            "• en\n  mer\n• to\n  • dypere\n    og mer\n\nslutt"
        );
        assert_eq!(write("1. en\n\n   ```\n   kode\n   ```\n\n   > sitat", &STARS), "1. en\n  ```kode```\n\n  > sitat");
        assert_eq!(write("- en\n- to", &Marks { bullet: "- ", ..PLAIN }), "- en\n- to");
    }

    #[test]
    fn a_block_of_code_that_is_cut_is_one_in_each_piece() {
        let code: String = (0..40).map(|n| format!("  linje {n}\n")).collect();
        let pieces = cut(&format!("Slik:\n\n```rust\n{code}```\n\nFerdig."), 120);
        assert!(pieces.len() > 3 && pieces.iter().all(|piece| piece.encode_utf16().count() <= 120), "{pieces:?}");
        for piece in &pieces {
            assert_eq!(piece.lines().filter(|line| line.starts_with("```")).count() % 2, 0, "{piece}");
        }
        let all = pieces.join("\n");
        for n in 0..40 {
            assert_eq!(all.matches(&format!("\n  linje {n}\n")).count(), 1, "{n} keeps its blanks");
        }
        assert!(pieces[1].starts_with("```rust\n") && pieces.last().is_some_and(|last| last.ends_with("Ferdig.")));
        // A fence as long as a piece is cut like any other text, and comes to an end.
        assert!(cut(&format!("```{}\nx\n", "a".repeat(300)), 20).len() < 40);
        assert!(cut(&"```\n".repeat(100), 9).len() < 200);
        assert_eq!(cut("~~~\na\n~~~", 100), ["~~~\na\n~~~"]);
    }

    #[test]
    fn deep_nesting_does_no_harm() {
        assert!(write(&("> ".repeat(2_000) + "dypt"), &HTML).ends_with("dypt"));
        assert!(write(&"[".repeat(20_000), &HTML).contains('['));
    }

    #[test]
    fn a_long_text_is_cut_where_words_end_and_nothing_is_lost() {
        let text = "ord ".repeat(1_000);
        let pieces = cut(&text, 100);
        assert!(pieces.iter().all(|piece| piece.encode_utf16().count() <= 100 && !piece.ends_with(' ')));
        assert_eq!(pieces.join(" "), text.trim());
        assert_eq!(cut("a\n\nb", 100), ["a\n\nb"]);
        assert_eq!(cut("aaaa\n\nbb bb", 7), ["aaaa", "bb bb"]);
        assert_eq!(cut("😀😀😀", 4), ["😀😀", "😀"]);
        assert_eq!(cut("😀", 1), ["😀"]);
        assert_eq!(cut(" \n ", 9), Vec::<String>::new());
        assert_eq!(cut(&"ø".repeat(250), 100).concat(), "ø".repeat(250));
    }
}
