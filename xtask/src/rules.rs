//! Which of the rules in `docs/RULES.md` no test names.

use std::{collections::BTreeSet, fs, path::Path};

use anyhow::{Context, Result};

/// Every rule's id, in the order of the document.
fn written(root: &Path) -> Result<Vec<String>> {
    let text = fs::read_to_string(root.join("docs/RULES.md")).context("docs/RULES.md cannot be read.")?;
    let ids = text.lines().filter_map(|line| line.strip_prefix("- ")?.split_once(": ").map(|(id, _)| id.to_owned()));
    Ok(ids.collect())
}

/// The rules that no test names, in the order of the document, and how many there are in all.
pub fn unnamed(root: &Path) -> Result<(Vec<String>, usize)> {
    let rules = written(root)?;
    let mut named = BTreeSet::new();
    for folder in ["tests", "host"] {
        names_below(&root.join(folder), &mut named)?;
    }
    let count = rules.len();
    Ok((rules.into_iter().filter(|id| !named.contains(id)).collect(), count))
}

fn names_below(folder: &Path, named: &mut BTreeSet<String>) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| format!("{} cannot be read.", folder.display()))? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() {
            if name != "node_modules" {
                names_below(&path, named)?;
            }
            continue;
        }
        if !(name.ends_with(".rs") || name.ends_with(".mjs")) {
            continue;
        }
        let text = fs::read_to_string(&path)?;
        // Beside the code, only what is a test counts.
        let whole = path.components().any(|part| part.as_os_str() == "tests") || name.ends_with("tests.rs");
        let tests = if whole { text.as_str() } else { text.find("#[cfg(test)]").map_or("", |at| &text[at..]) };
        named.extend(ids_in(tests));
    }
    Ok(())
}

/// Words such as `ACC-5`: capitals, a hyphen, digits.
fn ids_in(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split(|c: char| !(c.is_ascii_uppercase() || c.is_ascii_digit() || c == '-')).filter_map(|word| {
        let (letters, digits) = word.split_once('-')?;
        let fits = (1..=4).contains(&letters.len())
            && letters.bytes().all(|byte| byte.is_ascii_uppercase())
            && (1..=2).contains(&digits.len())
            && digits.bytes().all(|byte| byte.is_ascii_digit());
        fits.then(|| word.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::ids_in;

    #[test]
    fn an_id_is_read_whole() {
        let found: Vec<String> = ids_in("// MSG-10, (ACC-5), C-20 and DL-2; not UTF-8859 nor x-1").collect();
        assert_eq!(found, ["MSG-10", "ACC-5", "C-20", "DL-2"]);
    }
}
