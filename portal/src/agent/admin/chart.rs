//! Columns over time, as SVG in the workspace's own colours. What a chart shows stands in a table beside it too.

use std::fmt::Write;

const WIDTH: f64 = 460.0;
const LEFT: f64 = 56.0;
const TOP: f64 = 16.0;
const FLOOR: f64 = 128.0;
/// Half of the widest word under a column.
const ROOM: f64 = 26.0;

/// One chart.
pub struct Chart<'a> {
    /// What it says in one sentence, for those who don't see it.
    pub says: &'a str,
    /// What stands under each column, and how high it is. What stands under them must be plain: it is not escaped.
    pub columns: &'a [(String, f64)],
    /// A colour of the style sheet, such as `--c1`.
    pub colour: &'static str,
    pub decimal: &'static str,
    /// Of things that come whole.
    pub whole: bool,
}

impl Chart<'_> {
    pub fn svg(&self) -> String {
        let least = if self.whole { 2.0 } else { 0.0 };
        let top = ceiling(self.columns.iter().map(|(_, value)| *value).fold(least, f64::max));
        let mut svg = format!(
            "<svg class=\"chart\" viewBox=\"0 0 {WIDTH} 156\" role=\"img\" aria-label=\"{}\">",
            self.says.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;")
        );
        for (part, y) in [(0.0, FLOOR), (0.5, (FLOOR + TOP) / 2.0), (1.0, TOP)] {
            let said = figure(top * part, self.decimal);
            let _ = write!(
                svg,
                "<line class=\"ax\" x1=\"{LEFT}\" x2=\"{WIDTH}\" y1=\"{y}\" y2=\"{y}\"/><text x=\"{}\" y=\"{}\" text-anchor=\"end\">{said}</text>",
                LEFT - 8.0,
                y + 4.0
            );
        }
        let width = (WIDTH - LEFT) / self.columns.len().max(1) as f64;
        let every = self.columns.len().div_ceil(6).max(1);
        for (place, (under, value)) in self.columns.iter().enumerate() {
            let x = LEFT + width * place as f64;
            if *value > 0.0 {
                // What is there is seen, however little it is.
                let height = ((FLOOR - TOP) * value / top).max(2.0);
                let _ = write!(
                    svg,
                    "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{height:.1}\" rx=\"2\" style=\"fill:var({})\"/>",
                    x + 2.0,
                    FLOOR - height,
                    (width - 4.0).max(1.0),
                    self.colour
                );
            }
            if place % every == 0 {
                // At either end the words stay inside, however large they are; every second goes where there is no room.
                let (at, anchor) = match x {
                    x if place == 0 => (x, "start"),
                    x if x + width > WIDTH - ROOM => (x + width, "end"),
                    x => (x + width / 2.0, "middle"),
                };
                let class = if (place / every) % 2 == 1 { " class=\"second\"" } else { "" };
                let _ = write!(svg, "<text{class} x=\"{at:.1}\" y=\"148\" text-anchor=\"{anchor}\">{under}</text>");
            }
        }
        svg + "</svg>"
    }
}

/// The next figure that is round and whose half is: 1, 2 or 4 and zeros.
fn ceiling(value: f64) -> f64 {
    if value <= 0.0 {
        return 1.0;
    }
    let ten = 10_f64.powf(value.log10().floor());
    [1.0, 2.0, 4.0, 10.0].into_iter().map(|step| step * ten).find(|round| *round >= value).unwrap_or(value)
}

/// Without more digits than tell the lines apart.
fn figure(value: f64, decimal: &str) -> String {
    let digits = if value < 1.0 { 2 } else { 1 };
    let written = format!("{value:.digits$}");
    written.trim_end_matches('0').trim_end_matches('.').replace('.', decimal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scale_is_round_and_holds_everything() {
        for (value, round) in [(0.0, 1.0), (0.03, 0.04), (1.0, 1.0), (3.0, 4.0), (12.0, 20.0), (401.0, 1000.0)] {
            assert!((ceiling(value) - round).abs() < 1e-9, "{value}: {}", ceiling(value));
        }
        let said = [(0.0, "0"), (0.5, "0,5"), (0.02, "0,02"), (2.5, "2,5"), (10.0, "10"), (50.0, "50")];
        assert!(said.iter().all(|(value, said)| figure(*value, ",") == *said));
    }

    #[test]
    fn what_comes_whole_has_a_scale_of_whole_numbers() {
        for most in [0.0, 1.0, 2.0, 3.0, 7.0, 41.0, 1_500.0] {
            let columns = [("00".to_owned(), most)];
            let svg = Chart { says: "", columns: &columns, colour: "--c1", decimal: ",", whole: true }.svg();
            assert!(!svg.contains(",5<"), "{most}: {svg}");
        }
    }

    #[test]
    fn words_under_columns_stay_inside_and_every_second_may_go() {
        let columns: Vec<_> = (0..24).map(|hour| (format!("{hour:02}:00"), 1.0)).collect();
        let svg = Chart { says: "", columns: &columns, colour: "--c1", decimal: ".", whole: true }.svg();
        assert_eq!(svg.matches(":00</text>").count(), 6);
        assert_eq!(svg.matches("class=\"second\"").count(), 3);
        assert!(svg.contains("text-anchor=\"start\">00:00"), "{svg}");
    }

    #[test]
    fn every_column_that_holds_something_is_drawn_inside_of_the_frame() {
        let columns = [("00".to_owned(), 0.0), ("01".to_owned(), 1.0), ("02".to_owned(), 1_000_000.0)];
        let svg = Chart { says: "a \"b\" <c>", columns: &columns, colour: "--c1", decimal: ".", whole: true }.svg();
        assert_eq!(svg.matches("<rect").count(), 2);
        assert!(
            svg.contains("aria-label=\"a &quot;b&quot; &lt;c>\"")
                && svg.contains("y=\"126.0\"")
                && svg.contains("y=\"16.0\""),
            "{svg}"
        );
    }
}
