//! What stands round every mail of a category: the organisation's own frame, filled in by the templates' plugin like any
//! other template. Section 8.1, OUT-3.
//!
//! A mail never loses its message to a frame: one that leaves it out is refused when it is saved, and where it comes to that
//! later (the plugin is another one by then) the mail goes out without.

use crate::{
    Desk, Error, Result, Why,
    access::TicketFacts,
    clean::{letter_html, parts},
    model::*,
    outside::Sheet,
    template::unwritten,
};
use std::collections::BTreeMap;

/// What the plugin calls it.
const TEMPLATE: &str = "house-style";

#[derive(sqlx::FromRow)]
struct Row {
    id: CategoryId,
    parent_id: Option<CategoryId>,
    style_html: Option<String>,
    style_text: Option<String>,
    style_below_at: Option<i64>,
}

impl Row {
    fn style(&self) -> Option<HouseStyle> {
        let (html, text) = (self.style_html.clone(), self.style_text.clone());
        (html.is_some() || text.is_some()).then(|| HouseStyle {
            html: html.unwrap_or_default(),
            text: text.unwrap_or_default(),
            below: self.style_below_at.is_some(),
        })
    }
}

impl Desk {
    /// How mails of a category look, and which category says so.
    pub async fn house_style(&self, actor: &Actor, category: &CategoryId) -> Result<CategoryStyle> {
        self.entitled(actor, Right::Categories).await?;
        let rows = self.style_rows().await?;
        let own = rows.get(category).ok_or(Error::NotFound)?.style();
        Ok(CategoryStyle { own, from: worn(category, &rows).map(|(from, _)| from) })
    }

    /// Puts this round every mail of a category from now on; none leaves it to the categories above.
    ///
    /// # Errors
    /// [`Why::NoBody`] where the message would not be seen in it, [`Why::Template`] where it can't be filled in,
    /// [`Why::TooLong`] above [`LONGEST_STYLE`].
    pub async fn save_house_style(&self, actor: &Actor, category: &CategoryId, own: Option<HouseStyle>) -> Result<()> {
        self.entitled(actor, Right::Categories).await?;
        if let Some(style) = &own {
            self.check_style(style).await?;
        }
        let mut write = self.write().await?;
        write.entitled(actor, Right::Categories).await?;
        let since = own.as_ref().is_some_and(|style| style.below).then_some(write.now);
        let (html, text) = own.map(|style| (style.html, style.text)).unzip();
        let changed = sqlx::query(
            "update category set style_html = $2, style_text = $3, style_below_at = $4 where id = $1 and deleted_at is null",
        )
        .bind(category.clone())
        .bind(html)
        .bind(text)
        .bind(since)
        .execute(write.sql())
        .await?;
        if changed.rows_affected() == 0 {
            return Err(Error::NotFound);
        }
        write.say_of_category(actor, category).await?;
        self.commit(write).await
    }

    /// A made-up answer in this frame, to look at before it is saved.
    ///
    /// # Errors
    /// As [`Desk::save_house_style`].
    pub async fn preview_house_style(
        &self,
        actor: &Actor,
        category: &CategoryId,
        style: &HouseStyle,
    ) -> Result<Rendered> {
        self.entitled(actor, Right::Categories).await?;
        self.check_style(style).await?;
        let language = self.profile(actor).await?.language;
        let category = self.category_outside(category.as_str()).await?;
        let me = actor.name().to_owned();
        let sheet = Sheet {
            template: "reply".to_owned(),
            language,
            organisation: self.organisation().await?.name,
            ticket_number: Some(1),
            ticket_title: category.external_name(language).to_owned(),
            category: category.external_name(language).to_owned(),
            draft: Some("…".to_owned()),
            agent_name: me,
            ..self.empty_sheet()
        };
        let plain = self.outside().render(&sheet).await.map_err(unwritten)?;
        Ok(cleaned(self.framed(style, &sheet, &plain).await?.unwrap_or(plain)))
    }

