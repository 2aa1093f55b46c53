//! Mail from the world: read alike by the plain code and in the sandbox, as people would read it, whatever the bytes.

use crate::plugins::changed;
use desk::{
    blob::Blobs,
    model::{AccountId, Language},
    outside::{Arrival, Envelope, Inbound, InboundFile, Parcel, Party, Sheet, Unreadable},
};
use package::{Kind, Manifest, Package};
use server::{
    hook::Reach,
    plugins::{Compiler, Plugins},
};
use std::path::{Path, PathBuf};
use tests::house::cache;

/// What `cargo xtask plugins` made.
fn component(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../dist/plugins").join(name);
    std::fs::read(&path).unwrap_or_else(|why| panic!("{}: {why}; run `cargo xtask plugins` first", path.display()))
}

/// A runtime with its own blob store.
struct House {
    plugins: Plugins,
    blobs: Blobs,
    _folder: tempfile::TempDir,
}

impl House {
    async fn open() -> Self {
        Self::with(vec![component("email.wasm"), component("templates.wasm")]).await
    }

    async fn with(files: Vec<Vec<u8>>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let blobs = Blobs::open(folder.path()).unwrap();
        let plugins = Plugins::open(blobs.clone(), Compiler::new(cache()), Reach::Public).unwrap();
        plugins.run_files(files).await.unwrap();
        Self { plugins, blobs, _folder: folder }
    }

    async fn read(&self, raw: &[u8]) -> Result<Inbound, Unreadable> {
        self.read_from(raw, Envelope::default()).await
    }

    async fn read_from(&self, raw: &[u8], envelope: Envelope) -> Result<Inbound, Unreadable> {
        let blob = self.blobs.put(raw.to_vec()).await.unwrap();
        let arrival = Arrival { account: AccountId::from("mail"), blob, size: raw.len() as u64, envelope };
        let mut messages = self.plugins.read(&arrival).await?;
        assert_eq!(messages.len(), 1);
        Ok(messages.remove(0))
    }
}

/// The mails to read; `SAKER_TEST_MAIL` names another folder. None are part of this repository, so where there is no
/// such folder the tests that need it say so and pass.
pub fn mails() -> Vec<(String, Vec<u8>)> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/mail");
    let folder = std::env::var_os("SAKER_TEST_MAIL").map_or(here, PathBuf::from);
    let mut mails = Vec::new();
    for source in std::fs::read_dir(&folder).into_iter().flatten().flatten().filter(|entry| entry.path().is_dir()) {
        for mail in std::fs::read_dir(source.path()).unwrap().flatten() {
            let name = format!("{}/{}", source.file_name().to_string_lossy(), mail.file_name().to_string_lossy());
            mails.push((name, std::fs::read(mail.path()).unwrap()));
        }
    }
    mails.sort();
    if mails.is_empty() {
        eprintln!("no mails in {}: nothing was checked", folder.display());
    }
    mails
}

/// What the plain code makes of the same bytes, in the desk's words.
fn natively(raw: &[u8], blobs: &Blobs) -> Result<Inbound, Unreadable> {
    let mail = plugin_email::read(raw, &plugin_email::Envelope::default()).map_err(|why| Unreadable::new(why.0))?;
    let party = |party: plugin_email::Party| Party { address: party.address, name: party.name };
    let file = |file: plugin_email::File| {
        let plugin_email::Content::Here(bytes) = file.content else { panic!("nobody else keeps it") };
        let blob = blobs.put_now(&bytes).unwrap();
        InboundFile { name: file.name, mime: file.mime, size: bytes.len() as u64, blob, content_id: file.content_id }
    };
    Ok(Inbound {
        external_id: mail.id,
        sent_at: mail.sent_at.map(|ms| ms * 1000),
        from: party(mail.from),
        reply_to: mail.reply_to.map(party),
        to: mail.to.into_iter().map(party).collect(),
        cc: mail.cc.into_iter().map(party).collect(),
        subject: mail.subject,
        text: mail.text,
        quote_at: mail.quote_at,
        html: mail.html,
        attachments: mail.files.into_iter().map(file).collect(),
        in_reply_to: mail.in_reply_to,
        references: mail.references,
        automatic: mail.automatic.map(str::to_owned),
        bounced: vec![],
        late: None,
        bounce_of: mail.bounce_of,
        locale: mail.locale,
    })
}

