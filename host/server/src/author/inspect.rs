//! What a file is and wants, in plain words.

use super::{language, opened, said::say};
use anyhow::Result;
use portal::words::Words;

/// Prints the capability sheet.
pub fn tell(file: &[u8]) -> Result<()> {
    let package = opened(file)?;
    let (words, manifest) = (Words::new(language()), &package.manifest);
    say!("{} {} · {}", words.both_of(&manifest.name), manifest.version, manifest.id);
    say!("{}", words.both_of(&manifest.summary));
    say!("{} · {} · {} kB", manifest.author, manifest.licence, file.len().div_ceil(1_000));
    say!("{}\n", words.signed_by(package.publisher.map(|key| key.to_string()).as_deref()));
    say!("{}", words.plugin_wants());
    for want in package.wants() {
        let mark = if want.is_grave() { "!" } else { "·" };
        say!("  {mark} {}", words.want(&want, &want.names(manifest)));
    }
    Ok(())
}
