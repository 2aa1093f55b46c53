//! Writes every template with sample values into a folder: `cargo run -p plugin-templates --example show -- FOLDER`

fn main() -> std::io::Result<()> {
    let folder = std::path::PathBuf::from(std::env::args().nth(1).unwrap_or_else(|| "mails".into()));
    std::fs::create_dir_all(&folder)?;
    for card in plugin_templates::cards() {
        for locale in ["nb", "en"] {
            let Some(Ok(output)) =
                plugin_templates::sample(card.name, locale).map(|input| plugin_templates::render(&input))
            else {
                continue;
            };
            let file = |ending: &str| folder.join(format!("{}-{locale}.{ending}", card.name));
            std::fs::write(file("html"), output.html)?;
            std::fs::write(file("txt"), format!("{}\n\n{}", output.subject.unwrap_or_default(), output.text))?;
        }
    }
    Ok(())
}
