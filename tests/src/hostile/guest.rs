//! A guest in a few lines: what it does at one door in WebAssembly text, or what it answers as JSON. All its other doors
//! are walls.

use crate::lay::{CONTRACT, Memory};
use anyhow::Context;
use package::Manifest;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::{WorldItem, WorldKey, abi::AbiVariant};

/// The door that remotes call, where most guests show their habits.
pub const HOOK: &str = "inbound#handle-webhook";

#[derive(Clone)]
pub struct Guest {
    pub manifest: Manifest,
    world: &'static str,
    /// Another world, in WIT, which includes that.
    wider: Option<&'static str>,
    /// 64 KiB each, to begin with.
    pages: usize,
    asks: String,
    fields: String,
    realloc: String,
    imports: BTreeSet<String>,
    doors: BTreeMap<String, String>,
    memory: Memory,
    /// Of an empty module, beside its own.
    instances: u8,
}

impl Guest {
    /// A channel that is called by its remote.
    pub fn hook(name: &str) -> Self {
        let mut guest = Self::new(name, "channel-webhook");
        guest.manifest.webhook = Some(package::WebhookWish {
            mode: package::WebhookMode::Sync,
            methods: vec![package::Method::Post],
            max_body_kb: 5_120,
            // Whoever calls waits for the answer: what it fails on is not tried again.
            pages: true,
            samples: false,
        });
        guest
    }

    /// A channel that is called by its remote, and has every other door too.
    pub fn full(name: &str) -> Self {
        let mut guest = Self { world: "channel-full", ..Self::hook(name) };
        guest.manifest.poll = Some(package::Poll { every_s: 5 });
        guest
    }

    /// A channel that looks for messages.
    pub fn poll(name: &str) -> Self {
        let mut guest = Self::new(name, "channel-poll");
        guest.manifest.poll = Some(package::Poll { every_s: 5 });
        guest
    }

    fn new(name: &str, world: &'static str) -> Self {
        let manifest = format!(
            r#"id = "com.example.{name}"
            version = "0.1.0"
            wit = "saker:plugin@0.1"
            kind = ["channel"]
            licence = "MIT"
            author = "Nobody"
            name = {{ nb = "{name}", en = "{name}" }}
            summary = {{ nb = "Vil vondt.", en = "Means harm." }}"#
        );
        let manifest = Manifest::from_toml(&manifest).unwrap();
        let guest = Self {
            world,
            wider: None,
            pages: 1,
            asks: String::new(),
            fields: String::new(),
            realloc: BUMP.to_owned(),
            imports: BTreeSet::new(),
            doors: BTreeMap::new(),
            memory: Memory::default(),
            instances: 0,
            manifest,
        };
        guest.answers("descriptor#describe", json!({ "id": format!("com.example.{name}"), "version": "0.1.0" }))
    }

    pub fn pages(mut self, pages: usize) -> Self {
        self.pages = pages;
        self
    }

    pub fn wanting(mut self, change: impl FnOnce(&mut Manifest)) -> Self {
        change(&mut self.manifest);
        self
    }

    /// More instances in the component, of a module that does nothing.
    pub fn instances(mut self, count: u8) -> Self {
        self.instances = count;
        self
    }

    /// More fields of the module: functions, tables, globals, a start.
    pub fn with(mut self, fields: &str) -> Self {
        self.fields.push_str(fields);
        self
    }

    /// A world of its own, in WIT, which includes its contract's; and what the module imports for it.
    pub fn wider(mut self, world: &'static str, imports: &str) -> Self {
        self.wider = Some(world);
        self.asks.push_str(imports);
        self
    }

    /// Another allocator: what stands between `(func ... (param $old i32) ... (result i32)` and `)`.
    pub fn allocating(mut self, body: &str) -> Self {
        self.realloc = body.to_owned();
        self
    }

    /// The code behind a door, which leaves an answer on the stack.
    pub fn does(mut self, door: &str, body: impl Into<String>) -> Self {
        self.doors.insert(door.to_owned(), body.into());
        self
    }

