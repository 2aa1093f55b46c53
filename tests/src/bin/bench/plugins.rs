//! Calls of plugins in the sandbox, beside the same code called natively.

use crate::{
    Effort,
    bare::Bare,
    table::{Table, median, span},
};
use anyhow::{Context, Result, anyhow};
use desk::{
    blob::Blobs,
    model::{AccountId, Language, PluginId},
    outside::{Arrival, Envelope, Sheet},
};
use package::Package;
use server::{
    hook::Reach,
    plugins::{Compiler, Plugins},
};
use std::{
    path::Path,
    time::{Duration, Instant},
};
use tests::house::cache;

pub async fn measure(effort: Effort) -> Result<Table> {
    let mut table = Table::new("Plugins: in the sandbox, a fresh instance for each call");
    let folder = tempfile::tempdir()?;
    let blobs = Blobs::open(folder.path())?;
    let plugins = Plugins::open(blobs.clone(), Compiler::new(cache()), Reach::Public)?;
    plugins.run_files(vec![component("email.wasm")?, component("templates.wasm")?]).await?;

    // The smallest call there is, of constants: what every call costs.
    for (what, file) in [
        ("smallest call, Rust", "dist/plugins/offered/keywords.wasm"),
        ("smallest call, JavaScript", "tests/museum/0.1/js.wasm"),
    ] {
        let file = read(file)?;
        let bare = Bare::new(&file)?;
        let id = PluginId(Package::open(&file)?.manifest.id);
        let alone = Plugins::open(blobs.clone(), Compiler::new(cache()), Reach::Public)?;
        alone.run_files(vec![file]).await?;
        let call = async || alone.ask_who(&id).await.map(drop).map_err(said);
        let (ours, theirs) = rounds(effort.rounds, effort.calls, call, async || bare.describe()).await?;
        table.time(what, ours, "bare wasmtime", theirs);
        table.alone(&format!("{what}: on top of it"), span(ours.saturating_sub(theirs)));
    }

    for (what, raw, calls) in [
        ("mail of 1 kB", mail(1_000, 0), effort.calls),
        ("mail of 50 kB, HTML", mail(50_000, 0), effort.calls / 4),
        ("mail of 5 MB, one file", mail(1_000, 5_000_000), effort.calls / 100),
    ] {
        let blob = blobs.put(raw.clone()).await?;
        let arrival = Arrival {
            account: AccountId::from("bench"),
            blob,
            size: raw.len() as u64,
            envelope: Envelope { from: "kari@fjord.no".into(), to: vec![server::demo::MAILBOX.into()] },
        };
        let (ours, theirs) = rounds(
            effort.rounds,
            calls.max(3),
            async || plugins.read(&arrival).await.map(drop).map_err(said),
            // What the host does for the sandbox is done here too: the mail comes from the store, its files go there.
            async || {
                let raw = blobs.get(&arrival.blob).await?;
                let mail =
                    plugin_email::read(&raw, &plugin_email::Envelope::default()).map_err(|why| anyhow!(why.0))?;
                for file in mail.files {
                    let plugin_email::Content::Here(bytes) = file.content else { continue };
                    blobs.put(bytes).await?;
                }
                Ok(())
            },
        )
        .await?;
        table.time(&format!("read a {what}"), ours, "native", theirs);
    }

    let input = plugin_templates::sample("received", "nb").context("no such template")?;
    let sheet = Sheet {
        template: "received".into(),
        language: Language::Nb,
        organisation: input.organisation.clone(),
        ticket_number: input.number.parse().ok(),
        ticket_title: input.title.clone(),
        ticket_url: input.url.clone(),
        category: input.category.clone(),
        customer_name: input.customer_name.clone(),
        customer_email: input.customer_email.clone(),
        agent_name: input.agent_name.clone(),
        signature: input.signature.clone(),
        now: input.now * 1_000,
        draft: Some(input.draft.clone()),
        quote: input.quote.clone().map(|quote| (quote.name, quote.at * 1_000, quote.text)),
        more: vec![],
    };
    let (ours, theirs) = rounds(
        effort.rounds,
        effort.calls / 4,
        async || plugins.render(&sheet).await.map(drop).map_err(said),
        async || {
            std::hint::black_box(plugin_templates::render(&input)).map(drop).map_err(|_| anyhow!("it was not rendered"))
        },
    )
    .await?;
    table.time("render a receipt", ours, "native", theirs);
    Ok(table)
}

/// The median time of one call in the sandbox and of one natively, in turns, after a round that warms up.
async fn rounds(
    rounds: usize,
    calls: usize,
    mut sandbox: impl AsyncFnMut() -> Result<()>,
    mut native: impl AsyncFnMut() -> Result<()>,
) -> Result<(Duration, Duration)> {
    let (mut ours, mut theirs) = (vec![], vec![]);
    for round in 0..=rounds {
        let began = Instant::now();
        for _ in 0..calls {
            sandbox().await?;
        }
        let inside = began.elapsed().as_secs_f64() / calls as f64;
        let began = Instant::now();
        for _ in 0..calls {
            native().await?;
        }
        if round > 0 {
            ours.push(inside);
            theirs.push(began.elapsed().as_secs_f64() / calls as f64);
        }
    }
    Ok((Duration::from_secs_f64(median(ours)), Duration::from_secs_f64(median(theirs))))
}

pub fn said(unreadable: desk::outside::Unreadable) -> anyhow::Error {
    anyhow!(unreadable.words)
}

pub fn component(name: &str) -> Result<Vec<u8>> {
    read(&format!("dist/plugins/{name}"))
}

fn read(path: &str) -> Result<Vec<u8>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
    std::fs::read(&path).with_context(|| format!("{} is missing: say \"cargo xtask plugins\"", path.display()))
}

/// A mail with so many bytes of text in two forms, and a file of so many in base64.
fn mail(text: usize, file: usize) -> Vec<u8> {
    let lines = |line: &str, bytes: usize| line.repeat(bytes.div_ceil(line.len()));
    let mut raw = String::from(
        "From: Kari Nordmann <kari@fjord.no>\r\nTo: support@company.com\r\nSubject: =?utf-8?q?Skriveren_st=C3=A5r?=\r\n\
         Date: Mon, 12 Jan 2026 09:14:00 +0100\r\nMessage-ID: <bench@fjord.no>\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=outer\r\n\r\n--outer\r\nContent-Type: multipart/alternative; boundary=inner\r\n\r\n\
         --inner\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n",
    );
    raw.push_str(&lines("Skriveren i tredje etasje st=C3=A5r stille, og papiret er borte.\r\n", text / 3));
    raw.push_str("\r\n--inner\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<html><body>");
    raw.push_str(&lines("<p style=\"margin:0\">Skriveren i <b>tredje</b> etasje virker ikke.</p>\r\n", text * 2 / 3));
    raw.push_str("</body></html>\r\n--inner--\r\n");
    if file > 0 {
        raw.push_str(
            "--outer\r\nContent-Type: application/pdf; name=rapport.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n",
        );
        raw.push_str(&lines(&format!("{}\r\n", "QUJD".repeat(19)), file));
    }
    raw.push_str("--outer--\r\n");
    raw.into_bytes()
}
