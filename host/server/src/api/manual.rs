//! The document as a page to read: no script, no help from elsewhere.

use serde_json::{Map, Value};
use std::fmt::Write;

const STYLE: &str = "\
:root{color-scheme:light dark;--ink:light-dark(#1d2126,#e7e9ec);--soft:light-dark(#5d6670,#9aa4af);--line:light-dark(#e3e6ea,#2c3238);\
--paper:light-dark(#fff,#15181c);--card:light-dark(#f7f8fa,#1b1f24);--mark:light-dark(#0b5fff,#7aa9ff)}\
*{box-sizing:border-box}body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,sans-serif}\
main{max-inline-size:60rem;margin-inline:auto;padding:2rem 1rem 6rem}h1{font-size:1.6rem}h2{font-size:1.15rem;margin-block:2.5rem .5rem}\
a{color:var(--mark)}code,pre{font:13px/1.5 ui-monospace,monospace}code{overflow-wrap:anywhere}nav{display:flex;flex-wrap:wrap;gap:.25rem 1rem;padding:0;margin:1rem 0}\
details{border-block-start:1px solid var(--line)}details[open]{background:var(--card)}\
summary{display:flex;flex-wrap:wrap;gap:.25rem .75rem;align-items:baseline;padding:.6rem .5rem;cursor:pointer}\
summary:focus-visible,a:focus-visible{outline:2px solid var(--mark);outline-offset:2px}\
.how{inline-size:4.2rem;font-weight:600}.says{color:var(--soft);flex:1 1 16rem}.in{padding:0 .5rem 1rem;overflow-x:auto}\
table{border-collapse:collapse;inline-size:100%}th,td{text-align:start;vertical-align:top;padding:.3rem .75rem .3rem 0;border-block-start:1px solid var(--line)}\
th{font-weight:600;color:var(--soft)}.soft{color:var(--soft)}";

pub fn of(document: &Value) -> String {
    let mut page = String::new();
    let title = text(&document["info"]["title"]);
    let _ = write!(
        page,
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>{title} API</title><style>{STYLE}</style></head><body><main><h1>{title} API</h1>"
    );
    for part in document["info"]["description"].as_str().unwrap_or_default().split("\n\n") {
        let _ = write!(page, "<p>{}</p>", marked(part));
    }
    let _ = write!(page, "<p><a href=\"/api/v1/openapi.json\">OpenAPI 3.1</a></p>");
    let chapters = chapters(document);
    let _ = write!(page, "<nav aria-label=\"Chapters\">");
    for (name, doors) in &chapters {
        let _ = write!(page, "<a href=\"#{0}\">{0} <span class=\"soft\">{1}</span></a>", safe(name), doors.len());
    }
    let _ = write!(page, "<a href=\"#shapes\">Shapes</a></nav>");
    for (name, doors) in &chapters {
        let _ = write!(page, "<h2 id=\"{0}\">{0}</h2>", safe(name));
        for (path, method, door) in doors {
            write_door(&mut page, path, method, door);
        }
    }
    let _ = write!(page, "<h2 id=\"shapes\">Shapes</h2>");
    for (name, shape) in document["components"]["schemas"].as_object().into_iter().flatten() {
        write_shape(&mut page, name, shape);
    }
    page.push_str("</main></body></html>");
    page
}

/// Path, method and operation of each door, under the name of its chapter.
type Chapter<'a> = (&'a str, Vec<(&'a str, &'a str, &'a Value)>);

fn chapters(document: &Value) -> Vec<Chapter<'_>> {
    let names = document["tags"].as_array().into_iter().flatten().filter_map(|tag| tag["name"].as_str());
    let mut chapters: Vec<Chapter> = names.map(|name| (name, vec![])).collect();
    for (path, item) in document["paths"].as_object().into_iter().flatten() {
        for (method, door) in item.as_object().into_iter().flatten() {
            let name = door["tags"][0].as_str().unwrap_or_default();
            if let Some((_, doors)) = chapters.iter_mut().find(|(chapter, _)| *chapter == name) {
                doors.push((path, method, door));
            }
        }
    }
    chapters
}

