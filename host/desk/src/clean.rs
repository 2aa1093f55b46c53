//! HTML from outside, made harmless. Always, whoever wrote it.

use crate::model::Language;
use std::borrow::Cow;

/// Keeps what carries a letter's look: text, links, tables, pictures inside the mail. Scripts, forms, frames, style
/// sheets and anything that would load from elsewhere are gone; pictures on other sites wait for the reader's word.
pub fn mail_html(html: &str) -> String {
    let mut cleaner = ammonia::Builder::default();
    cleaner
        .add_generic_attributes(["style", "align", "valign", "bgcolor", "width", "height", "dir", "lang"])
        .add_tags(["font", "center"])
        .add_tag_attributes("font", ["color", "size", "face"])
        .add_tag_attributes("table", ["border", "cellpadding", "cellspacing"])
        .add_tag_attributes("img", ["data-remote"])
        .add_url_schemes(["cid"])
        .filter_style_properties(std::collections::HashSet::from([
            "color",
            "background-color",
            "font-weight",
            "font-style",
            "font-size",
            "font-family",
            "text-align",
            "text-decoration",
            "padding",
            "padding-left",
            "padding-right",
            "padding-top",
            "padding-bottom",
            "margin",
            "margin-left",
            "margin-right",
            "margin-top",
            "margin-bottom",
            "border",
            "border-left",
            "border-top",
            "border-right",
            "border-bottom",
            "border-collapse",
            "width",
            "max-width",
            "height",
            "line-height",
            "vertical-align",
            "white-space",
            "list-style-type",
        ]))
        .attribute_filter(at_home)
        .link_rel(Some("noopener noreferrer nofollow"))
        .set_tag_attribute_value("a", "target", "_blank");
    cleaner.clean(html).to_string()
}

/// A picture elsewhere tells its owner that the mail was read.
fn at_home<'a>(element: &str, attribute: &str, value: &'a str) -> Option<Cow<'a, str>> {
    match (element, attribute) {
        ("img", "src") if !value.trim_start().to_ascii_lowercase().starts_with("cid:") => None,
        (_, "style") if !is_harmless_css(value) => None,
        _ => Some(value.into()),
    }
}

/// A whole letter of ours, as a template's plugin rendered it: put together anew from its style sheet and what its body
/// says. Nothing in it acts, and nothing is loaded from elsewhere. Empty stays empty: that letter has its text alone.
pub fn letter_html(html: &str, language: Language) -> String {
    let (styles, body) = parts(html);
    let mut cleaner = ammonia::Builder::default();
    cleaner
        .add_generic_attributes([
            "style", "class", "align", "valign", "bgcolor", "width", "height", "dir", "lang", "role",
        ])
        .add_tag_attributes("table", ["border", "cellpadding", "cellspacing"])
        .add_url_schemes(["cid"])
        .attribute_filter(at_home);
    let body = cleaner.clean(&body).to_string();
    if body.trim().is_empty() {
        return String::new();
    }
    let style: String = styles.iter().filter(|style| is_harmless_css(style)).cloned().collect();
    format!(
        "<!doctype html>\n<html lang=\"{language}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<style>{style}</style>\n</head>\n\
         <body style=\"margin:0;padding:0\">\n{body}\n</body>\n</html>\n",
        language = language.tag(),
    )
}

/// The style sheets of a letter, and what its body says.
pub fn parts(html: &str) -> (Vec<String>, String) {
    let (styles, rest) = without_styles(html);
    let body = between(&rest, "<body", "</body>").map(|body| format!("<div{body}</div>"));
    (styles, body.unwrap_or(rest))
}

/// The text without its style sheets, and these. An unclosed one takes the rest with it, as in a browser.
fn without_styles(html: &str) -> (Vec<String>, String) {
    let (mut styles, mut rest, mut left) = (vec![], String::with_capacity(html.len()), html);
    while let Some(start) = find(left, "<style") {
        rest.push_str(&left[..start]);
        let end = find(&left[start..], "</style").map_or(left.len(), |end| start + end);
        if let Some(open) = left[start..end].find('>') {
            styles.push(left[start + open + 1..end].to_owned());
        }
        left = left[end..].find('>').map_or("", |close| &left[end + close + 1..]);
    }
    rest.push_str(left);
    (styles, rest)
}

fn between<'a>(html: &'a str, start: &str, end: &str) -> Option<&'a str> {
    let start = find(html, start)? + start.len();
    let end = find(&html[start..], end).map_or(html.len(), |end| start + end);
    Some(&html[start..end])
}

/// Case of ASCII letters does not matter in tags.
fn find(text: &str, tag: &str) -> Option<usize> {
    text.as_bytes().windows(tag.len()).position(|window| window.eq_ignore_ascii_case(tag.as_bytes()))
}

fn is_harmless_css(css: &str) -> bool {
    // A backslash could spell what is looked for here in another way.
    let css = css.to_ascii_lowercase();
    ["<", "\\", "url(", "@import", "image-set(", "expression("].iter().all(|bad| !css.contains(bad))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_keeps_its_looks_and_loses_what_could_act() {
        let dirty = r#"<!DOCTYPE html><html lang="nb" onload="x()"><head><title>x</title><script>alert(1)</script>
            <style>.t1 { color: red } @media (prefers-color-scheme: dark) { .t1 { color: pink } }</style>
            <STYLE>@import "http://evil"; p { background: url(http://evil) }</STYLE></head>
            <body class="bg" style="background:#fff" onload="x()"><table role="presentation" cellpadding="0"><tr><td class="t1"
            style="padding:1px;border-radius:6px">Hei <a href="https://help.example/x" style="color:red">saken</a>
            <img src="https://tracker/x.gif"><img src="cid:logo@x"><iframe src="http://evil"></iframe></td></tr></table></body></html>"#;
        let letter = letter_html(dirty, Language::Nb);
        for bad in ["script", "onload", "evil", "tracker", "iframe", "title"] {
            assert!(!letter.contains(bad), "{bad} in {letter}");
        }
        for good in [
            "<!doctype html>",
            "lang=\"nb\"",
            "prefers-color-scheme",
            "class=\"bg\"",
            "border-radius:6px",
            "Hei ",
            "cid:logo@x",
        ] {
            assert!(letter.contains(good), "no {good} in {letter}");
        }
        assert_eq!(letter_html("", Language::En), "");
        assert_eq!(letter_html("<style>p{}", Language::En), "");
        assert!(letter_html("<b>Hei", Language::En).contains("<b>Hei</b>"));
    }

    #[test]
    fn what_could_act_is_gone() {
        let dirty = r#"<p onclick="x()" style="color:red;background:url(http://evil)">Hei<script>alert(1)</script>
            <a href="javascript:alert(1)">a</a><img src="http://tracker/x.gif"><img src="cid:logo@x">
            <iframe src="http://evil"></iframe><form action="/x"><input></form></p>"#;
        let clean = mail_html(dirty);
        for bad in ["script", "onclick", "javascript", "tracker", "iframe", "<form", "<input", "url("] {
            assert!(!clean.contains(bad), "{bad} in {clean}");
        }
        assert!(clean.contains("cid:logo@x") && clean.contains("Hei"));
    }
}
