//! What is wrong with a template that somebody wrote. Pure.

use minijinja::{Error, ErrorKind};

/// As it stands behind a colon, in the language of the text. The engine adds details in English, so only there.
pub fn wrong(why: &Error, norwegian: bool) -> String {
    let (nb, en) = match why.kind() {
        ErrorKind::OutOfFuel => ("den blir aldri ferdig", "it never ends"),
        ErrorKind::SyntaxError | ErrorKind::InvalidDelimiter | ErrorKind::BadEscape => {
            ("noe er skrevet feil", "something is not written right")
        }
        ErrorKind::UnknownFilter
        | ErrorKind::UnknownTest
        | ErrorKind::UnknownFunction
        | ErrorKind::UnknownMethod
        | ErrorKind::UnknownBlock
        | ErrorKind::TemplateNotFound
        | ErrorKind::BadInclude => ("den bruker noe som ikke finnes", "it uses something that does not exist"),
        _ => ("noe i den lar seg ikke regne ut", "something in it can't be worked out"),
    };
    let line = |called: &str| why.line().map(|line| format!("{called} {line}: ")).unwrap_or_default();
    if norwegian {
        return format!("{}{nb}", line("linje"));
    }
    let detail = why.detail().map(|detail| format!(" ({detail})")).unwrap_or_default();
    format!("{}{en}{detail}", line("line"))
}

#[cfg(test)]
mod tests {
    use super::wrong;
    use minijinja::Environment;

    #[test]
    fn people_read_where_and_what_it_is() {
        let told = |source: &str, norwegian: bool| {
            let mut templates = Environment::new();
            templates.set_fuel(Some(1_000));
            let filled = templates.add_template("own.md", source);
            let filled = filled.and_then(|()| templates.get_template("own.md")?.render(()));
            wrong(&filled.unwrap_err(), norwegian)
        };
        assert_eq!(told("Hei\n{{ customer.first", true), "linje 2: noe er skrevet feil");
        assert!(told("Hei\n{{ customer.first", false).starts_with("line 2: something is not written right ("));
        assert_eq!(told("{{ name|shout }}", true), "linje 1: den bruker noe som ikke finnes");
        assert!(told("{{ name|shout }}", false).contains("shout"));
        let endless = "{% for a in [0]*9999 %}{% for b in [0]*9999 %}x{% endfor %}{% endfor %}";
        assert!(told(endless, true).ends_with("den blir aldri ferdig"));
        assert!(told("{{ 1 // 0 }}", true).ends_with("noe i den lar seg ikke regne ut"));
    }
}