#[tokio::test]
async fn every_mail_reads_the_same_in_the_sandbox() {
    let house = House::open().await;
    for (name, raw) in mails() {
        let inside = house.read(&raw).await;
        assert_eq!(inside, natively(&raw, &house.blobs), "{name}");
        let mail = inside.unwrap_or_else(|why| panic!("{name}: {why}"));
        assert!(!mail.external_id.is_empty() && !mail.external_id.contains(char::is_whitespace), "{name}");
        assert!(mail.quote_at.is_none_or(|at| !mail.text[..at].trim().is_empty()), "{name}");
        for line in [&mail.from.name, mail.subject.as_ref().unwrap_or(&String::new())] {
            assert!(!line.chars().any(char::is_control), "{name}: {line:?}");
        }
        for file in &mail.attachments {
            assert_eq!(house.blobs.get(&file.blob).await.unwrap().len() as u64, file.size, "{name}");
            assert!(!file.name.is_empty() && !file.name.contains(['/', '\\', '\n', '\0']), "{name}: {}", file.name);
        }
    }
}

/// Each block of `mails.txt` was written by a person who opened the mail.
#[test]
fn mails_read_as_people_would_read_them() {
    let mails = mails();
    if mails.is_empty() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let blobs = Blobs::open(folder.path()).unwrap();
    let mut checked = 0;
    for block in
        include_str!("mails.txt").split("\n\n").filter(|block| !block.trim().is_empty() && !block.starts_with('#'))
    {
        let mut lines = block.trim().lines();
        let name = lines.next().unwrap();
        let (_, raw) = mails.iter().find(|(known, _)| known == name).unwrap_or_else(|| panic!("{name} is not there"));
        let mail = natively(raw, &blobs).unwrap();
        let text = mail.text.split_whitespace().collect::<Vec<_>>().join(" ");
        let new = mail.text[..mail.quote_at.unwrap_or(mail.text.len())].trim().to_owned();
        let mut files: Vec<&str> = mail.attachments.iter().map(|file| file.name.as_str()).collect();
        for line in lines {
            let (what, wanted) = line.split_once(": ").unwrap_or((line.trim_end_matches(':'), ""));
            let wanted = wanted.trim();
            match what {
                "from" => assert_eq!(mail.from.address, wanted, "{name}"),
                "name" => assert_eq!(mail.from.name, wanted, "{name}"),
                "subject" => assert_eq!(mail.subject.as_deref().unwrap_or_default(), wanted, "{name}"),
                "text" if wanted.is_empty() => assert_eq!(text, "", "{name}"),
                "text" => assert!(text.starts_with(wanted), "{name}: {wanted:?} is not how this begins: {text:?}"),
                "ends" => assert!(new.ends_with(wanted), "{name}: {wanted:?} is not how this ends: {new:?}"),
                "whole" => assert_eq!(mail.quote_at, None, "{name}: {new:?}"),
                "file" => {
                    assert!(!files.is_empty(), "{name}: {wanted} is missing");
                    assert_eq!(files.remove(0), wanted, "{name}");
                }
                "automatic" => assert_eq!(mail.automatic.as_deref().unwrap_or_default(), wanted, "{name}"),
                "bounce of" => assert_eq!(mail.bounce_of.as_deref(), Some(wanted), "{name}"),
                "answers" => assert_eq!(mail.in_reply_to.join(" "), wanted, "{name}"),
                other => panic!("{name}: {other}?"),
            }
        }
        assert_eq!(files, Vec::<&str>::new(), "{name} has more files");
        checked += 1;
    }
    assert!(checked >= 45, "only {checked} mails were checked");
}