fn write_door(page: &mut String, path: &str, method: &str, door: &Value) {
    let id = text(&door["operationId"]);
    let _ = write!(
        page,
        "<details id=\"{id}\"><summary><code class=\"how\">{}</code><code>{}</code><span class=\"says\">{}</span></summary><div class=\"in\">",
        safe(&method.to_uppercase()),
        safe(path),
        text(&door["summary"])
    );
    let _ = write!(page, "<p class=\"soft\">{}</p>", marked(door["description"].as_str().unwrap_or_default()));
    let parameters = door["parameters"].as_array().map(Vec::as_slice).unwrap_or_default();
    if !parameters.is_empty() {
        page.push_str("<table><tr><th>Name</th><th>In</th><th>Is</th><th></th></tr>");
        for one in parameters {
            let _ = write!(
                page,
                "<tr><td><code>{}</code></td><td>{}</td><td>{}</td><td>{}</td></tr>",
                text(&one["name"]),
                text(&one["in"]),
                kind(&one["schema"]),
                text(&one["description"])
            );
        }
        page.push_str("</table>");
    }
    for (_, media) in door["requestBody"]["content"].as_object().into_iter().flatten() {
        let _ = write!(
            page,
            "<p>Takes {}</p>",
            if media["schema"].is_null() { "bytes".into() } else { kind(&media["schema"]) }
        );
    }
    for (status, answer) in
        door["responses"].as_object().into_iter().flatten().filter(|(code, _)| code.starts_with('2'))
    {
        let shape = answer["content"]["application/json"]["schema"].clone();
        let _ = write!(
            page,
            "<p>Answers {} {}</p>",
            safe(status),
            if shape.is_null() { text(&answer["description"]) } else { kind(&shape) }
        );
    }
    page.push_str("</div></details>");
}

fn write_shape(page: &mut String, name: &str, shape: &Value) {
    let about = shape["description"].as_str().unwrap_or_default();
    let _ = write!(
        page,
        "<details id=\"shape-{0}\"><summary><code>{0}</code><span class=\"says\">{1}</span></summary><div class=\"in\">",
        safe(name),
        marked(about.lines().next().unwrap_or_default())
    );
    match shape["properties"].as_object() {
        Some(fields) => write_fields(page, fields, &shape["required"]),
        None => {
            let _ = write!(page, "<p>{}</p>", kind(shape));
        }
    }
    page.push_str("</div></details>");
}

fn write_fields(page: &mut String, fields: &Map<String, Value>, required: &Value) {
    let needed = |name: &str| required.as_array().is_some_and(|names| names.iter().any(|one| one == name));
    page.push_str("<table><tr><th>Field</th><th>Is</th><th></th></tr>");
    for (name, field) in fields {
        let may = if needed(name) { "" } else { " <span class=\"soft\">(may be left out)</span>" };
        let about = marked(field["description"].as_str().unwrap_or_default());
        let _ =
            write!(page, "<tr><td><code>{}</code></td><td>{}{may}</td><td>{about}</td></tr>", safe(name), kind(field));
    }
    page.push_str("</table>");
}

/// What a value is, in a line; named shapes are links.
fn kind(shape: &Value) -> String {
    if let Some(name) = shape["$ref"].as_str().and_then(|path| path.rsplit('/').next()) {
        return format!("<a href=\"#shape-{0}\">{0}</a>", safe(name));
    }
    if let Some(words) = shape["enum"].as_array() {
        let words: Vec<String> = words.iter().map(|word| format!("<code>{}</code>", text(word))).collect();
        return words.join(" ");
    }
    for (key, between) in [("oneOf", " or "), ("anyOf", " or "), ("allOf", " and ")] {
        if let Some(parts) = shape[key].as_array() {
            let parts: Vec<String> = parts.iter().map(kind).collect();
            return parts.join(between);
        }
    }
    if let Some(fields) = shape["properties"].as_object() {
        let fields: Vec<String> =
            fields.iter().map(|(name, field)| format!("{}: {}", safe(name), kind(field))).collect();
        return format!("{{ {} }}", fields.join(", "));
    }
    match &shape["type"] {
        Value::String(name) if name == "array" => format!("list of {}", kind(&shape["items"])),
        Value::String(name) => safe(name),
        Value::Array(names) => names.iter().map(text).collect::<Vec<_>>().join(" or "),
        _ => "anything".to_owned(),
    }
}

fn text(value: &Value) -> String {
    safe(value.as_str().unwrap_or_default())
}

fn safe(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Text with `code` and **bold** in it.
fn marked(plain: &str) -> String {
    let pair = |plain: &str, mark: &str, open: &str, close: &str| {
        let parts = plain.split(mark).enumerate();
        parts.fold(String::new(), |mut all, (place, part)| {
            if place > 0 {
                all.push_str(if place % 2 == 1 { open } else { close });
            }
            all.push_str(part);
            all
        })
    };
    pair(&pair(&safe(plain), "**", "<strong>", "</strong>"), "`", "<code>", "</code>")
}
