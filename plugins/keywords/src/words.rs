//! What is said of lines that make no sense, in bokmål and English.

use crate::mistake::{Mistake, Nonsense};

/// Letters of a line or word that are said again.
const MOST: usize = 40;

impl Mistake {
    /// One sentence for whoever fills the form in.
    pub fn words(&self, bokmal: bool) -> String {
        let (line, said) = (self.line, self.said.chars().take(MOST).collect::<String>());
        let pick = |nb: String, en: String| if bokmal { nb } else { en };
        match self.nonsense {
            Nonsense::NoMeaning => pick(
                format!(
                    "Linje {line}, «{said}», sier ikke hva ordene betyr. Skriv som her: faktura, purring = category: Faktura"
                ),
                format!(
                    "Line {line}, “{said}”, does not say what its words mean. Write it as here: invoice, reminder = category: Invoices"
                ),
            ),
            Nonsense::NoMatter => pick(
                format!("Linje {line}: foran kolon skal det stå category, priority, type eller tag, ikke «{said}»."),
                format!("Line {line}: before the colon stands category, priority, type or tag, and not “{said}”."),
            ),
            Nonsense::NoWords => pick(
                format!("Linje {line}: skriv minst ett ord foran likhetstegnet."),
                format!("Line {line}: write at least one word before the equals sign."),
            ),
            Nonsense::NoValue => pick(
                format!("Linje {line}: skriv hva «{said}» skal være, bak kolon."),
                format!("Line {line}: write what “{said}” is to be, behind the colon."),
            ),
            Nonsense::Nothing => pick(
                "Skriv minst én linje, som denne: faktura, purring = category: Faktura".to_owned(),
                "Write at least one line, such as this: invoice, reminder = category: Invoices".to_owned(),
            ),
        }
    }
}