const HEAD: &str = "From: Kari <kari@fjord.example>\r\nTo: help@nordvik.example\r\nSubject: Skriver\r\nMessage-ID: <1@fjord.example>\r\n";

/// Bytes that nobody wrote in good faith. Each gives a message or a plain no, and the next mail is read as ever.
#[tokio::test]
async fn hostile_bytes_give_a_message_or_a_plain_no() {
    let house = House::open().await;
    let boundary = "Content-Type: multipart/mixed; boundary=b\r\n\r\n";
    let many = format!(
        "{HEAD}{boundary}{}--b--",
        "--b\r\nContent-Type: text/plain\r\nContent-Disposition: attachment; filename=x\r\n\r\nhei\r\n".repeat(10_000)
    );
    let deep: String = (0..10_000)
        .map(|level| format!("Content-Type: multipart/mixed; boundary=b{level}\r\n\r\n--b{level}\r\n"))
        .collect();
    let nested = "Content-Type: message/rfc822\r\n\r\n".repeat(30_000);
    let odd: Vec<u8> = (0u32..200_000).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("nothing", Vec::new()),
        ("blank", b"\r\n\r\n \r\n".to_vec()),
        ("noise", odd),
        ("a header line of a megabyte", format!("{HEAD}X-Long: {}\r\n\r\nhei", "x".repeat(1 << 20)).into_bytes()),
        (
            "a subject of a megabyte",
            format!("Subject: {}\r\n\r\nhei", "=?utf-8?q?=C3=A6?= ".repeat(60_000)).into_bytes(),
        ),
        ("a million recipients", format!("{HEAD}Cc: {}\r\n\r\nhei", "a@b.no, ".repeat(300_000)).into_bytes()),
        ("ten thousand parts", many.into_bytes()),
        ("ten thousand parts in parts", format!("{HEAD}{deep}hei").into_bytes()),
        ("mails in mails", format!("{HEAD}{nested}hei").into_bytes()),
        ("NULs", b"From: a\0b@c\0\r\nSubject: a\0\r\n\r\nhei\0hei".to_vec()),
        ("only a boundary", format!("{HEAD}{boundary}--b").into_bytes()),
        (
            "tags in tags",
            format!("{HEAD}Content-Type: text/html\r\n\r\n{}hei", "<div><b><table>".repeat(100_000)).into_bytes(),
        ),
        (
            "entities",
            format!("{HEAD}Content-Type: text/html\r\n\r\n{}", "&amp;&#x202e;&#0;&lt;".repeat(50_000)).into_bytes(),
        ),
        ("quotes in quotes", format!("{HEAD}\r\n{}", "On Monday, 10:00 a@b wrote:\n> x\n".repeat(50_000)).into_bytes()),
        (
            "bad base64",
            format!(
                "{HEAD}Content-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\n{}",
                "*=".repeat(100_000)
            )
            .into_bytes(),
        ),
    ];
    for (name, raw) in cases {
        let started = std::time::Instant::now();
        match house.read(&raw).await {
            Ok(mail) => {
                assert!(mail.text.len() <= 1 << 20 && mail.attachments.len() <= 600, "{name}");
                assert!(
                    !mail.from.address.contains('\0')
                        && !mail.subject.unwrap_or_default().contains('\0')
                        && !mail.text.contains('\0'),
                    "{name}"
                );
            }
            Err(why) => assert!(!why.words.is_empty() && why.words.len() < 300, "{name}"),
        }
        assert!(started.elapsed().as_secs() < 30, "{name} took {:?}", started.elapsed());
        let next = house.read(format!("{HEAD}\r\nhei").as_bytes()).await.unwrap();
        assert_eq!(next.text, "hei", "after {name}");
    }
}

