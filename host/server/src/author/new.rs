//! A folder to begin from: the example of a kind in a language, under another name.

use super::{Beginning, Tongue, said::say};
use anyhow::{Context, Result, bail, ensure};
use rust_embed::RustEmbed;
use std::{
    fs,
    path::{Path, PathBuf},
};

/// The examples, built and tested with Saker itself.
#[derive(RustEmbed)]
#[folder = "../../plugins/examples"]
#[exclude = "*/target/*"]
#[exclude = "*/node_modules/*"]
#[exclude = "*/wit/*"]
#[exclude = "*/.venv/*"]
#[exclude = "*/typings/*"]
#[exclude = "*.wasm"]
struct Examples;

/// What plugins of a language share.
#[derive(RustEmbed)]
#[folder = "../../plugins/sdk"]
#[include = "js/*"]
#[include = "python/*.py"]
#[include = "rust/src/lib.rs"]
struct Shared;

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
const POLL: Called = Called { name: "bottle", words: ["Bottle", "Flaskepost"] };
const TEMPLATE: Called = Called { name: "postcard", words: ["Postcard", "Postkort"] };
const CLASSIFY: Called = Called { name: "signpost", words: ["Signpost", "Veiviser"] };
const ENRICH: Called = Called { name: "spyglass", words: ["Spyglass", "Kikkert"] };
const AUTOMATE: Called = Called { name: "doorbell", words: ["Doorbell", "Dørklokke"] };

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
        Beginning::Poll => (format!("poll-{lang}/"), POLL),
        Beginning::Template => (format!("template-{lang}/"), TEMPLATE),
        Beginning::Classify => (format!("classify-{lang}/"), CLASSIFY),
        Beginning::Enrich => (format!("enrich-{lang}/"), ENRICH),
        Beginning::Automate => (format!("automate-{lang}/"), AUTOMATE),
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
    for (path, text) in shared(lang, kind, &files)? {
        files.push((folder.join(path), text));
    }
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

/// Whether a kind's world has what this piece of the SDK asks for.
fn can_use(kind: Beginning, piece: &str) -> bool {
    match kind {
        Beginning::Channel | Beginning::Poll | Beginning::Enrich => true,
        Beginning::Automate => !["blobs", "calls"].contains(&piece),
        Beginning::Template | Beginning::Classify => !["blobs", "calls", "state"].contains(&piece),
    }
}

/// What plugins of a language share: a folder beside the code, and in Rust a file where the code has it as a module.
fn shared(lang: &str, kind: Beginning, files: &[(PathBuf, String)]) -> Result<Vec<(String, String)>> {
    let text = |path: &str| -> Result<String> {
        let file = Shared::get(path).context("This build of Saker has no SDK with it; take a released one.")?;
        Ok(String::from_utf8_lossy(&file.data).into_owned())
    };
    if lang != "rust" {
        let name = |path: &str| {
            let name = path.strip_prefix(lang)?.strip_prefix('/')?;
            let piece = name.split_once('.').map_or(name, |(piece, _)| piece);
            can_use(kind, piece).then(|| name.to_owned())
        };
        let all: Vec<_> = Shared::iter().filter_map(|path| Some((format!("sdk/{}", name(&path)?), path))).collect();
        ensure!(!all.is_empty(), "This build of Saker has no SDK with it; take a released one.");
        return all.into_iter().map(|(name, path)| Ok((name, text(&path)?))).collect();
    }
    let wanted = files.iter().any(|(path, code)| path.ends_with("src/lib.rs") && code.contains("pub mod sdk;"));
    if wanted { Ok(vec![("src/sdk.rs".to_owned(), text("rust/src/lib.rs")?)]) } else { Ok(vec![]) }
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
    use super::{AUTOMATE, CHANNEL, CLASSIFY, Called, ENRICH, Examples, POLL, Shared, TEMPLATE, renamed, shared};
    use crate::author::Beginning;
    use wit_parser::{Resolve, TypeDefKind};

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
            let example: &Called = match path.split_once('-').map(|(kind, _)| kind) {
                Some("poll") => &POLL,
                Some("template") => &TEMPLATE,
                Some("classify") => &CLASSIFY,
                Some("enrich") => &ENRICH,
                Some("automate") => &AUTOMATE,
                _ => &CHANNEL,
            };
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
        assert_eq!(seen, 18);
    }

    #[test]
    fn what_is_put_beside_the_code_has_what_it_asks_for() {
        for (kind, with, without) in [
            (Beginning::Enrich, &["calls", "blobs", "state"][..], &[][..]),
            (Beginning::Automate, &["faults", "state"][..], &["calls", "blobs"][..]),
            (Beginning::Classify, &["faults"][..], &["calls", "blobs", "state"][..]),
        ] {
            for (lang, ending) in [("js", "js"), ("python", "py")] {
                let files = shared(lang, kind, &[]).unwrap();
                let has = |name: &str| files.iter().any(|(path, _)| *path == format!("sdk/{name}.{ending}"));
                assert!(with.iter().all(|name| has(name)), "{kind:?} {lang}");
                assert!(!without.iter().any(|name| has(name)), "{kind:?} {lang}");
            }
        }
    }

    /// `handle-webhook` as JavaScript has it.
    fn camel(name: &str) -> String {
        let mut words = name.split('-');
        let first = words.next().unwrap_or_default().to_owned();
        words.fold(first, |all, word| all + &word[..1].to_uppercase() + &word[1..])
    }

    #[test]
    fn the_types_for_editors_name_everything_in_the_contract() {
        let types = Shared::get("js/contract.d.ts").unwrap();
        let types = String::from_utf8_lossy(&types.data);
        let mut contract = Resolve::default();
        contract.push_path(concat!(env!("CARGO_MANIFEST_DIR"), "/../../wit")).unwrap();
        for (_, interface) in contract.interfaces.iter() {
            let name = interface.name.as_deref().unwrap();
            let from = types.find(&format!("declare module \"saker:plugin/{name}@0.1.0\"")).expect(name);
            let part = &types[from..from + types[from..].find("\n}\n").unwrap()];
            for function in interface.functions.values() {
                let parameters: Vec<_> = function.params.iter().map(|one| camel(&one.name) + ":").collect();
                let line = part.lines().find(|line| line.trim().starts_with(&(camel(&function.name) + "(")));
                let line = line.unwrap_or_else(|| panic!("{name} has no {}", function.name));
                assert!(parameters.iter().all(|parameter| line.contains(parameter)), "{line}");
            }
            for (ty, id) in &interface.types {
                assert!(part.contains(&camel(&format!("-{ty}"))), "{name}: {ty}");
                let names: Vec<String> = match &contract.types[*id].kind {
                    TypeDefKind::Record(record) => record.fields.iter().map(|one| camel(&one.name) + ": ").collect(),
                    TypeDefKind::Enum(all) => all.cases.iter().map(|one| format!("| \"{}\"", one.name)).collect(),
                    TypeDefKind::Variant(all) => all.cases.iter().map(|one| format!("tag: \"{}\"", one.name)).collect(),
                    _ => vec![],
                };
                for name in names {
                    assert!(part.contains(&name), "{ty}: {name}");
                }
            }
        }
    }
}
