//! Compresses files once, so that no server does it for each visitor.

use std::io::{Result, Write};

/// How hard to try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effort {
    Little,
    Some,
    All,
}

impl Effort {
    pub fn name(self) -> &'static str {
        match self {
            Effort::Little => "little",
            Effort::Some => "some",
            Effort::All => "all",
        }
    }
}

/// A way to compress a whole file.
pub type Squeeze = fn(&[u8], Effort) -> Result<Vec<u8>>;

/// The twins every file gets: the ending, and how it is made.
pub const KINDS: [(&str, Squeeze); 2] = [("br", brotli), ("gz", gzip)];

fn brotli(bytes: &[u8], effort: Effort) -> Result<Vec<u8>> {
    let quality = match effort {
        Effort::Little => 3,
        Effort::Some => 9,
        Effort::All => 11,
    };
    let mut small = Vec::new();
    let mut writer = brotli::CompressorWriter::new(&mut small, 64 * 1024, quality, 22);
    writer.write_all(bytes)?;
    writer.flush()?;
    drop(writer);
    Ok(small)
}

fn gzip(bytes: &[u8], effort: Effort) -> Result<Vec<u8>> {
    let level = if effort == Effort::Little { 1 } else { 9 };
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(level));
    writer.write_all(bytes)?;
    writer.finish()
}
