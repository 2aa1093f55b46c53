//! Which world of `wit/` a plugin is built for. Its manifest says what it is and how it is called; whether it also sends, and
//! whether it is set up, stands in its code alone.

use anyhow::{Context, Result, ensure};
use package::{Kind, Manifest};
use std::{collections::BTreeSet, fs, path::Path};

/// A world that is in no file of the contract is written here.
pub const FILE: &str = "this-plugin.wit";

/// A world by its name.
#[derive(Debug, PartialEq, Eq)]
pub struct World(String);

/// What a channel can export beside its descriptor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Channel {
    setup: bool,
    inbound: bool,
    poller: bool,
    outbound: bool,
    presence: bool,
}

impl World {
    /// The one that its author names, or else the one that fits. Where the contract has none with just that, one is written
    /// into the plugin's own `wit/`.
    pub fn choose(named: Option<&str>, manifest: &Manifest, folder: &Path, ending: &str) -> Result<Self> {
        if let Some(name) = named {
            let contract = text_in(&folder.join("wit"), "wit")?;
            let there = contract.lines().any(|line| line.split_whitespace().take(2).eq(["world", name]));
            ensure!(there, "There is no world {name} in wit/.");
            return Ok(Self(name.to_owned()));
        }
        let code = text_in(folder, ending)?;
        let has = |interface: &str| is_exported(&code, interface, ending);
        let (setup, outbound) = (has("setup"), has("outbound"));
        let channel = manifest.kind.contains(&Kind::Channel).then(|| Channel {
            setup,
            inbound: manifest.webhook.is_some(),
            poller: manifest.poll.is_some(),
            outbound,
            presence: manifest.presence,
        });
        if let Some(name) = known(&manifest.kind, channel, setup) {
            return Ok(Self(name.to_owned()));
        }
        let place = folder.join("wit").join(FILE);
        let text = written(&manifest.kind, channel, setup);
        // Left alone where it is the same: whoever watches the folder sees no change.
        if fs::read_to_string(&place).is_ok_and(|there| there == text) {
            return Ok(Self("this-plugin".to_owned()));
        }
        fs::write(&place, text).with_context(|| format!("{} can't be written.", place.display()))?;
        Ok(Self("this-plugin".to_owned()))
    }

    pub fn name(&self) -> &str {
        &self.0
    }
}

/// The contract's own, where it fits to the dot.
fn known(kinds: &[Kind], channel: Option<Channel>, setup: bool) -> Option<&'static str> {
    let [kind] = kinds else { return None };
    match (kind, channel) {
        (Kind::Channel, Some(Channel { setup, inbound, poller, outbound, presence })) => {
            match (setup, inbound, poller, outbound, presence) {
                (false, true, false, true, false) => Some("channel-webhook"),
                (false, false, true, true, false) => Some("channel-poll"),
                (false, true, false, false, false) => Some("channel-inbound"),
                (true, true, true, true, false) => Some("channel-full"),
                (true, true, true, true, true) => Some("channel-live"),
                _ => None,
            }
        }
        _ if setup => None,
        _ => base(*kind),
    }
}

/// What a kind has at least, beside channels.
fn base(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::Channel => None,
        Kind::Mail => Some("channel-mail"),
        Kind::ReplyTemplate => Some("reply-template"),
        Kind::Classifier => Some("classify"),
        Kind::Enricher => Some("enrich"),
        Kind::Automation => Some("automate"),
    }
}

fn written(kinds: &[Kind], channel: Option<Channel>, setup: bool) -> String {
    let mut lines: Vec<String> =
        kinds.iter().filter_map(|kind| base(*kind)).map(|of| format!("include {of};")).collect();
    if let Some(channel) = channel {
        lines.push("include channel-base;".to_owned());
        lines.extend(channel.presence.then(|| "import presence;".to_owned()));
        let exports = [("inbound", channel.inbound), ("poller", channel.poller), ("outbound", channel.outbound)];
        lines.extend(exports.iter().filter(|(_, there)| *there).map(|(name, _)| format!("export {name};")));
    }
    lines.extend(setup.then(|| "export setup;".to_owned()));
    format!(
        "package saker:plugin@0.1.0;\n\n// Written by `saker plugin build`, by plugin.toml and the code.\nworld this-plugin {{\n  {}\n}}\n",
        lines.join("\n  ")
    )
}