    /// The code behind a door that never answers.
    pub fn never_answers(self, door: &str, body: &str) -> Self {
        self.does(door, format!("{body} unreachable"))
    }

    /// The same answer each time.
    pub fn answers(mut self, door: &str, answer: Value) -> Self {
        let at = self.lay(door, &answer);
        self.does(door, format!("(i32.const {at})"))
    }

    /// Where an answer of a door lies from now on.
    pub fn lay(&mut self, door: &str, answer: &Value) -> usize {
        let ty = CONTRACT.function(door).result.unwrap();
        CONTRACT.put(&ty, answer, &mut self.memory)
    }

    /// Where some letters lie from now on.
    pub fn text(&mut self, letters: &str) -> usize {
        let at = self.memory.room(letters.len(), 1);
        self.memory.write(at, letters.as_bytes());
        at
    }

    /// A call into the host, as text. What it gives back is dropped, or lies somewhere.
    pub fn call(&mut self, function: &str, parameters: &[Value]) -> String {
        self.imports.insert(function.to_owned());
        let declared = CONTRACT.function(function);
        assert_eq!(declared.params.len(), parameters.len(), "{function}");
        let mut flat = vec![];
        for (parameter, value) in declared.params.iter().zip(parameters) {
            flat.extend(CONTRACT.flat(&parameter.ty, value, &mut self.memory));
        }
        let (_, results, by_pointer) = CONTRACT.signature(declared, AbiVariant::GuestImport);
        if by_pointer {
            let ty = declared.result.unwrap();
            let (size, align) = CONTRACT.size(&ty);
            flat.push(format!("(i32.const {})", self.memory.room(size, align)));
        }
        let call = format!("(call ${function} {})", flat.join(" "));
        if results.is_empty() { call } else { format!("(drop {call})") }
    }

    /// Calls the host once each, and then answers.
    pub fn calls_and_answers(mut self, door: &str, calls: &[(&str, Vec<Value>)], answer: Value) -> Self {
        let calls: Vec<_> = calls.iter().map(|(function, parameters)| self.call(function, parameters)).collect();
        let at = self.lay(door, &answer);
        self.does(door, format!("{} (i32.const {at})", calls.join(" ")))
    }

    /// The core module.
    fn module(&self) -> String {
        let mut text = format!("(module {}\n", self.asks);
        for function in &self.imports {
            let (interface, name) = function.split_once('#').unwrap();
            let (params, results, _) = CONTRACT.signature(CONTRACT.function(function), AbiVariant::GuestImport);
            text.push_str(&format!(
                "(import \"saker:plugin/{interface}@0.1.0\" \"{name}\" (func ${function} (param {}) (result {})))\n",
                params.join(" "),
                results.join(" ")
            ));
        }
        let end = self.memory.end().next_multiple_of(16);
        let pages = self.pages.max(end.div_ceil(64 << 10) + 1);
        text.push_str(&format!("(memory (export \"memory\") {pages}) (global $heap (mut i32) (i32.const {end}))\n"));
        text.push_str(&format!("(data (i32.const {}) \"", Memory::BASE));
        text.extend(self.memory.0.iter().map(|byte| format!("\\{byte:02x}")));
        text.push_str("\")\n");
        text.push_str(&format!(
            "(func $realloc (export \"cabi_realloc\") (param $old i32) (param $had i32) (param $align i32) (param $size i32) (result i32) (local $at i32) {})\n",
            self.realloc
        ));
        for door in self.all_doors() {
            let (params, results, _) = CONTRACT.signature(CONTRACT.function(&door), AbiVariant::GuestExport);
            let (interface, name) = door.split_once('#').unwrap();
            text.push_str(&format!(
                "(func (export \"saker:plugin/{interface}@0.1.0#{name}\") (param {}) (result {}) (local $n i32) (local $m i32) {})\n",
                params.join(" "),
                results.join(" "),
                self.doors.get(&door).map_or("unreachable", String::as_str),
            ));
        }
        text + &self.fields + ")"
    }

