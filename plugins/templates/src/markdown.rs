//! What an agent wrote, as HTML that mail programs show alike.

use pulldown_cmark::{CowStr, Event, Options, Parser, Tag, TagEnd, html::push_html};

/// CommonMark with strikethrough and tables. HTML inside is shown as text, pictures as their description, and only
/// web, mail and telephone addresses become links.
pub fn html(markdown: &str) -> String {
    let parser = Parser::new_ext(markdown, Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TABLES);
    let mut refused = Vec::new();
    let events = parser.filter_map(|event| match event {
        Event::Html(text) | Event::InlineHtml(text) => Some(Event::Text(text)),
        // A new line in the composer is a new line in the mail.
        Event::SoftBreak => Some(Event::HardBreak),
        Event::Start(Tag::Image { .. }) | Event::End(TagEnd::Image) => None,
        Event::Start(Tag::Link { ref dest_url, .. }) => {
            let good = allowed(dest_url);
            refused.push(!good);
            good.then_some(event)
        }
        Event::End(TagEnd::Link) => (!refused.pop().unwrap_or_default()).then_some(event),
        Event::Start(Tag::HtmlBlock) => Some(Event::Start(Tag::Paragraph)),
        Event::End(TagEnd::HtmlBlock) => Some(Event::End(TagEnd::Paragraph)),
        Event::Start(Tag::CodeBlock(_)) => {
            Some(Event::Start(Tag::CodeBlock(pulldown_cmark::CodeBlockKind::Fenced(CowStr::Borrowed("")))))
        }
        other => Some(other),
    });
    let mut page = String::new();
    push_html(&mut page, events);
    styled(&page)
}

fn allowed(url: &str) -> bool {
    let url = url.to_ascii_lowercase();
    ["https://", "http://", "mailto:", "tel:"].iter().any(|scheme| url.starts_with(scheme))
}

/// Mail programs take styles from the element only. Text is escaped by now, so a tag here is a tag of ours.
fn styled(html: &str) -> String {
    html.replace("<p>", "<p class=\"t1\" style=\"margin:0 0 16px;font-size:16px;line-height:26px;color:#1B1A17;\">")
        .replace("<li>", "<li class=\"t1\" style=\"margin:0 0 4px;font-size:16px;line-height:26px;color:#1B1A17;\">")
        .replace("<ul>", "<ul style=\"margin:0 0 16px;padding:0 0 0 24px;\">")
        .replace("<ol>", "<ol style=\"margin:0 0 16px;padding:0 0 0 24px;\">")
        .replace(
            "<blockquote>",
            "<blockquote class=\"rule\" style=\"margin:0 0 16px;padding:0 0 0 14px;border-left:2px solid #E5E3DE;\">",
        )
        .replace("<pre>", "<pre style=\"margin:0 0 16px;font-size:14px;line-height:22px;white-space:pre-wrap;\">")
        .replace("<a href", "<a class=\"lk\" style=\"color:#4540B8;text-decoration:underline;\" href")
}

#[cfg(test)]
mod tests {
    use super::html;

    #[test]
    fn what_is_written_is_shown_and_nothing_runs() {
        let page = html(
            "Hei <script>alert(1)</script>\nto\n\n[lenke](javascript:alert(1)) [side](https://x.no/?a=\"b)\n\n![bilde](https://x.no/p.gif)\n\n<div onclick=x>",
        );
        assert!(page.contains("&lt;script&gt;") && page.contains("<br />"), "{page}");
        assert!(
            !page.contains("javascript:") && page.contains("lenke") && page.contains("href=\"https://x.no/?a=%22b\""),
            "{page}"
        );
        assert!(!page.contains("<img") && page.contains("bilde") && page.contains("&lt;div onclick=x&gt;"), "{page}");
    }

    #[test]
    fn deep_nesting_does_no_harm() {
        assert!(html(&("> ".repeat(2000) + "dypt")).contains("dypt"));
        assert!(html(&"[".repeat(20_000)).contains('['));
    }
}