/// Whether the code has an interface: in Python a class of its name, in JavaScript something that it exports.
fn is_exported(code: &str, interface: &str, ending: &str) -> bool {
    if ending == "py" {
        let class = format!("{}{}", interface[..1].to_uppercase(), &interface[1..]);
        return code.lines().any(|line| {
            let mut words = line.split(|c: char| !is_letter(c));
            words.next() == Some("class") && words.next() == Some(class.as_str())
        });
    }
    exported(&tokens(code)).contains(interface)
}

fn is_letter(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$'
}

/// The names that a module of JavaScript exports, on however many lines (ECMA-262, section 16.2.3).
fn exported<'a>(tokens: &[&'a str]) -> BTreeSet<&'a str> {
    let mut names = BTreeSet::new();
    let is_word = |token: &str| token.starts_with(is_letter);
    for at in (0..tokens.len()).filter(|&at| tokens[at] == "export" && (at == 0 || tokens[at - 1] != ".")) {
        let rest = &tokens[at + 1..];
        match rest.first() {
            // `export { a, b as c }`
            Some(&"{") => {
                let list = rest[1..].split(|token| *token == "}").next().unwrap_or_default();
                names
                    .extend(list.split(|token| *token == ",").filter_map(|one| one.iter().rfind(|word| is_word(word))));
            }
            // `export const a = {}, b = {}`
            Some(&("const" | "let" | "var")) => {
                let (mut depth, mut name_comes, mut before) = (0, true, "");
                for &token in &rest[1..] {
                    match token {
                        "{" | "(" | "[" => depth += 1,
                        "}" | ")" | "]" => depth -= 1,
                        "," if depth == 0 => name_comes = true,
                        ";" | "const" | "let" | "var" | "import" | "export" if depth == 0 => break,
                        "function" | "class" if depth == 0 && !matches!(before, "=" | "async") => break,
                        word if depth == 0 && name_comes && is_word(word) => {
                            names.insert(word);
                            name_comes = false;
                        }
                        _ => {}
                    }
                    before = token;
                }
            }
            // `export async function a`, `export class a`
            _ => {
                let said = |token: &&&str| !matches!(**token, "async" | "function" | "class" | "*");
                names.extend(rest.iter().find(said).filter(|word| is_word(word)));
            }
        }
    }
    names
}

/// Words and signs of JavaScript, without comments and what stands between quotes.
fn tokens(code: &str) -> Vec<&str> {
    let (mut tokens, mut rest) = (vec![], code);
    while let Some(first) = rest.chars().next() {
        let (token, length) = if rest.starts_with("//") {
            (false, rest.find('\n').unwrap_or(rest.len()))
        } else if rest.starts_with("/*") {
            (false, rest.find("*/").map_or(rest.len(), |end| end + 2))
        } else if matches!(first, '"' | '\'' | '`') {
            (false, quoted(rest, first))
        } else if is_letter(first) {
            (true, rest.find(|c| !is_letter(c)).unwrap_or(rest.len()))
        } else {
            (!first.is_whitespace(), first.len_utf8())
        };
        if token {
            tokens.push(&rest[..length]);
        }
        rest = &rest[length..];
    }
    tokens
}

/// Bytes of a text between quotes, these included. Only what stands between backticks goes on behind a line's end: a quote may
/// be part of something else, as of an expression that is searched for.
fn quoted(code: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in code.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '\n' if quote != '`' => return at,
            c if c == quote => return at + c.len_utf8(),
            _ => {}
        }
    }
    quote.len_utf8()
}

/// All files of one ending that lie in a folder.
fn text_in(folder: &Path, ending: &str) -> Result<String> {
    let entries = fs::read_dir(folder).with_context(|| format!("{} can't be read.", folder.display()))?;
    let files = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let files = files.filter(|path| path.extension().is_some_and(|found| found == ending));
    Ok(files.filter_map(|path| fs::read_to_string(path).ok()).collect::<Vec<_>>().join("\n"))
}

#[cfg(test)]
mod tests {
    use super::{FILE, World};
    use package::Manifest;
    use std::{fs, path::Path};

