//! What a file is and wants, in plain words.

use super::language;
use anyhow::Result;
use package::Package;
use portal::words::Words;

/// Prints the capability sheet.
pub fn tell(file: &[u8]) -> Result<()> {
    let package = Package::open(file)?;
    let (words, manifest) = (Words::new(language()), &package.manifest);
    println!("{} {} · {}", words.both_of(&manifest.name), manifest.version, manifest.id);
    println!("{}", words.both_of(&manifest.summary));
    println!("{} · {} · {} kB", manifest.author, manifest.licence, file.len().div_ceil(1_000));
    println!("{}\n", words.signed_by(package.publisher.map(|key| key.to_string()).as_deref()));
    println!("{}", words.plugin_wants());
    for want in package.wants() {
        let mark = if want.is_grave() { "!" } else { "·" };
        println!("  {mark} {}", words.want(&want, &want.names(manifest)));
    }
    Ok(())
}