#[tokio::test]
async fn names_and_subjects_cannot_lie_or_break_out() {
    let house = House::open().await;
    let raw = "From: =?utf-8?q?Kari=0D=0ABcc=3A_x=40y=2Ez_=E2=80=AEgpj?= <KARI@Fjord.example>\r\nSubject: =?utf-8?q?a=00b=0D=0AX-Evil=3A_1?=\r\n\
        Content-Type: application/pdf; name=\"../../etc/=?utf-8?q?=E2=80=AEfdp=2Eexe?=\"\r\n\r\nx";
    let mail = house.read(raw.as_bytes()).await.unwrap();
    assert_eq!(mail.from, Party { address: "kari@fjord.example".into(), name: "Kari Bcc: x@y.z gpj".into() });
    assert_eq!(mail.subject.as_deref(), Some("a b X-Evil: 1"));
    assert!(!mail.attachments[0].name.contains(['/', '\u{202E}']), "{}", mail.attachments[0].name);
    assert!(mail.external_id.ends_with("@no-message-id"));
}

/// A mail as large as large providers take, and one larger than anybody's.
#[tokio::test]
async fn a_large_mail_is_read_and_a_huge_one_is_refused_in_words() {
    let house = House::open().await;
    for megabytes in [25, 50] {
        let mail = house.read(with_file(megabytes).as_bytes()).await.unwrap();
        assert_eq!((mail.text.as_str(), mail.attachments[0].name.as_str()), ("Se vedlegg.", "stor.pdf"));
        assert!(mail.attachments[0].size > ((megabytes as u64 - 1) * 3 / 4) << 20);
    }
    // Large and odd: a letter that is none, and an encoding that stands on a line of its own.
    let odd = with_file(60).replacen("QUJD\r\n", "QUJ!\r\n", 1);
    assert!(house.read(odd.as_bytes()).await.unwrap().attachments[0].size > 58 << 20);
    let folded = with_file(60).replacen("Encoding: base64", "Encoding:\r\n base64", 1);
    assert!(house.read(folded.as_bytes()).await.unwrap().attachments[0].size > (58 * 3 / 4) << 20);
    let why = house.read(with_file(65).as_bytes()).await.unwrap_err();
    assert_eq!(why.words, "the mail is larger than a mail may be: 64 MB");
}

/// A mail with a file of so many megabytes in base64.
fn with_file(megabytes: usize) -> String {
    let line = format!("{}\r\n", "QUJD".repeat(19));
    let file = line.repeat(megabytes * (1 << 20) / line.len());
    format!(
        "{HEAD}Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nSe vedlegg.\r\n--b\r\nContent-Type: application/pdf; name=stor.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n{file}--b--\r\n"
    )
}

/// The file of a mail goes past the plugin in pieces: with a sixteenth of the mail as memory it reads it.
#[tokio::test]
async fn a_large_mail_takes_little_memory() {
    let little = changed(&component("email.wasm"), |manifest| manifest.limits.memory_mb = 4, None);
    let house = House::with(vec![little]).await;
    let mail = house.read(with_file(60).as_bytes()).await.unwrap();
    let sent = house.blobs.get(&mail.attachments[0].blob).await.unwrap();
    assert!(sent.len() > (58 * 3 / 4) << 20 && sent.len() as u64 == mail.attachments[0].size);
    assert!(sent.chunks(3).all(|letters| letters == b"ABC"));
    // What is not in base64 all through is read whole, and that is too much here.
    let odd = with_file(20).replacen("QUJD\r\n", "QUJ!\r\n", 1);
    assert!(house.read(odd.as_bytes()).await.is_err());
}

fn parcel() -> Parcel {
    Parcel {
        message_id: "0192.1042@nordvik.example".into(),
        date: 1_794_304_140_000_000,
        from: Party { address: "help@nordvik.example".into(), name: "Åne, Nordvik \"Support\"".into() },
        reply_to: Some(Party { address: "help+1042@nordvik.example".into(), name: String::new() }),
        to: vec![Party { address: "kari@fjord.example".into(), name: "Kari Nordmann".into() }],
        cc: vec![Party { address: "per@fjord.example".into(), name: "Pér".into() }],
        subject: "Re: Skriver virker ikke – blåbær [Sak #1042]".into(),
        text: "Hei, Kari.\n\nSkru den av og på.\n.\nFrom nå av\n".into(),
        html: Some("<p>Hei, <b>Kari</b>.</p><img src=\"cid:logo@nordvik\">".into()),
        in_reply_to: Some("1@fjord.example".into()),
        references: (0..40).map(|n| format!("{n}@fjord.example")).collect(),
        auto_submitted: None,
        language: Language::Nb,
        attachments: Vec::new(),
    }
}