    /// The world of a plugin with this in its manifest and its code, and what was written for it.
    fn chosen(kind: &str, manifest: &str, code: &str, ending: &str) -> (String, String) {
        let folder = tempfile::tempdir().unwrap();
        let wit = folder.path().join("wit");
        fs::create_dir(&wit).unwrap();
        for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../wit")).unwrap() {
            let path = entry.unwrap().path();
            fs::copy(&path, wit.join(path.file_name().unwrap())).unwrap();
        }
        fs::write(folder.path().join(format!("app.{ending}")), code).unwrap();
        let manifest = Manifest::from_toml(&format!(
            "id = \"com.example.a\"\nversion = \"0.1.0\"\nwit = \"saker:plugin@0.1\"\nkind = [\"{kind}\"]\nlicence = \"MIT\"\n\
             author = \"A\"\nname = {{ nb = \"A\", en = \"A\" }}\nsummary = {{ nb = \"A\", en = \"A\" }}\n{manifest}"
        ));
        let name = World::choose(None, &manifest.unwrap(), folder.path(), ending).unwrap().0;
        let mut resolve = wit_parser::Resolve::default();
        let (package, _) = resolve.push_dir(&wit).unwrap();
        assert!(resolve.packages[package].worlds.contains_key(&name), "{name}");
        (name, fs::read_to_string(wit.join(FILE)).unwrap_or_default())
    }

    #[test]
    fn a_world_is_chosen_by_the_manifest_and_the_code() {
        const WEBHOOK: &str = "[webhook]\nmode = \"sync\"\nmethods = [\"post\"]\n";
        const POLL: &str = "[poll]\nevery-s = 60\n";
        let both = format!("{WEBHOOK}{POLL}");
        let live = format!("presence = true\n{both}");
        let out = "class Outbound(exports.Outbound):";
        let all = "class Outbound(exports.Outbound):\n    pass\nclass Setup(exports.Setup):";
        for (kind, manifest, code, world) in [
            ("channel", WEBHOOK, out, "channel-webhook"),
            ("channel", POLL, out, "channel-poll"),
            ("channel", WEBHOOK, "# no class Outbound", "channel-inbound"),
            ("channel", &both, all, "channel-full"),
            ("channel", &live, all, "channel-live"),
            ("classifier", "", "", "classify"),
            ("enricher", "", "", "enrich"),
            ("automation", "", "", "automate"),
            ("reply-template", "", "", "reply-template"),
            ("mail", "", "", "channel-mail"),
        ] {
            assert_eq!(chosen(kind, manifest, code, "py"), (world.to_owned(), String::new()), "{kind} {manifest}");
        }
        let (name, text) = chosen("channel", &both, out, "py");
        assert_eq!(name, "this-plugin");
        for line in ["include channel-base;", "export inbound;", "export poller;", "export outbound;"] {
            assert!(text.contains(line), "{text}");
        }
        assert!(!text.contains("setup"), "{text}");
        let (name, text) = chosen("classifier", "", "export const setup = {};", "js");
        assert!(name == "this-plugin" && text.contains("include classify;\n  export setup;"), "{text}");
        for (code, world) in [
            ("export const inbound = {}, outbound = {};", "channel-webhook"),
            ("const inbound = {}, outbound = {};\nexport {\n  inbound,\n  outbound,\n};", "channel-webhook"),
            ("export { inbound, said as outbound }", "channel-webhook"),
            (
                "export const inbound = {\n  handleWebhook(req) { return [1, 2]; },\n},\noutbound = { };",
                "channel-webhook",
            ),
            ("export\nconst inbound = {}\nexport class outbound { }", "channel-webhook"),
            ("export const inbound = {}\nconst outbound = {}", "channel-inbound"),
            ("export const inbound = {}; // export const outbound = {}", "channel-inbound"),
            ("export const inbound = { a: \"export { outbound }\" };\n/* export { outbound } */", "channel-inbound"),
            ("export { outbound as inbound };", "channel-inbound"),
        ] {
            assert_eq!(chosen("channel", WEBHOOK, code, "js").0, world, "{code}");
        }
    }

    #[test]
    fn a_world_that_there_is_not_is_told() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("wit")).unwrap();
        fs::write(folder.path().join("wit/mine.wit"), "world mine { }\n").unwrap();
        let choose = |name| {
            let manifest =
                Manifest::from_toml(include_str!("../../../../plugins/examples/python/plugin.toml")).unwrap();
            World::choose(Some(name), &manifest, folder.path(), "py").map(|world| world.0)
        };
        assert_eq!(choose("mine").unwrap(), "mine");
        assert!(choose("yours").unwrap_err().to_string().contains("no world yours"));
    }
}
