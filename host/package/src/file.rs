//! The file itself: taken apart with suspicion, put together to the byte.

use crate::{
    interface::Interface,
    manifest::{Flaw, Manifest, Trouble},
    seal::{KeyFile, Publisher},
    want::{Want, wants},
    world::{World, sections},
};
use sha2::{Digest, Sha256};

/// Bytes of a plugin: Python needs 18 MB.
pub const LARGEST: usize = 24 << 20;

const MANIFEST: &str = "saker-plugin";
const PICTURE: &str = "saker-picture";
const SIGNATURE: &str = "saker-signature";
/// How every file of WebAssembly begins.
const MAGIC: &[u8] = b"\0asm";
/// Bytes of a picture.
const LARGEST_PICTURE: usize = 32 << 10;
/// Bytes of a manifest.
const LARGEST_MANIFEST: usize = 64 << 10;

/// A plugin that was looked at and makes sense. What its code does is another matter.
#[derive(Clone, Debug)]
pub struct Package {
    pub manifest: Manifest,
    /// Who signed it; none for a file that nobody did.
    pub publisher: Option<Publisher>,
    pub picture: Option<Picture>,
    /// The contract's interfaces that it exports.
    pub exports: Vec<Interface>,
    /// SHA-256 of the whole file, in hex.
    pub hash: String,
}

/// What is shown beside its name. Served as a picture only, where nothing in it can act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    pub mime: &'static str,
    pub bytes: Vec<u8>,
}

impl Package {
    /// Looks a file through: whole, valid, signed as it says, and importing no more than its kind may.
    ///
    /// # Errors
    /// The first thing that is wrong, in a sentence.
    pub fn open(bytes: &[u8]) -> Result<Self, Trouble> {
        not_too_large(bytes)?;
        let sort = if bytes.starts_with(MAGIC) { Flaw::Code } else { Flaw::NoPlugin };
        let world = World::of(bytes).map_err(|trouble| trouble.of(sort))?;
        let sections = sections(bytes).map_err(|trouble| trouble.of(sort))?;
        let one = |name: &str| -> Result<Option<(usize, &[u8])>, Trouble> {
            let mut all = sections.iter().filter(|(known, ..)| known == name);
            let first = all.next().map(|(_, begins, range)| (*begins, &bytes[range.clone()]));
            if all.next().is_some() { Err(Trouble::new(format!("it has two sections {name}"))) } else { Ok(first) }
        };
        let (_, json) = one(MANIFEST)?
            .filter(|(_, json)| json.len() <= LARGEST_MANIFEST)
            .ok_or_else(|| Trouble::new("it has no manifest; `saker plugin build` puts one in").of(Flaw::NoPlugin))?;
        let manifest = Manifest::from_json(json)?;
        let publisher = match one(SIGNATURE)? {
            None => None,
            Some((begins, content)) => {
                let last = sections.last().is_some_and(|(_, last, _)| *last == begins);
                let ends = sections.last().is_some_and(|(_, _, range)| range.end == bytes.len());
                if !last || !ends {
                    return Err(Trouble::new("something stands behind the signature").of(Flaw::Signature));
                }
                Some(Publisher::verify(content, &bytes[..begins]).map_err(|trouble| trouble.of(Flaw::Signature))?)
            }
        };
        let picture = one(PICTURE)?.map(|(_, bytes)| picture(bytes)).transpose()?;
        World::validate(bytes).map_err(|trouble| trouble.of(Flaw::Code))?;
        let exports = world.fit(&manifest).map_err(|trouble| trouble.of(Flaw::Contract))?;
        let hash = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Self { manifest, publisher, picture, exports, hash })
    }

    pub fn wants(&self) -> Vec<Want> {
        wants(&self.manifest, &self.exports)
    }

    pub fn has(&self, interface: Interface) -> bool {
        self.exports.contains(&interface)
    }
}

/// Puts a plugin's file together from a component, its manifest and what else there is. Sections of ours that the
/// component already has are replaced. The same input always gives the same bytes.
///
/// # Errors
/// When [`Package::open`] would refuse the result.
pub fn pack(
    component: &[u8],
    manifest: &Manifest,
    image: Option<&[u8]>,
    key: Option<&KeyFile>,
) -> Result<Vec<u8>, Trouble> {
    not_too_large(component)?;
    manifest.check()?;
    let mut bytes = without_ours(component)?;
    let json = serde_json::to_vec(manifest).map_err(|why| Trouble::new(why.to_string()))?;
    append(&mut bytes, MANIFEST, &json);
    if let Some(image) = image {
        picture(image)?;
        append(&mut bytes, PICTURE, image);
    }
    if let Some(key) = key {
        let signature = key.sign(&bytes)?;
        append(&mut bytes, SIGNATURE, &signature);
    }
    Package::open(&bytes)?;
    Ok(bytes)
}

/// Before anybody reads it.
fn not_too_large(bytes: &[u8]) -> Result<(), Trouble> {
    match bytes.len() {
        0..=LARGEST => Ok(()),
        _ => Err(Trouble::new(format!("it is larger than {} MB", LARGEST >> 20)).of(Flaw::TooLarge)),
    }
}

