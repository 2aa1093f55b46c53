//! A folder to begin from: the example of a kind in a language, under another name.

use super::{Beginning, Tongue, said::say};
use anyhow::{Context, Result, bail, ensure};
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

/// What an example is called: behind `com.example.`, and in words.
struct Called {
    name: &'static str,
    words: [&'static str; 2],
}

const CHANNEL: Called = Called { name: "parrot", words: ["Parrot", "Papegøye"] };
const TEMPLATE: Called = Called { name: "postcard", words: ["Postcard", "Postkort"] };

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
    // All of it before anything is written: half a plugin is worse than none.
    let mut files = vec![];
    for path in Examples::iter().filter(|path| path.starts_with(&from)) {
        let file = Examples::get(&path).context("An example is missing from this build.")?;
        files.push((
            folder.join(&path[from.len()..]),
            renamed(&String::from_utf8_lossy(&file.data), &example, name, &id),
        ));
    }
    ensure!(!files.is_empty(), "This build of Saker has no example of that with it; take a released one.");
    let before = files.len();
    for path in Contract::iter() {
        let file = Contract::get(&path).context("The contract is missing from this build.")?;
        files.push((folder.join("wit").join(&*path), String::from_utf8_lossy(&file.data).into_owned()));
    }
    ensure!(files.len() > before, "This build of Saker has no contract with it; take a released one.");
    for (path, text) in &files {
        put(path, text)?;
    }
    say!("{name}/ is ready. Next:\n");
    for line in [
        format!("cd {name}"),
        "saker plugin build".to_owned(),
        format!("saker plugin test {name}.wasm --calls calls"),
        "saker plugin run".to_owned(),
    ] {
        say!("  {line}");
    }
    say!("\nREADME.md there says more.");
    Ok(())
}

/// An example's text under another name. The id is put in last: a name may well have the example's in it.
fn renamed(text: &str, example: &Called, name: &str, id: &str) -> String {
    let (its_id, title) = (format!("com.example.{}", example.name), title(name));
    let part = |part: &str| {
        let part = part.replace(example.name, name);
        example.words.iter().fold(part, |part, word| part.replace(word, &title))
    };
    text.split(its_id.as_str()).map(part).collect::<Vec<_>>().join(id)
}

/// `my-bird` for people: `My bird`.
fn title(name: &str) -> String {
    let words = name.replace('-', " ");
    let mut letters = words.chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}

fn put(path: &Path, text: &str) -> Result<()> {
    fs::create_dir_all(path.parent().context("no folder")?)?;
    fs::write(path, text).with_context(|| format!("{} can't be written.", path.display()))
}

#[cfg(test)]
mod tests {
    use super::{CHANNEL, Called, Examples, TEMPLATE, renamed};

    #[test]
    fn a_name_with_the_examples_in_it_is_put_in_once() {
        let text = "id = \"com.example.parrot\", crate parrot, Parrot";
        assert_eq!(
            renamed(text, &CHANNEL, "my-parrot", "no.fjord.my-parrot"),
            "id = \"no.fjord.my-parrot\", crate my-parrot, My parrot"
        );
    }

    #[test]
    fn nothing_of_an_example_is_called_as_the_example_is() {
        let mut seen = 0;
        for path in Examples::iter().filter(|path| path.contains('/')) {
            let example: &Called = if path.starts_with("template-") { &TEMPLATE } else { &CHANNEL };
            let text = Examples::get(&path).unwrap();
            let text = renamed(&String::from_utf8_lossy(&text.data), example, "my-bird", "com.example.my-bird");
            for word in [example.name, example.words[0], example.words[1]] {
                assert!(!text.contains(word), "{path}: {word}");
            }
            if path.ends_with("plugin.toml") {
                seen += 1;
                assert!(text.contains("name = { nb = \"My bird\", en = \"My bird\" }"), "{path}");
                package::Manifest::from_toml(&text).unwrap();
            }
            // A title has spaces, a name in code has none.
            assert!(!path.ends_with(".rs") || !text.contains("for My bird"), "{path}");
        }
        assert_eq!(seen, 6);
    }
}