    /// Everything that its world exports.
    fn all_doors(&self) -> Vec<String> {
        let world = self.world_id();
        let exports = CONTRACT.resolve.worlds[world].exports.iter();
        let interfaces = exports.filter_map(|(key, item)| match (key, item) {
            (WorldKey::Interface(_), WorldItem::Interface { id, .. }) => Some(&CONTRACT.resolve.interfaces[*id]),
            _ => None,
        });
        interfaces
            .flat_map(|interface| {
                let name = interface.name.clone().unwrap_or_default();
                interface.functions.keys().map(move |function| format!("{name}#{function}"))
            })
            .filter(|door| !door.starts_with("types#"))
            .collect()
    }

    fn world_id(&self) -> wit_parser::WorldId {
        CONTRACT.resolve.select_world(&[CONTRACT.package], Some(self.world)).unwrap()
    }

    /// # Errors
    /// For what no tool would wrap.
    pub fn component(&self) -> anyhow::Result<Vec<u8>> {
        let mut module = wat::parse_str(self.module())?;
        let mut resolve = CONTRACT.resolve.clone();
        let world = match self.wider {
            None => self.world_id(),
            Some(text) => {
                let package = resolve.push_str("wider.wit", text)?;
                resolve.select_world(&[package], None)?
            }
        };
        embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8, false)?;
        let component = ComponentEncoder::default().module(&module)?.encode()?;
        Ok(if self.instances > 0 { with_instances(&component, self.instances) } else { component })
    }

    /// As its author would send it.
    ///
    /// # Errors
    /// As [`Self::component`], and for what no host would look at.
    pub fn file(&self) -> anyhow::Result<Vec<u8>> {
        let component = self.component().with_context(|| self.manifest.id.clone())?;
        package::pack(&component, &self.manifest, None, None).with_context(|| self.manifest.id.clone())
    }
}

/// A component with more instances of an empty module behind what it has already.
fn with_instances(component: &[u8], count: u8) -> Vec<u8> {
    // Its own modules come first in numbers, and each is a section of the outermost level.
    let (mut at, mut modules) = (8, 0);
    while at < component.len() {
        modules += u8::from(component[at] == 1);
        let (mut size, mut shift) = (0usize, 0);
        loop {
            at += 1;
            size |= usize::from(component[at] & 0x7f) << shift;
            shift += 7;
            if component[at] < 0x80 {
                break;
            }
        }
        at += 1 + size;
    }
    let mut more = component.to_vec();
    more.extend([1, 8]);
    more.extend(b"\0asm\x01\0\0\0");
    let mut list = leb(usize::from(count));
    list.extend((0..count).flat_map(|_| [0, modules, 0]));
    more.push(2);
    more.extend(leb(list.len()));
    more.extend(list);
    more
}

/// A number below 16,384 as binaries have it.
fn leb(number: usize) -> Vec<u8> {
    if number < 0x80 { vec![number as u8] } else { vec![(number & 0x7f) as u8 | 0x80, (number >> 7) as u8] }
}

/// Gives new room, and never takes any back.
const BUMP: &str = "
    (local.set $at (i32.and (i32.sub (i32.add (global.get $heap) (local.get $align)) (i32.const 1))
                            (i32.sub (i32.const 0) (local.get $align))))
    (global.set $heap (i32.add (local.get $at) (local.get $size)))
    (if (i32.gt_u (global.get $heap) (i32.mul (memory.size) (i32.const 65536)))
      (then (drop (memory.grow (i32.add (i32.const 1) (i32.shr_u
        (i32.sub (global.get $heap) (i32.mul (memory.size) (i32.const 65536))) (i32.const 16)))))))
    (local.get $at)";

/// What a channel says when it has nothing to say.
pub fn nothing() -> Value {
    json!({ "ok": { "reply": { "status": 200 } } })
}
