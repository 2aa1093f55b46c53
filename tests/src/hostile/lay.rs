//! Lays values of the contract's types into a guest's memory, as the component model's canonical ABI wants them.
//!
//! Values are JSON, and what is left out is empty: a missing string is `""`, a missing list `[]`, a missing option
//! none, a missing variant its first case. Two forms say what no honest compiler would write:
//! `{"at": A, "len": N}` is a string or list that claims to lie somewhere, `{"times": N, "of": V}` a list that shares
//! one element's bytes.

use serde_json::Value;
use std::{path::Path, sync::LazyLock};
use wit_parser::{
    Function, Int, PackageId, Resolve, SizeAlign, Type, TypeDefKind,
    abi::{AbiVariant, WasmType},
};

/// The contract, read once.
pub static CONTRACT: LazyLock<Contract> = LazyLock::new(Contract::read);

pub struct Contract {
    pub resolve: Resolve,
    pub package: PackageId,
    sizes: SizeAlign,
}

/// A guest's memory from [`Memory::BASE`] on.
#[derive(Clone, Default)]
pub struct Memory(pub Vec<u8>);

impl Memory {
    pub const BASE: usize = 1024;

    pub fn room(&mut self, size: usize, align: usize) -> usize {
        let at = (Self::BASE + self.0.len()).next_multiple_of(align.max(1));
        self.0.resize(at - Self::BASE + size, 0);
        at
    }

    pub fn end(&self) -> usize {
        Self::BASE + self.0.len()
    }

    pub fn write(&mut self, at: usize, bytes: &[u8]) {
        self.0[at - Self::BASE..][..bytes.len()].copy_from_slice(bytes);
    }

    fn number(&mut self, at: usize, number: usize) {
        self.write(at, &(number as u32).to_le_bytes());
    }
}

impl Contract {
    fn read() -> Self {
        let mut resolve = Resolve::default();
        let wit = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit");
        let (package, _) = resolve.push_path(&wit).unwrap();
        let mut sizes = SizeAlign::default();
        sizes.fill(&resolve).unwrap();
        Self { resolve, package, sizes }
    }

    /// `http#fetch` and the like.
    pub fn function(&self, name: &str) -> &Function {
        let (interface, function) = name.split_once('#').unwrap();
        let id = self.resolve.packages[self.package].interfaces[interface];
        &self.resolve.interfaces[id].functions[function]
    }

    /// Parameters and results in core WebAssembly text.
    pub fn signature(&self, function: &Function, variant: AbiVariant) -> (Vec<&'static str>, Vec<&'static str>, bool) {
        let signature = self.resolve.wasm_signature(variant, function);
        let names = |types: &[WasmType]| types.iter().map(|kind| core(*kind)).collect();
        (names(&signature.params), names(&signature.results), signature.retptr)
    }

    pub fn size(&self, ty: &Type) -> (usize, usize) {
        (self.sizes.size(ty).size_wasm32(), self.sizes.align(ty).align_wasm32())
    }

    /// A value somewhere; where.
    pub fn put(&self, ty: &Type, value: &Value, memory: &mut Memory) -> usize {
        let (size, align) = self.size(ty);
        let at = memory.room(size, align);
        self.store(ty, value, memory, at);
        at
    }

    fn store(&self, ty: &Type, value: &Value, memory: &mut Memory, at: usize) {
        let whole = || value.as_u64().unwrap_or_default();
        match ty {
            Type::Bool => memory.write(at, &[u8::from(value.as_bool().unwrap_or_default())]),
            Type::U8 | Type::S8 => memory.write(at, &[whole() as u8]),
            Type::U16 | Type::S16 => memory.write(at, &(whole() as u16).to_le_bytes()),
            Type::U32 | Type::S32 => memory.write(at, &(whole() as u32).to_le_bytes()),
            Type::F32 => memory.write(at, &(float(value) as f32).to_le_bytes()),
            Type::F64 => memory.write(at, &float(value).to_le_bytes()),
            Type::String => self.store_list(&Type::U8, value, memory, at),
            Type::Id(id) => self.store_defined(&self.resolve.types[*id].kind, value, memory, at),
            other => panic!("{other:?} is not in the contract"),
        }
    }

    fn store_defined(&self, kind: &TypeDefKind, value: &Value, memory: &mut Memory, at: usize) {
        match kind {
            TypeDefKind::Type(ty) => self.store(ty, value, memory, at),
            TypeDefKind::Record(record) => {
                if let Some(known) = value.as_object() {
                    let field = |name: &String| record.fields.iter().any(|field| field.name == *name);
                    assert!(known.keys().all(field), "{value} has more fields than the record");
                }
                let offsets = self.sizes.field_offsets(record.fields.iter().map(|field| &field.ty));
                for (field, (offset, ty)) in record.fields.iter().zip(offsets) {
                    self.store(ty, &value[&field.name], memory, at + offset.size_wasm32());
                }
            }
            TypeDefKind::Tuple(tuple) => {
                for (n, (offset, ty)) in self.sizes.field_offsets(&tuple.types).into_iter().enumerate() {
                    self.store(ty, &value[n], memory, at + offset.size_wasm32());
                }
            }
            TypeDefKind::List(ty) => self.store_list(ty, value, memory, at),
            TypeDefKind::Enum(cases) => {
                let names: Vec<_> = cases.cases.iter().map(|case| (case.name.as_str(), None)).collect();
                self.store_case(&names, value, memory, at);
            }
            TypeDefKind::Variant(variant) => {
                let cases: Vec<_> = variant.cases.iter().map(|case| (case.name.as_str(), case.ty.as_ref())).collect();
                self.store_case(&cases, value, memory, at);
            }
            TypeDefKind::Option(ty) => {
                let some = serde_json::json!({ "some": value });
                let value = if value.is_null() { value } else { &some };
                self.store_case(&[("none", None), ("some", Some(ty))], value, memory, at);
            }
            TypeDefKind::Result(result) => {
                self.store_case(&[("ok", result.ok.as_ref()), ("err", result.err.as_ref())], value, memory, at);
            }
            other => panic!("{} is not in the contract", other.as_str()),
        }
    }