#[tokio::test]
async fn what_is_written_reads_back_the_same() {
    let house = House::open().await;
    let mut parcel = parcel();
    let bytes: Vec<u8> = (0..300_000u32).map(|n| (n % 251) as u8).collect();
    let file = |name: &str, blob: String, content_id: Option<&str>| InboundFile {
        name: name.into(),
        mime: if content_id.is_some() { "image/png" } else { "application/pdf" }.into(),
        size: 300_000,
        blob,
        content_id: content_id.map(str::to_owned),
    };
    let blob = house.blobs.put(bytes).await.unwrap();
    parcel.attachments =
        vec![file("blåbær.pdf", blob.clone(), None), file("logo.png", blob.clone(), Some("logo@nordvik"))];

    let raw = house.plugins.compose(&parcel).await.unwrap();
    assert_eq!(raw, house.plugins.compose(&parcel).await.unwrap(), "sending again is sending the same");
    assert!(raw.split(|b| *b == b'\n').all(|line| line.len() <= 998 && line.is_ascii()));
    assert!(!raw.windows(2).any(|w| w[1] == b'\n' && w[0] != b'\r'), "line ends are CRLF");

    let mail = house.read(&raw).await.unwrap();
    assert_eq!(mail.external_id, parcel.message_id);
    assert_eq!(mail.sent_at, Some(parcel.date));
    assert_eq!((mail.from, mail.to, mail.cc, mail.reply_to), (parcel.from, parcel.to, parcel.cc, parcel.reply_to));
    assert_eq!(mail.subject.unwrap(), parcel.subject);
    assert_eq!(mail.text, parcel.text.trim_end());
    assert_eq!(mail.html.unwrap().trim(), parcel.html.unwrap());
    assert_eq!(mail.in_reply_to, ["1@fjord.example"]);
    assert_eq!(
        (mail.references.len(), mail.references[0].as_str(), mail.references[19].as_str()),
        (20, "0@fjord.example", "39@fjord.example")
    );
    assert_eq!(mail.locale.as_deref(), Some("nb"));
    assert_eq!(mail.automatic, None);
    let mut files: Vec<_> = mail
        .attachments
        .iter()
        .map(|file| (file.name.as_str(), file.blob.as_str(), file.content_id.as_deref()))
        .collect();
    files.sort();
    assert_eq!(files, [("blåbær.pdf", blob.as_str(), None), ("logo.png", blob.as_str(), Some("logo@nordvik"))]);
}

#[tokio::test]
async fn nothing_in_a_parcel_can_add_a_field() {
    let house = House::open().await;
    let evil = "x\r\nBcc: evil@x.example\r\n\r\nbody\0";
    let mut parcel = parcel();
    parcel.subject = evil.into();
    parcel.from.name = evil.into();
    parcel.to[0].name = evil.into();
    parcel.cc.push(Party { address: format!("a@b.no>{evil}"), name: String::new() });
    parcel.message_id = format!("a@b>{evil}");
    parcel.in_reply_to = Some(evil.into());
    parcel.references = vec![evil.into()];
    parcel.auto_submitted = Some(format!("auto-replied{evil}"));
    let blob = house.blobs.put(b"x".to_vec()).await.unwrap();
    parcel.attachments = vec![InboundFile {
        name: evil.into(),
        mime: format!("text/html{evil}"),
        size: 1,
        blob,
        content_id: Some(evil.into()),
    }];
    let raw = house.plugins.compose(&parcel).await.unwrap();
    let text = String::from_utf8(raw.clone()).unwrap();
    assert!(!text.to_lowercase().lines().any(|line| line.starts_with("bcc:")), "{text}");
    assert!(!text.contains('\0') && text.contains("X-Auto-Response-Suppress: All"));
    assert_eq!(house.read(&raw).await.unwrap().cc.len(), 1);
}

