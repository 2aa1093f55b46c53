//! Filling a template in.

use crate::{
    card::{Card, called, cards},
    input::{Input, web},
    wrong::wrong,
};
use minijinja::{AutoEscape, Environment, Error, UndefinedBehavior, Value, context, escape_formatter};

/// Where values are escaped as Markdown.
const MARKDOWN: &str = "md";
/// Bytes that an agent's text may become: far beyond any reply, and little beside the memory that showing it takes.
const LONGEST_OWN: usize = 100_000;
/// Steps that a template may take: the largest of ours takes a few hundred.
const FUEL: u64 = 50_000;

/// The template that is written by the organisation itself: it comes along with the mail that it is put round.
const HOUSE_STYLE: &str = "house-style";

/// The template that an agent wrote: it comes along as `own-text`.
const OWN: &str = "own";

/// A finished text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Output {
    pub subject: Option<String>,
    /// A whole page for mail; a fragment for the composer.
    pub html: String,
    /// The twin of `html`; Markdown for the composer.
    pub text: String,
    /// What is missing, in the reader's language.
    pub warnings: Vec<String>,
}

/// There is no such template, or it cannot be filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unknown(pub String);

/// Fills a template in. Missing values leave nothing behind but a warning.
///
/// # Errors
/// For a name that [`cards`] does not have.
pub fn render(input: &Input) -> Result<Output, Unknown> {
    if input.template == HOUSE_STYLE {
        return wrap(input).map_err(|why| Unknown(wrong(&why, input.norwegian())));
    }
    if input.template == OWN {
        return own(input);
    }
    let card = cards().iter().find(|card| card.name == input.template);
    let card = card.ok_or_else(|| Unknown(format!("There is no template \"{}\".", input.template)))?;
    let norwegian = input.norwegian();
    fill(card, input, norwegian)
        .map(|output| with_warnings(output, card, input, norwegian))
        .map_err(|why| Unknown(why.to_string()))
}

fn environment<'a>() -> Environment<'a> {
    let mut templates = Environment::new();
    templates.set_fuel(Some(FUEL));
    templates.set_undefined_behavior(UndefinedBehavior::Chainable);
    templates.set_auto_escape_callback(|name| match name.rsplit_once('.') {
        Some((_, "html")) => AutoEscape::Html,
        Some((_, MARKDOWN)) => AutoEscape::Custom(MARKDOWN.into()),
        _ => AutoEscape::None,
    });
    // In a text that an agent wrote every value is only text, without their having to know of Markdown.
    templates.set_formatter(|out, state, value| match state.auto_escape() {
        AutoEscape::Custom(_) if value.is_safe() => Ok(write!(out, "{value}")?),
        AutoEscape::Custom(_) => {
            let text = value.to_string();
            // An address was looked at on its way in, and is no address any more with a stroke in it.
            let is_address =
                text.starts_with("http") && web(&text) == text && !text.contains(['<', '>', '(', ')', '[', ']']);
            Ok(out.write_str(&if is_address { text } else { escape_markdown(&text) })?)
        }
        _ => escape_formatter(out, state, value),
    });
    templates.add_filter("md", |text: String| escape_markdown(&text));
    templates.add_filter("br", |text: String| Value::from_safe_string(lines_as_html(&text)));
    templates
}

/// Puts an organisation's own words round a mail: `style-html` and `style-text` of `more` are templates in which `body` is
/// the mail, `body-html` and `body-text`. Where there is no template the mail stays as it is.
fn wrap(input: &Input) -> Result<Output, Error> {
    let said = |name: &str| input.more.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str());
    let mut templates = environment();
    templates.add_template("mail.html", said("style-html"))?;
    templates.add_template("mail.txt", said("style-text"))?;
    let fill = |name: &str, style: &str, body: &str, shown: Value| match said(style).trim() {
        "" => Ok(body.to_owned()),
        _ => templates.get_template(name)?.render(context!(body => shown, ..input.context())),
    };
    let (html, text) = (said("body-html"), said("body-text"));
    Ok(Output {
        // Rendered once already, and made harmless by whoever asked.
        html: fill("mail.html", "style-html", html, Value::from_safe_string(html.to_owned()))?,
        text: tidy(&fill("mail.txt", "style-text", text, Value::from(text))?),
        ..Output::default()
    })
}