/// The bare component.
fn without_ours(component: &[u8]) -> Result<Vec<u8>, Trouble> {
    let ours = |name: &str| [MANIFEST, PICTURE, SIGNATURE].contains(&name);
    let (mut bytes, mut from) = (Vec::with_capacity(component.len()), 0);
    for (_, begins, range) in sections(component)?.into_iter().filter(|(name, ..)| ours(name)) {
        bytes.extend_from_slice(&component[from..begins]);
        from = range.end;
    }
    bytes.extend_from_slice(&component[from..]);
    Ok(bytes)
}

/// Core specification, 5.5.3: id 0, size, name, bytes.
fn append(bytes: &mut Vec<u8>, name: &str, content: &[u8]) {
    let mut named = leb(name.len());
    named.extend_from_slice(name.as_bytes());
    bytes.push(0);
    bytes.extend(leb(named.len() + content.len()));
    bytes.extend(named);
    bytes.extend_from_slice(content);
}

fn leb(mut number: usize) -> Vec<u8> {
    let mut bytes = vec![];
    loop {
        let byte = (number & 0x7f) as u8;
        number >>= 7;
        if number == 0 {
            bytes.push(byte);
            return bytes;
        }
        bytes.push(byte | 0x80);
    }
}

fn picture(bytes: &[u8]) -> Result<Picture, Trouble> {
    if bytes.len() > LARGEST_PICTURE {
        let words = format!("its picture is larger than {} kB", LARGEST_PICTURE >> 10);
        return Err(Trouble::new(words).of(Flaw::Picture));
    }
    let mime = if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        "image/png"
    } else if std::str::from_utf8(bytes).is_ok_and(is_svg) {
        "image/svg+xml"
    } else {
        return Err(Trouble::new("its picture is neither SVG nor PNG").of(Flaw::Picture));
    };
    Ok(Picture { mime, bytes: bytes.to_vec() })
}

/// Whether a text's first element is `svg`, whatever stands before it as XML has it: a mark of the byte order, a declaration,
/// comments, a document type (XML 1.0, section 2.8).
fn is_svg(text: &str) -> bool {
    let mut rest = text.strip_prefix('\u{feff}').unwrap_or(text).trim_start();
    loop {
        let after = if let Some(comment) = rest.strip_prefix("<!--") {
            comment.split_once("-->").map(|(_, after)| after)
        } else if let Some(instruction) = rest.strip_prefix("<?") {
            instruction.split_once("?>").map(|(_, after)| after)
        } else if rest.get(..9).is_some_and(|begin| begin.eq_ignore_ascii_case("<!doctype")) {
            after_doctype(rest)
        } else {
            let name = rest.strip_prefix("<svg:svg").or_else(|| rest.strip_prefix("<svg"));
            return name.is_some_and(|name| name.starts_with(|c: char| c.is_whitespace() || c == '>' || c == '/'));
        };
        match after {
            Some(after) => rest = after.trim_start(),
            None => return false,
        }
    }
}

/// What follows on a document type; it may have rules of its own between brackets.
fn after_doctype(text: &str) -> Option<&str> {
    let end = text.find(['>', '['])?;
    match text[end..].strip_prefix('[') {
        Some(rules) => rules.split_once(']')?.1.trim_start().strip_prefix('>'),
        None => Some(&text[end + 1..]),
    }
}

#[cfg(test)]
mod tests {
    use super::{Flaw, KeyFile, LARGEST, Package, append, pack};
    use crate::manifest::{Manifest, tests::WHOLE};

    const SVG: &[u8] = b"<svg xmlns='http://www.w3.org/2000/svg'/>";

