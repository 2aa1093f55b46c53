//! What the code of a plugin really imports and exports, read without running or compiling it.

use crate::{
    interface::Interface,
    manifest::{Kind, Manifest, Trouble},
};
use wasmparser::{Chunk, Encoding, Parser, Payload, Validator, WasmFeatures};

/// Core modules in one component: JavaScript has five, Python thirty.
const MOST_MODULES: usize = 64;
/// Functions in all of them.
const MOST_FUNCTIONS: u32 = 200_000;
/// Interfaces of the contract.
const PACKAGE: &str = "saker:plugin/";

/// What a component asks for and offers, by the contract's names without package and version.
#[derive(Debug, Default)]
pub(crate) struct World {
    pub imports: Vec<String>,
    pub exports: Vec<String>,
}

/// What plugins of this kind may import.
fn allowed(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::ReplyTemplate => &["log", "types"],
        Kind::Classifier => &["log", "config", "types"],
        Kind::Automation => &["log", "config", "clock", "state", "types"],
        Kind::Channel => {
            &["log", "clock", "random", "config", "secrets", "state", "blobs", "http", "types", "outbound", "presence"]
        }
        Kind::Mail | Kind::Enricher => {
            &["log", "clock", "random", "config", "secrets", "state", "blobs", "http", "types", "outbound"]
        }
    }
}

/// What a plugin of this kind exports: one of these.
fn needed(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Channel => &["inbound", "poller", "outbound"],
        Kind::Mail => &["mail-codec"],
        Kind::ReplyTemplate => &["reply-renderer"],
        Kind::Classifier => &["classifier"],
        Kind::Enricher => &["enricher"],
        Kind::Automation => &["automation"],
    }
}

impl World {
    /// Reads a component's outer names, and refuses what no honest compiler makes.
    pub fn of(bytes: &[u8]) -> Result<Self, Trouble> {
        let broken = |why: &dyn std::fmt::Display| Trouble::new(format!("this is no WebAssembly component: {why}"));
        if Parser::is_core_wasm(bytes) {
            return Err(Trouble::new("this is a core module, not a component; `saker plugin build` wraps it"));
        }
        let mut world = Self::default();
        let (mut depth, mut modules, mut functions) = (0usize, 0usize, 0u32);
        for payload in Parser::new(0).parse_all(bytes) {
            match payload.map_err(|why| broken(&why))? {
                Payload::Version { encoding, .. } => {
                    depth += 1;
                    modules += usize::from(encoding == Encoding::Module);
                }
                Payload::End(_) => depth = depth.saturating_sub(1),
                Payload::FunctionSection(section) => functions = functions.saturating_add(section.count()),
                Payload::ComponentImportSection(section) if depth == 1 => {
                    for import in section {
                        world.imports.push(import.map_err(|why| broken(&why))?.name.name.to_owned());
                    }
                }
                Payload::ComponentExportSection(section) if depth == 1 => {
                    for export in section {
                        world.exports.push(export.map_err(|why| broken(&why))?.name.name.to_owned());
                    }
                }
                _ => {}
            }
        }
        if modules > MOST_MODULES || functions > MOST_FUNCTIONS {
            return Err(Trouble::new(format!(
                "it has {modules} modules and {functions} functions; at most {MOST_MODULES} and {MOST_FUNCTIONS} are taken"
            )));
        }
        Ok(world)
    }

    /// Whether the bytes are valid at all, by the features this host has.
    pub fn validate(bytes: &[u8]) -> Result<(), Trouble> {
        let features = WasmFeatures::WASM2
            | WasmFeatures::MULTI_MEMORY
            | WasmFeatures::TAIL_CALL
            | WasmFeatures::EXTENDED_CONST
            | WasmFeatures::COMPONENT_MODEL;
        Validator::new_with_features(features)
            .validate_all(bytes)
            .map(drop)
            .map_err(|why| Trouble::new(format!("this is no valid component: {why}")))
    }

    /// Whether it imports and exports what its manifest says.
    pub fn fit(&self, manifest: &Manifest) -> Result<Vec<Interface>, Trouble> {
        for import in &self.imports {
            let name = contract_name(import)
                .ok_or_else(|| Trouble::new(format!("it imports {import}, which this host does not offer")))?;
            if !manifest.kind.iter().any(|kind| allowed(*kind).contains(&name)) {
                let kinds: Vec<_> = manifest.kind.iter().map(|kind| format!("{kind:?}").to_lowercase()).collect();
                return Err(Trouble::new(format!("it imports {name}, which is not for {}", kinds.join(", "))));
            }
        }
        let exports: Vec<&str> = self.exports.iter().filter_map(|export| contract_name(export)).collect();
        for kind in &manifest.kind {
            if !needed(*kind).iter().any(|name| exports.contains(name)) {
                return Err(Trouble::new(format!(
                    "its manifest says {kind:?}, but it exports none of: {}",
                    needed(*kind).join(", ")
                )));
            }
        }
        for (part, export) in [(manifest.webhook.is_some(), "inbound"), (manifest.poll.is_some(), "poller")] {
            if part != exports.contains(&export) {
                let (has, lacks) = if part { ("manifest", "code") } else { ("code", "manifest") };
                return Err(Trouble::new(format!("its {has} has {export}, and its {lacks} has not")));
            }
        }
        Ok(exports.iter().filter_map(|name| Interface::named(name)).collect())
    }
}

/// `log` of `saker:plugin/log@0.1.0`; none for anything else. Versions that differ in the last number are the same.
fn contract_name(full: &str) -> Option<&str> {
    let (name, version) = full.strip_prefix(PACKAGE)?.split_once('@')?;
    version.strip_prefix("0.1.").filter(|patch| patch.parse::<u32>().is_ok()).map(|_| name)
}

/// The custom sections at the top, with where each begins.
pub(crate) fn sections(bytes: &[u8]) -> Result<Vec<(String, usize, std::ops::Range<usize>)>, Trouble> {
    let mut parser = Parser::new(0);
    let (mut at, mut found, mut inner) = (0usize, vec![], vec![]);
    let mut rest = bytes;
    loop {
        let (payload, used) = match parser.parse(rest, true) {
            Ok(Chunk::Parsed { payload, consumed }) => (payload, consumed),
            Ok(Chunk::NeedMoreData(_)) => return Err(Trouble::new("the file is cut off")),
            Err(why) => return Err(Trouble::new(format!("this is no WebAssembly component: {why}"))),
        };
        let begins = at;
        at += used;
        rest = &rest[used..];
        match payload {
            Payload::CustomSection(section) if inner.is_empty() => {
                let from = section.data_offset() as usize;
                let range = from..from + section.data().len();
                found.push((section.name().to_owned(), begins, range));
            }
            Payload::ModuleSection { parser: module, .. } | Payload::ComponentSection { parser: module, .. } => {
                inner.push(std::mem::replace(&mut parser, module));
            }
            Payload::End(_) => match inner.pop() {
                Some(outer) => parser = outer,
                None => return Ok(found),
            },
            _ => {}
        }
    }
}