/// What an agent wrote, as the composer takes it. Values that are missing or that nobody knows leave nothing behind but a warning.
/// TPL-3.
fn own(input: &Input) -> Result<Output, Unknown> {
    let norwegian = input.norwegian();
    let unfilled = |why: Error| Unknown(wrong(&why, norwegian));
    let source = input.more.iter().find(|(name, _)| name == "own-text").map_or("", |(_, text)| text.as_str());
    let mut templates = environment();
    templates.add_template("own.md", source).map_err(unfilled)?;
    let template = templates.get_template("own.md").map_err(unfilled)?;
    let context = input.context();
    let text = tidy(&template.render(context.clone()).map_err(unfilled)?);
    if text.len() > LONGEST_OWN {
        let long = if norwegian { "teksten blir for lang" } else { "the text becomes too long" };
        return Err(Unknown(long.to_owned()));
    }
    let mut named: Vec<String> = template.undeclared_variables(true).into_iter().collect();
    named.sort_unstable();
    let warning = |name: &String| {
        let value = name.split('.').try_fold(context.clone(), |value, part| value.get_attr(part)).unwrap_or_default();
        let called = called(name, norwegian);
        match (value.is_undefined(), value.as_str().is_some_and(str::is_empty), norwegian) {
            (true, _, true) => Some(format!("Det finnes ingen verdi «{called}».")),
            (true, _, false) => Some(format!("There is no value “{called}”.")),
            (_, true, true) => Some(format!("Mangler {called}.")),
            (_, true, false) => Some(format!("Missing: {called}.")),
            _ => None,
        }
    };
    let warnings = named.iter().filter_map(warning).collect();
    Ok(Output { subject: None, html: crate::markdown::html(&text), text, warnings })
}

fn fill(card: &Card, input: &Input, norwegian: bool) -> Result<Output, Error> {
    let source = Sections::of(if norwegian { card.source.0 } else { card.source.1 });
    let mut templates = environment();
    templates.add_template("layout.html", include_str!("../templates/layout.html"))?;
    templates.add_template("part.html", include_str!("../templates/part.html"))?;
    templates.add_template("subject.txt", source.subject)?;
    templates.add_template("mail.html", source.html)?;
    templates.add_template("mail.txt", source.text)?;

    let context = input.context();
    let fill = |name: &str| templates.get_template(name)?.render(context.clone());
    let text = tidy(&fill("mail.txt")?);
    // The composer shows what its Markdown will look like.
    let html = if source.html.is_empty() { crate::markdown::html(&text) } else { fill("mail.html")? };
    let subject = fill("subject.txt")?.split_whitespace().collect::<Vec<_>>().join(" ");
    Ok(Output { subject: (!subject.is_empty()).then_some(subject), html, text, warnings: Vec::new() })
}

fn with_warnings(mut output: Output, card: &Card, input: &Input, norwegian: bool) -> Output {
    let missing = card.needs.iter().filter(|name| input.lacks(name)).map(|name| called(name, norwegian));
    output.warnings =
        missing.map(|name| if norwegian { format!("Mangler {name}.") } else { format!("Missing: {name}.") }).collect();
    output
}

/// A source file: `=== subject`, `=== html`, `=== text`, each up to the next.
#[derive(Default)]
struct Sections<'a> {
    subject: &'a str,
    html: &'a str,
    text: &'a str,
}

impl<'a> Sections<'a> {
    fn of(source: &'a str) -> Self {
        let mut sections = Self::default();
        for section in source.split("=== ").skip(1) {
            let (name, body) = section.split_once('\n').unwrap_or((section, ""));
            match name.trim() {
                "subject" => sections.subject = body,
                "html" => sections.html = body,
                _ => sections.text = body,
            }
        }
        sections
    }
}

/// A name must not become bold because it has stars.
fn escape_markdown(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    let (mut before, mut rest) = (' ', text.chars().peekable());
    while let Some(c) = rest.next() {
        // Between letters it means nothing, and stands in many an address.
        let is_inside = c == '_' && before.is_alphanumeric() && rest.peek().is_some_and(|next| next.is_alphanumeric());
        if "\\`*_[]<>#|~".contains(c) && !is_inside {
            escaped.push('\\');
        }
        escaped.push(c);
        before = c;
    }
    escaped
}

fn lines_as_html(text: &str) -> String {
    let escaped = text
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;");
    escaped.lines().collect::<Vec<_>>().join("<br>")
}

/// Without the blank lines that left-out pieces leave.
fn tidy(text: &str) -> String {
    let mut tidy = String::with_capacity(text.len());
    let mut gap = false;
    for line in text.lines() {
        let kept = if line == "-- " { line } else { line.trim_end() };
        if kept.is_empty() {
            gap = !tidy.is_empty();
            continue;
        }
        if gap {
            tidy.push('\n');
            gap = false;
        }
        tidy.push_str(kept);
        tidy.push('\n');
    }
    tidy
}
