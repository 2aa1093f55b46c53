//! Shows how mails are read: `cargo run -p plugin-email --example read -- mail.eml …`

fn main() {
    for path in std::env::args().skip(1) {
        println!("=== {path}");
        let raw = match std::fs::read(&path) {
            Ok(raw) => raw,
            Err(why) => {
                println!("{why}");
                continue;
            }
        };
        let started = std::time::Instant::now();
        match plugin_email::read(&raw, &plugin_email::Envelope::default()) {
            Err(why) => println!("rejected: {}", why.0),
            Ok(mail) => show(&mail),
        }
        println!("{} ms", started.elapsed().as_millis());
    }
}

fn show(mail: &plugin_email::Mail) {
    println!("id        {}", mail.id);
    println!("sent      {:?}", mail.sent_at);
    println!("from      {} <{}>", mail.from.name, mail.from.address);
    println!("reply-to  {:?}", mail.reply_to);
    let list = |parties: &[plugin_email::Party]| {
        parties.iter().map(|p| format!("{} <{}>", p.name, p.address)).collect::<Vec<_>>().join("; ")
    };
    println!("to        {}", list(&mail.to));
    println!("cc        {}", list(&mail.cc));
    println!("subject   {:?}", mail.subject);
    println!("answers   {:?} refs {:?}", mail.in_reply_to, mail.references);
    println!("automatic {:?}  bounce {:?}  locale {:?}", mail.automatic, mail.bounce_of, mail.locale);
    for file in &mail.files {
        let plugin_email::Content::Here(bytes) = &file.content else { continue };
        println!("file      {} | {} | {} bytes | {:?}", file.name, file.mime, bytes.len(), file.content_id);
    }
    println!("html      {:?} bytes", mail.html.as_ref().map(String::len));
    let at = mail.quote_at.unwrap_or(mail.text.len());
    println!("--- text\n{}", &mail.text[..at]);
    if at < mail.text.len() {
        println!("--- quoted\n{}", &mail.text[at..]);
    }
}
