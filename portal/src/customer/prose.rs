//! Text as it is read: paragraphs, web addresses as links, and from our own people lists and bold words.
//!
//! Nothing that is written becomes markup: all of it is text in elements that we choose.

use leptos::prelude::*;

/// A text. `marked` reads the little Markdown that a reply may carry; what a customer wrote is shown as typed.
#[component]
pub fn Prose(text: String, #[prop(optional)] marked: bool) -> impl IntoView {
    let blocks = blocks(&text.replace("\r\n", "\n"), marked);
    view! { <div class="prose">{blocks.into_iter().map(Block::draw).collect_view()}</div> }.into_any()
}

#[derive(Debug, PartialEq, Eq)]
enum Block {
    Paragraph(Vec<Piece>),
    List { numbered: bool, items: Vec<Vec<Piece>> },
}

/// A stretch of text, an address in it, or a bold word.
#[derive(Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Address { url: String, label: String },
    Bold(String),
}

impl Block {
    fn draw(self) -> AnyView {
        let line = |pieces: Vec<Piece>| pieces.into_iter().map(Piece::draw).collect_view();
        match self {
            Block::Paragraph(pieces) => view! { <p dir="auto">{line(pieces)}</p> }.into_any(),
            Block::List { numbered: true, items } => {
                view! { <ol dir="auto">{items.into_iter().map(|item| view! { <li>{line(item)}</li> }).collect_view()}</ol> }.into_any()
            }
            Block::List { numbered: false, items } => {
                view! { <ul dir="auto">{items.into_iter().map(|item| view! { <li>{line(item)}</li> }).collect_view()}</ul> }.into_any()
            }
        }
    }
}

impl Piece {
    fn draw(self) -> AnyView {
        match self {
            Piece::Text(text) => text.into_any(),
            Piece::Bold(text) => view! { <b>{text}</b> }.into_any(),
            Piece::Address { url, label } => {
                view! { <a class="link" href=url rel="external nofollow noopener noreferrer" target="_blank">{label}</a> }.into_any()
            }
        }
    }
}

fn blocks(text: &str, marked: bool) -> Vec<Block> {
    let parts = text.split("\n\n").map(|part| part.trim_matches('\n')).filter(|part| !part.trim().is_empty());
    if !marked {
        return parts.map(|part| Block::Paragraph(linked(part))).collect();
    }
    let mut blocks = Vec::new();
    for part in parts {
        let mut lines: Vec<&str> = Vec::new();
        for line in part.lines() {
            let Some((numbered, item)) = list_item(line) else {
                lines.push(line);
                continue;
            };
            end_paragraph(&mut blocks, &mut lines);
            match blocks.last_mut() {
                Some(Block::List { numbered: same, items }) if *same == numbered => items.push(bold(item)),
                _ => blocks.push(Block::List { numbered, items: vec![bold(item)] }),
            }
        }
        end_paragraph(&mut blocks, &mut lines);
    }
    blocks
}

fn end_paragraph(blocks: &mut Vec<Block>, lines: &mut Vec<&str>) {
    if !lines.is_empty() {
        blocks.push(Block::Paragraph(bold(&lines.join("\n"))));
        lines.clear();
    }
}

/// `- one`, `* one` or `1. one`; whether it is numbered, and what it says.
fn list_item(line: &str) -> Option<(bool, &str)> {
    if let Some(item) = line.strip_prefix("- ").or_else(|| line.strip_prefix("* ")) {
        return Some((false, item.trim()));
    }
    let (number, item) = line.split_once(". ")?;
    let counts = (1..=2).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_digit());
    counts.then_some((true, item.trim()))
}

/// `**word**`; stars without a partner stay as they are.
fn bold(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((before, tail)) = rest.split_once("**") {
        let Some((word, after)) =
            tail.split_once("**").filter(|(word, _)| !word.trim().is_empty() && !word.contains('\n'))
        else {
            break;
        };
        pieces.extend(named(before));
        pieces.push(Piece::Bold(word.to_owned()));
        rest = after;
    }
    pieces.extend(named(rest));
    pieces
}