    /// A mail about a request, as its category has it.
    pub(crate) async fn render_mail(&self, facts: &TicketFacts, sheet: &Sheet) -> Result<Rendered> {
        let plain = self.outside().render(sheet).await.map_err(unwritten)?;
        let rows = self.style_rows().await?;
        let Some((_, style)) = worn(&CategoryId(facts.category_id.clone()), &rows) else { return Ok(cleaned(plain)) };
        let framed = match self.framed(&style, sheet, &plain).await {
            Ok(framed) => framed,
            Err(error) => {
                tracing::warn!(%error, category = facts.category_id, "a mail leaves without its category's frame");
                None
            }
        };
        Ok(cleaned(framed.unwrap_or(plain)))
    }

    /// The mail inside of the frame; nothing where its message would not be seen.
    async fn framed(&self, style: &HouseStyle, sheet: &Sheet, plain: &Rendered) -> Result<Option<Rendered>> {
        let (sheets, body) = parts(&plain.html);
        let filled = self.fill_style(style, sheet, &body, &plain.text).await?;
        if !shows(&filled.text, &plain.text) || !shows(&filled.html, &body) {
            return Ok(None);
        }
        // A mail that has its text alone stays so.
        let html = match body.trim() {
            "" => String::new(),
            _ => format!("<style>{}</style>{}", sheets.join("\n"), filled.html),
        };
        Ok(Some(Rendered { html, text: filled.text, ..plain.clone() }))
    }

    async fn fill_style(&self, style: &HouseStyle, sheet: &Sheet, html: &str, text: &str) -> Result<Rendered> {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let sheet = Sheet {
            template: TEMPLATE.to_owned(),
            draft: None,
            quote: None,
            more: vec![
                pair("style-html", &style.html),
                pair("style-text", &style.text),
                pair("body-html", html),
                pair("body-text", text),
            ],
            ..sheet.clone()
        };
        self.outside().render(&sheet).await.map_err(|why| Error::invalid("style", Why::Template { words: why.words }))
    }

    /// A frame shows what is put into it, in each of its forms.
    pub(crate) async fn check_style(&self, style: &HouseStyle) -> Result<()> {
        for (field, text) in [("html", &style.html), ("text", &style.text)] {
            if text.chars().count() > LONGEST_STYLE {
                return Err(Error::invalid(field, Why::TooLong { most: LONGEST_STYLE as u32 }));
            }
        }
        if style.html.trim().is_empty() && style.text.trim().is_empty() {
            return Err(Error::invalid("html", Why::Missing));
        }
        // A word that no frame has by chance.
        let body = format!("saker{}", MessageId::new().0.replace('-', ""));
        let filled = self.fill_style(style, &self.empty_sheet(), &body, &body).await?;
        if !letter_html(&filled.html, Language::En).contains(&body) {
            return Err(Error::invalid("html", Why::NoBody));
        }
        if !filled.text.contains(&body) {
            return Err(Error::invalid("text", Why::NoBody));
        }
        Ok(())
    }

    async fn style_rows(&self) -> Result<BTreeMap<CategoryId, Row>> {
        let rows: Vec<Row> = sqlx::query_as(
            "select id, parent_id, style_html, style_text, style_below_at from category where deleted_at is null",
        )
        .fetch_all(self.read())
        .await?;
        Ok(rows.into_iter().map(|row| (row.id.clone(), row)).collect())
    }
}

/// Its own, else that of the nearest category above which is for those below, too.
fn worn(category: &CategoryId, rows: &BTreeMap<CategoryId, Row>) -> Option<(CategoryId, HouseStyle)> {
    let mut here = rows.get(category)?;
    if let Some(own) = here.style() {
        return Some((category.clone(), own));
    }
    // No tree is deeper than it has branches.
    for _ in 0..rows.len() {
        here = rows.get(here.parent_id.as_ref()?)?;
        if let Some(style) = here.style().filter(|style| style.below) {
            return Some((here.id.clone(), style));
        }
    }
    None
}

fn cleaned(mut rendered: Rendered) -> Rendered {
    rendered.html = letter_html(&rendered.html, rendered.language);
    rendered
}

/// Whether a text is in another, however its blanks and lines are set.
fn shows(whole: &str, part: &str) -> bool {
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    words(whole).contains(&words(part))
}
