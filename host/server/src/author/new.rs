//! A folder to begin from: the example of a kind in a language, under another name.

use super::{Beginning, Tongue, said::say};
use anyhow::{Context, Result, bail};
use rust_embed::RustEmbed;
use std::{fs, path::Path};

/// The examples, built and tested with Saker itself.
#[derive(RustEmbed)]
#[folder = "../../plugins/examples"]
#[exclude = "*/target/*"]
#[exclude = "*/node_modules/*"]
#[exclude = "*/wit/*"]
#[exclude = "*/.venv/*"]
#[exclude = "*.wasm"]
struct Examples;

/// The contract.
#[derive(RustEmbed)]
#[folder = "../../wit"]
#[include = "*.wit"]
struct Contract;

/// What the examples are called, behind `com.example.`.
const CHANNEL: &str = "parrot";
const TEMPLATE: &str = "postcard";

/// Makes `NAME/`.
pub fn make(name: &str, lang: Tongue, kind: Beginning, namespace: &str) -> Result<()> {
    let good = |text: &str| {
        text.starts_with(|c: char| c.is_ascii_lowercase())
            && text.len() <= 40
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    if !good(name) || !namespace.split('.').all(good) {
        bail!("A name has lower-case letters, digits and -, and begins with a letter.");
    }
    let folder = Path::new(name);
    if folder.exists() {
        bail!("{name} is there already; choose another name.");
    }
    let lang = match lang {
        Tongue::Rust => "rust",
        Tongue::Js => "js",
        Tongue::Python => "python",
    };
    let (from, example) = match kind {
        Beginning::Channel => (format!("{lang}/"), CHANNEL),
        Beginning::Template => (format!("template-{lang}/"), TEMPLATE),
    };
    let id = format!("{namespace}.{name}");
    for path in Examples::iter().filter(|path| path.starts_with(&from)) {
        let file = Examples::get(&path).context("An example is missing from this build.")?;
        let text = renamed(&String::from_utf8_lossy(&file.data), example, name, &id);
        put(&folder.join(&path[from.len()..]), &text)?;
    }
    for path in Contract::iter() {
        let file = Contract::get(&path).context("The contract is missing from this build.")?;
        put(&folder.join("wit").join(&*path), &String::from_utf8_lossy(&file.data))?;
    }
    say!(
        "{name}/ is ready. Next:\n\n  cd {name}\n  saker plugin build\n  saker plugin test {name}.wasm\n\nREADME.md there says more."
    );
    Ok(())
}

/// An example's text under another name. The id is put in last: a name may well have the example's in it.
fn renamed(text: &str, example: &str, name: &str, id: &str) -> String {
    let its_id = format!("com.example.{example}");
    text.split(its_id.as_str()).map(|part| part.replace(example, name)).collect::<Vec<_>>().join(id)
}

fn put(path: &Path, text: &str) -> Result<()> {
    fs::create_dir_all(path.parent().context("no folder")?)?;
    fs::write(path, text).with_context(|| format!("{} can't be written.", path.display()))
}

#[cfg(test)]
mod tests {
    use super::renamed;

    #[test]
    fn a_name_with_the_examples_in_it_is_put_in_once() {
        let text = "id = \"com.example.parrot\", crate parrot";
        assert_eq!(
            renamed(text, "parrot", "my-parrot", "no.fjord.my-parrot"),
            "id = \"no.fjord.my-parrot\", crate my-parrot"
        );
    }
}