/// `[label](https://…)`, and bare addresses around it.
fn named(text: &str) -> Vec<Piece> {
    let found = text.find("](http").and_then(|middle| {
        let start = text[..middle].rfind('[')?;
        let end = middle + text[middle..].find(')')?;
        let (label, url) = (&text[start + 1..middle], &text[middle + 2..end]);
        let plain = !label.trim().is_empty() && is_web(url) && !url.contains(char::is_whitespace);
        plain.then_some((start, end, label, url))
    });
    let Some((start, end, label, url)) = found else {
        return linked(text);
    };
    let mut pieces = linked(&text[..start]);
    pieces.push(Piece::Address { url: url.to_owned(), label: label.to_owned() });
    pieces.extend(named(&text[end + 1..]));
    pieces
}

fn is_web(url: &str) -> bool {
    url.starts_with("https://") || url.starts_with("http://")
}

/// Finds `http://` and `https://` addresses; nothing else becomes a link.
fn linked(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let (mut rest, mut from) = (text, 0);
    while let Some(at) = rest[from..].find("http").map(|at| from + at) {
        let tail = &rest[at..];
        let end = tail.find(|c: char| c.is_whitespace() || "<>\"“”«»".contains(c)).unwrap_or(tail.len());
        // A full stop or bracket after an address belongs to the sentence.
        let url = tail[..end].trim_end_matches(['.', ',', ';', ':', '!', '?', ')', ']', '\'', '*']);
        let house = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://")).unwrap_or_default();
        if house.is_empty() {
            from = at + "http".len();
            continue;
        }
        if at > 0 {
            pieces.push(Piece::Text(rest[..at].to_owned()));
        }
        pieces.push(Piece::Address { url: url.to_owned(), label: url.to_owned() });
        (rest, from) = (&tail[url.len()..], 0);
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest.to_owned()));
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Piece {
        Piece::Text(text.to_owned())
    }

    fn url(url: &str) -> Piece {
        Piece::Address { url: url.to_owned(), label: url.to_owned() }
    }

    #[test]
    fn addresses_become_links_and_sentences_keep_their_stops() {
        assert_eq!(
            linked("See (https://a.example/b?c=1)."),
            [text("See ("), url("https://a.example/b?c=1"), text(").")]
        );
        assert_eq!(linked("javascript:alert(1)"), [text("javascript:alert(1)")]);
        assert_eq!(linked("http:// and http"), [text("http:// and http")]);
        assert_eq!(linked("æ http://ø.example å"), [text("æ "), url("http://ø.example"), text(" å")]);
        assert_eq!(linked(""), []);
    }

    #[test]
    fn a_reply_may_have_lists_bold_words_and_named_links() {
        let got = blocks("Hei.\nGjør **dette**:\n1. Slå av\n2. Se [her](https://a.example)\n\n- a", true);
        let item = |pieces: Vec<Piece>| pieces;
        let here = Piece::Address { url: "https://a.example".to_owned(), label: "her".to_owned() };
        assert_eq!(
            got,
            [
                Block::Paragraph(vec![text("Hei.\nGjør "), Piece::Bold("dette".to_owned()), text(":")]),
                Block::List { numbered: true, items: vec![item(vec![text("Slå av")]), item(vec![text("Se "), here])] },
                Block::List { numbered: false, items: vec![item(vec![text("a")])] },
            ]
        );
    }

    #[test]
    fn what_a_customer_wrote_is_shown_as_typed() {
        assert_eq!(blocks("- **a**\n\n\n\n", false), [Block::Paragraph(vec![text("- **a**")])]);
        assert_eq!(bold("2 ** 3 and [x](javascript:y)"), [text("2 ** 3 and [x](javascript:y)")]);
    }
}
