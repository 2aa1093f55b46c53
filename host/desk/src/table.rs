//! A table as a file: for spreadsheets, for a browser, as text.

use crate::{
    Error, Result,
    model::{Language, export::Format},
};
use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use rust_xlsxwriter::{ExcelDateTime, Format as Look, Workbook, XlsxError};

/// Characters of a column of text, up to which columns stand below each other.
const WIDEST: usize = 60;

/// What stands in a cell.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Cell {
    Text(String),
    Number(i64),
    /// By the reader's clock.
    Moment(DateTime),
    Empty,
}

/// A moment by somebody's clock; nothing for one that no clock can show.
pub(crate) fn moment(at: i64, zone: &TimeZone) -> Cell {
    match Timestamp::from_microsecond(at) {
        Ok(at) => Cell::Moment(at.to_zoned(zone.clone()).datetime()),
        Err(_) => Cell::Empty,
    }
}

impl Cell {
    fn words(&self) -> String {
        match self {
            Cell::Text(text) => text.clone(),
            Cell::Number(number) => number.to_string(),
            Cell::Moment(at) => at.strftime("%Y-%m-%d %H:%M").to_string(),
            Cell::Empty => String::new(),
        }
    }
}

/// Rows below headings, in the reader's words.
pub(crate) struct Table {
    pub title: String,
    pub language: Language,
    pub headings: Vec<String>,
    pub rows: Vec<Vec<Cell>>,
    /// Begin a CSV with a mark by which spreadsheets know UTF-8.
    pub mark: bool,
}

impl Table {
    /// The bytes of a file; written beside what else runs.
    pub async fn write(self, format: Format) -> Result<Vec<u8>> {
        let write = move || match format {
            Format::Csv => self.csv(),
            Format::Xlsx => self.xlsx().map_err(Error::internal),
            Format::Html => Ok(self.html().into_bytes()),
            Format::Text => Ok(self.text().into_bytes()),
        };
        tokio::task::spawn_blocking(write).await.map_err(Error::internal)?
    }

    fn csv(&self) -> Result<Vec<u8>> {
        let mut file = if self.mark { "\u{feff}".as_bytes().to_vec() } else { vec![] };
        {
            let mut writer = csv::Writer::from_writer(&mut file);
            writer.write_record(self.headings.iter().map(|name| harmless(name))).map_err(Error::internal)?;
            for row in &self.rows {
                let words = row.iter().map(|cell| match cell {
                    Cell::Text(text) => harmless(text),
                    other => other.words(),
                });
                writer.write_record(words).map_err(Error::internal)?;
            }
            writer.flush()?;
        }
        Ok(file)
    }

    fn xlsx(&self) -> Result<Vec<u8>, XlsxError> {
        let mut book = Workbook::new();
        let sheet = book.add_worksheet();
        let (bold, time) = (Look::new().set_bold(), Look::new().set_num_format("yyyy-mm-dd hh:mm"));
        for (x, name) in self.headings.iter().enumerate() {
            sheet.set_column_width(x as u16, 18)?;
            sheet.write_string_with_format(0, x as u16, name, &bold)?;
        }
        for (y, row) in self.rows.iter().enumerate() {
            for (x, cell) in row.iter().enumerate() {
                let (y, x) = (y as u32 + 1, x as u16);
                match cell {
                    // Always a string, never a formula.
                    Cell::Text(text) => sheet.write_string(y, x, text.chars().take(32_000).collect::<String>())?,
                    Cell::Number(number) => sheet.write_number(y, x, *number as f64)?,
                    Cell::Moment(at) => {
                        let day = ExcelDateTime::from_ymd(at.year() as u16, at.month() as u8, at.day() as u8)?;
                        let at = day.and_hms(at.hour() as u16, at.minute() as u8, f64::from(at.second()))?;
                        sheet.write_datetime_with_format(y, x, &at, &time)?
                    }
                    Cell::Empty => sheet,
                };
            }
        }
        book.save_to_buffer()
    }