    /// A component that exports what a parrot does; its functions take and give nothing, which is not looked at here.
    fn component() -> Vec<u8> {
        let exports: String = ["descriptor", "inbound", "poller", "outbound"]
            .map(|name| format!(r#"(instance ${name}) (export "saker:plugin/{name}@0.1.0" (instance ${name}))"#))
            .concat();
        wat::parse_str(format!("(component {exports})")).unwrap()
    }

    fn manifest() -> Manifest {
        Manifest::from_toml(WHOLE).unwrap()
    }

    #[test]
    fn a_file_is_put_together_and_taken_apart() {
        let key = KeyFile::parse(&KeyFile::fresh().unwrap().text()).unwrap();
        let file = pack(&component(), &manifest(), Some(SVG), Some(&key)).unwrap();
        let package = Package::open(&file).unwrap();
        assert_eq!(package.manifest, manifest());
        assert_eq!(package.publisher, Some(key.publisher()));
        assert_eq!(package.picture.unwrap().bytes, SVG);
        // Packed again, everything of ours is replaced.
        assert_eq!(pack(&file, &manifest(), Some(SVG), Some(&key)).unwrap(), file);
        assert_eq!(Package::open(&pack(&file, &manifest(), None, None).unwrap()).unwrap().publisher, None);
    }

    #[test]
    fn a_picture_is_svg_whatever_stands_before_its_first_element() {
        let is_picture = |text: &str| pack(&component(), &manifest(), Some(text.as_bytes()), None).is_ok();
        for before in [
            "",
            "\u{feff}",
            "\n<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"no\"?>\n",
            "<?xml version='1.0'?><!-- Created with Inkscape (http://www.inkscape.org/) --><!-- <html> -->",
            "<!DOCTYPE svg PUBLIC \"-//W3C//DTD SVG 1.1//EN\" \"http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd\">\n",
            "<?xml version='1.0'?><!DOCTYPE svg [ <!ENTITY ns \"http://www.w3.org/2000/svg\"> ]>",
        ] {
            assert!(is_picture(&format!("{before}<svg xmlns='http://www.w3.org/2000/svg'/>")), "{before}");
            assert!(!is_picture(&format!("{before}<html><svg/></html>")), "{before}");
        }
        for nothing in ["<svgx/>", "<!-- <svg/>", "<?xml", "<!DOCTYPE svg", "svg", "<!doctype html><svg/"] {
            assert_eq!(is_picture(nothing), nothing.contains("<svg/") && !nothing.contains("<!--"), "{nothing}");
        }
    }

    #[test]
    fn no_changed_byte_stays_unnoticed() {
        let key = KeyFile::fresh().unwrap();
        let file = pack(&component(), &manifest(), None, Some(&key)).unwrap();
        for at in 0..file.len() {
            let mut changed = file.clone();
            changed[at] ^= 1;
            // At most it is nobody's any more.
            assert!(!Package::open(&changed).is_ok_and(|package| package.publisher.is_some()), "byte {at}");
        }
        for length in 0..file.len() {
            assert!(
                Package::open(&file[..length]).is_err() || Package::open(&file[..length]).unwrap().publisher.is_none()
            );
        }
    }

    #[test]
    fn what_stands_behind_the_signature_is_refused() {
        let mut file = pack(&component(), &manifest(), None, Some(&KeyFile::fresh().unwrap())).unwrap();
        append(&mut file, "more", b"x");
        assert!(Package::open(&file).unwrap_err().words.contains("behind the signature"));
        let mut file = pack(&component(), &manifest(), None, None).unwrap();
        append(&mut file, super::MANIFEST, b"{}");
        assert!(Package::open(&file).unwrap_err().words.contains("two sections"));
    }

    #[test]
    fn code_and_manifest_must_agree() {
        let open = |text: &str, manifest: &Manifest| pack(&wat::parse_str(text).unwrap(), manifest, None, None);
        let nothing = open("(component)", &manifest()).unwrap_err().words;
        assert!(nothing.contains("exports none of"), "{nothing}");
        let wasi = r#"(component (import "wasi:filesystem/types@0.2.0" (instance)))"#;
        assert!(open(wasi, &manifest()).unwrap_err().words.contains("does not offer"));
        let newer = r#"(component (import "saker:plugin/log@0.2.0" (instance)))"#;
        assert!(open(newer, &manifest()).unwrap_err().words.contains("does not offer"));
        let template = Manifest { kind: vec![crate::Kind::ReplyTemplate], webhook: None, poll: None, ..manifest() };
        let http = r#"(component (import "saker:plugin/http@0.1.3" (instance)) (instance $r) (export "saker:plugin/reply-renderer@0.1.0" (instance $r)))"#;
        assert!(open(http, &template).unwrap_err().words.contains("not for replytemplate"));
        let poller = Manifest { poll: None, ..manifest() };
        assert!(pack(&component(), &poller, None, None).unwrap_err().words.contains("its code has poller"));
        assert!(open("(module)", &manifest()).unwrap_err().words.contains("core module"));
        assert!(pack(b"", &manifest(), None, None).is_err());
        assert!(pack(b"PK\x03\x04", &manifest(), None, None).is_err());
        assert!(Package::open(&vec![0; LARGEST + 1]).unwrap_err().words.contains("larger"));
    }

    #[test]
    fn whoever_hands_a_file_in_is_told_where_its_flaw_lies() {
        let flaw = |bytes: &[u8]| Package::open(bytes).unwrap_err().flaw;
        let mut signed = pack(&component(), &manifest(), None, Some(&KeyFile::fresh().unwrap())).unwrap();
        assert_eq!(flaw(b"PK\x03\x04"), Flaw::NoPlugin);
        assert_eq!(flaw(&component()), Flaw::NoPlugin, "nothing says who it is");
        assert_eq!(flaw(&vec![0; LARGEST + 1]), Flaw::TooLarge);
        assert_eq!(flaw(&signed[..signed.len() / 2]), Flaw::Code);
        append(&mut signed, "more", b"x");
        assert_eq!(flaw(&signed), Flaw::Signature);
        let elsewhere = Manifest { wit: "saker:plugin@9.0".to_owned(), ..manifest() };
        assert_eq!(elsewhere.check().unwrap_err().flaw, Flaw::Contract);
        let nothing = wat::parse_str("(component)").unwrap();
        assert_eq!(pack(&nothing, &manifest(), None, None).unwrap_err().flaw, Flaw::Contract);
        assert_eq!(pack(&component(), &manifest(), Some(b"GIF89a"), None).unwrap_err().flaw, Flaw::Picture);
    }
}