    fn store_case(&self, cases: &[(&str, Option<&Type>)], value: &Value, memory: &mut Memory, at: usize) {
        let (tag, payload) = chosen(cases, value);
        memory.write(at, &[tag as u8]);
        if let Some(ty) = cases[tag].1 {
            let offset = self.sizes.payload_offset(Int::U8, cases.iter().map(|case| case.1));
            self.store(ty, payload, memory, at + offset.size_wasm32());
        }
    }

    fn store_list(&self, ty: &Type, value: &Value, memory: &mut Memory, at: usize) {
        let (items, len) = self.items(ty, value, memory);
        memory.number(at, items);
        memory.number(at + 4, len);
    }

    /// Where a list's elements are, and how many they are said to be.
    fn items(&self, ty: &Type, value: &Value, memory: &mut Memory) -> (usize, usize) {
        let (size, align) = self.size(ty);
        let count = |name: &str| value[name].as_u64().map(|number| number as usize);
        if let (Some(at), Some(len)) = (count("at"), count("len")) {
            return (at, len);
        }
        if let Some(times) = count("times") {
            let one = self.put(ty, &value["of"], memory);
            let bytes = memory.0[one - Memory::BASE..][..size].to_vec();
            let items = memory.room(size * times, align);
            for n in 0..times {
                memory.write(items + n * size, &bytes);
            }
            return (items, times);
        }
        if let Some(text) = value.as_str() {
            let items = memory.room(text.len(), 1);
            memory.write(items, text.as_bytes());
            return (items, text.len());
        }
        let values = value.as_array().map(Vec::as_slice).unwrap_or_default();
        let items = memory.room(size * values.len(), align);
        for (n, value) in values.iter().enumerate() {
            self.store(ty, value, memory, items + n * size);
        }
        (items, values.len())
    }

    /// A parameter as core constants.
    pub fn flat(&self, ty: &Type, value: &Value, memory: &mut Memory) -> Vec<String> {
        let int = |number: usize| format!("(i32.const {})", number as u32 as i32);
        match ty {
            Type::F64 => vec![format!("(f64.const {})", float(value))],
            Type::String => {
                let (at, len) = self.items(&Type::U8, value, memory);
                vec![int(at), int(len)]
            }
            Type::Bool => vec![int(usize::from(value.as_bool().unwrap_or_default()))],
            Type::U8 | Type::U16 | Type::U32 => vec![int(value.as_u64().unwrap_or_default() as usize)],
            Type::Id(id) => match &self.resolve.types[*id].kind {
                TypeDefKind::Type(ty) => self.flat(ty, value, memory),
                TypeDefKind::Record(record) => {
                    let fields = record.fields.iter();
                    fields.flat_map(|field| self.flat(&field.ty, &value[&field.name], memory)).collect()
                }
                TypeDefKind::List(ty) => {
                    let (at, len) = self.items(ty, value, memory);
                    vec![int(at), int(len)]
                }
                TypeDefKind::Enum(cases) => {
                    let names: Vec<_> = cases.cases.iter().map(|case| (case.name.as_str(), None)).collect();
                    vec![int(chosen(&names, value).0)]
                }
                TypeDefKind::Option(ty) => {
                    let mut flat = vec![int(usize::from(!value.is_null()))];
                    flat.extend(self.flat(ty, value, memory));
                    flat
                }
                TypeDefKind::Variant(variant) => {
                    let cases: Vec<_> =
                        variant.cases.iter().map(|case| (case.name.as_str(), case.ty.as_ref())).collect();
                    let (tag, payload) = chosen(&cases, value);
                    let width = |ty: &Type| self.flat(ty, &Value::Null, &mut Memory::default()).len();
                    let widest = cases.iter().filter_map(|case| case.1).map(width).max().unwrap_or_default();
                    let mut flat = vec![int(tag)];
                    flat.extend(cases[tag].1.map(|ty| self.flat(ty, payload, memory)).unwrap_or_default());
                    flat.resize(1 + widest, int(0));
                    flat
                }
                other => panic!("{} is no parameter of the contract", other.as_str()),
            },
            other => panic!("{other:?} is no parameter of the contract"),
        }
    }
}

/// `"name"`, `{"name": payload}`, or nothing for the first case.
fn chosen<'a>(cases: &[(&str, Option<&Type>)], value: &'a Value) -> (usize, &'a Value) {
    let (name, payload) = match value {
        Value::String(name) => (name.as_str(), &Value::Null),
        Value::Object(one) => one.iter().next().map(|(name, payload)| (name.as_str(), payload)).unwrap(),
        _ => return (0, &Value::Null),
    };
    let tag = cases.iter().position(|case| case.0 == name).unwrap_or_else(|| panic!("there is no case {name}"));
    (tag, payload)
}

/// A number, or what JSON can't say.
fn float(value: &Value) -> f64 {
    match value.as_str() {
        Some("nan") => f64::NAN,
        Some("infinite") => f64::INFINITY,
        _ => value.as_f64().unwrap_or_default(),
    }
}

fn core(kind: WasmType) -> &'static str {
    match kind {
        WasmType::I32 | WasmType::Pointer | WasmType::Length => "i32",
        WasmType::I64 | WasmType::PointerOrI64 => "i64",
        WasmType::F32 => "f32",
        WasmType::F64 => "f64",
    }
}