    /// Nothing in it runs, and nothing is loaded from anywhere.
    fn html(&self) -> String {
        let title = escaped(&self.title);
        let mut page = format!(
            "<!doctype html>\n<html lang=\"{}\">\n<meta charset=\"utf-8\">\n<title>{title}</title>\n\
             <style>body{{font:14px/1.45 sans-serif;margin:2em}}table{{border-collapse:collapse}}\
             th,td{{text-align:left;vertical-align:top;padding:.3em .8em;border-bottom:1px solid #ccc}}\
             td{{white-space:pre-wrap;overflow-wrap:anywhere}}</style>\n",
            self.language.tag()
        );
        if !title.is_empty() {
            page.push_str(&format!("<h1>{title}</h1>\n"));
        }
        page.push_str("<table>\n<thead><tr>");
        for name in &self.headings {
            page.push_str(&format!("<th scope=\"col\">{}</th>", escaped(name)));
        }
        page.push_str("</tr></thead>\n<tbody>\n");
        for row in &self.rows {
            page.push_str("<tr>");
            for cell in row {
                page.push_str(&format!("<td>{}</td>", escaped(&cell.words())));
            }
            page.push_str("</tr>\n");
        }
        page.push_str("</tbody>\n</table>\n</html>\n");
        page
    }

    /// One line each; what is longer than its column pushes the rest to the right.
    fn text(&self) -> String {
        let one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let mut lines: Vec<Vec<String>> = vec![self.headings.iter().map(|name| one_line(name)).collect()];
        lines.extend(self.rows.iter().map(|row| row.iter().map(|cell| one_line(&cell.words())).collect()));
        let mut widths = vec![0; self.headings.len()];
        for line in &lines {
            for (width, words) in widths.iter_mut().zip(line) {
                *width = words.chars().count().min(WIDEST).max(*width);
            }
        }
        let mut file = String::new();
        for line in lines {
            let padded = line.iter().zip(&widths).map(|(words, width)| format!("{words:<width$}"));
            file.push_str(padded.collect::<Vec<_>>().join("  ").trim_end());
            file.push('\n');
        }
        file
    }
}

fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            letter => safe.push(letter),
        }
    }
    safe
}

/// A spreadsheet runs text that begins like a formula, and customers write titles.
fn harmless(text: &str) -> String {
    let risky = text.trim_start().starts_with(['=', '+', '-', '@']) || text.starts_with(['\t', '\r', '\n']);
    if risky { format!("'{text}") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_that_a_spreadsheet_would_run_is_quoted() {
        for bad in ["=1+1", "+47 900", "-2", "@sum", "\t=1", " =1", "\r=1"] {
            assert_eq!(harmless(bad), format!("'{bad}"));
        }
        assert_eq!(harmless("Skriver = død"), "Skriver = død");
    }

    fn table() -> Table {
        Table {
            title: "Logg".to_owned(),
            language: Language::Nb,
            headings: vec!["Nr.".to_owned(), "Hva".to_owned(), "Hvem".to_owned()],
            rows: vec![
                vec![Cell::Number(1), Cell::Text("<script>\nå".to_owned()), Cell::Text("Ane".to_owned())],
                vec![Cell::Number(12), Cell::Empty, Cell::Text("Bo & co".to_owned())],
            ],
            mark: false,
        }
    }

    #[test]
    fn a_page_shows_what_was_said_and_runs_nothing() {
        let page = table().html();
        assert!(page.contains("<td>&lt;script&gt;\nå</td>") && page.contains("<td>Bo &amp; co</td>"), "{page}");
        assert!(page.contains("<html lang=\"nb\">") && !page.contains("<script"), "{page}");
    }

    #[test]
    fn text_is_one_line_each_with_columns_below_each_other() {
        assert_eq!(table().text(), "Nr.  Hva         Hvem\n1    <script> å  Ane\n12               Bo & co\n");
    }
}