#[tokio::test]
async fn a_null_return_path_is_known_only_from_an_envelope() {
    let house = House::open().await;
    let raw = format!("{HEAD}\r\nhei");
    assert_eq!(house.read(raw.as_bytes()).await.unwrap().automatic, None);
    let envelope = Envelope { from: String::new(), to: vec!["help@nordvik.example".into()] };
    assert_eq!(house.read_from(raw.as_bytes(), envelope).await.unwrap().automatic.as_deref(), Some("null-return-path"));
}

fn sheet(template: &str, language: Language) -> Sheet {
    Sheet {
        template: template.into(),
        language,
        organisation: "Nordvik Support".into(),
        ticket_number: Some(1042),
        ticket_title: "Skriver <virker> ikke".into(),
        ticket_url: "https://help.nordvik.example/saker/1042".into(),
        category: "Skriver".into(),
        customer_name: "Kari Nordmann".into(),
        customer_email: "kari@fjord.example".into(),
        agent_name: "Ane".into(),
        signature: "Nordvik Support".into(),
        now: 1_794_304_140_000_000,
        draft: Some("Skru den **av** og på.".into()),
        quote: Some(("Kari Nordmann".into(), 1_794_304_140_000_000, "Virker ikke".into())),
        more: vec![("link".into(), "https://help.nordvik.example/inn?t=1".into())],
    }
}

#[tokio::test]
async fn templates_come_out_of_the_sandbox() {
    let house = House::open().await;
    let cards = house.plugins.templates(Language::Nb).await.unwrap();
    let names: Vec<&str> = cards.iter().map(|card| card.name.as_str()).collect();
    assert_eq!(names, ["solution", "more-information", "on-its-way"]);
    assert_eq!((cards[0].title.nb.as_str(), cards[0].title.en.as_str()), ("Løsning", "Solution"));

    let received = house.plugins.render(&sheet("received", Language::Nb)).await.unwrap();
    assert_eq!(received.subject.as_deref(), Some("Vi har fått saken din: Skriver <virker> ikke [Sak #1042]"));
    assert!(received.html.contains("Skriver &lt;virker&gt; ikke") && received.text.contains("Skriver <virker> ikke"));
    assert!(received.text.contains("tirsdag 10. november 2026 kl. 10:49"), "{}", received.text);
    let reply = house.plugins.render(&sheet("reply", Language::En)).await.unwrap();
    assert!(reply.text.contains("\n> Virker ikke") && reply.html.contains("<strong>av</strong>"));
    for template in ["sign-in", "registered", "solution", "more-information", "on-its-way"] {
        let done = house.plugins.render(&sheet(template, Language::En)).await.unwrap();
        assert!(done.warnings.is_empty() && !done.text.is_empty(), "{template}: {:?}", done.warnings);
    }
    let hole =
        house.plugins.render(&Sheet { ticket_url: String::new(), ..sheet("received", Language::Nb) }).await.unwrap();
    assert_eq!(hole.warnings, ["Mangler lenken til saken."]);
    assert!(house.plugins.render(&sheet("nope", Language::En)).await.is_err());
}

/// What is not in a kind's linker does not exist for its plugins.
#[tokio::test]
async fn a_component_of_the_wrong_kind_is_refused_before_it_runs() {
    let house = House::open().await;
    let (email, templates) = (component("email.wasm"), component("templates.wasm"));
    let of = |kind: Kind| {
        let manifest = Package::open(&email).unwrap().manifest;
        Manifest { kind: vec![kind], ..manifest }
    };
    let template = package::pack(&email, &of(Kind::ReplyTemplate), None, None);
    assert!(template.is_err(), "a template plugin may not touch blobs");
    assert!(package::pack(&templates, &of(Kind::Mail), None, None).is_err());
    for bad in [b"\0asm nonsense".to_vec(), email[..email.len() / 2].to_vec()] {
        assert!(house.plugins.run_files(vec![bad]).await.is_err());
    }
}
