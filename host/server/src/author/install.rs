//! Installing over the API, with the sheet in the terminal.

use super::{language, said::say};
use anyhow::{Context, Result, bail};
use desk::model::{Install, Plugin, PluginSheet, Want};
use http_body_util::{BodyExt, Full};
use hyper::{Request, body::Bytes};
use portal::words::Words;
use std::io::{BufRead, IsTerminal, Write};

/// Asks line by line, and installs.
pub async fn install(file: &[u8], url: &str, key: &str, grant_all: bool, unsigned: bool) -> Result<()> {
    let words = Words::new(language());
    let sheet: PluginSheet = call(url, key, "/plugin-files", "application/octet-stream", file.to_vec()).await?;
    say!("{} {} · {}", words.both_of(&sheet.name), sheet.version, sheet.id);
    say!("{}\n\n{}", words.signed_by(sheet.publisher.as_deref()), words.plugin_wants());
    let mut granted: Vec<Want> = vec![];
    for wanted in &sheet.wants {
        say!("  {} {}", if wanted.grave { "!" } else { "·" }, words.want(&wanted.want, &wanted.names));
        if grant_all || wanted.granted || wanted.needed || yes(words.grant_this())? {
            granted.push(wanted.want.clone());
        }
    }
    if !grant_all && !yes(words.install_this())? {
        bail!("Nothing was installed.");
    }
    let install = Install { file: sheet.file, granted, unsigned };
    let plugin: Plugin = call(url, key, "/plugins", "application/json", serde_json::to_vec(&install)?).await?;
    say!("{} {}", words.both_of(&plugin.name), plugin.version);
    Ok(())
}

fn yes(question: &str) -> Result<bool> {
    if !std::io::stdin().is_terminal() {
        bail!("Nobody is here to answer; say --grant-all to grant everything.");
    }
    print!("{question} [y/N] ");
    std::io::stdout().flush()?;
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes" | "j" | "ja"))
}

async fn call<T: serde::de::DeserializeOwned>(
    url: &str,
    key: &str,
    path: &str,
    mime: &str,
    body: Vec<u8>,
) -> Result<T> {
    let url = url::Url::parse(url).context("--url is no address.")?;
    let host = url.host_str().context("--url names no server.")?.to_owned();
    let (tls, port) = (url.scheme() == "https", url.port_or_known_default().unwrap_or(443));
    let reach = crate::hook::Reach::Anywhere;
    let addresses =
        crate::hook::reachable(reach, &host, port).await.with_context(|| format!("{host} is not found."))?;
    let (mut sender, line) =
        crate::hook::speak(&addresses, &host, tls).await.with_context(|| format!("{host} does not answer."))?;
    let line = tokio::spawn(line);
    let request = Request::post(format!("/api/v1{path}"))
        .header("host", format!("{host}:{port}"))
        .header("authorization", format!("Bearer {key}"))
        .header("content-type", mime)
        .body(Full::new(Bytes::from(body)))?;
    let answer = sender.send_request(request).await.with_context(|| format!("{host} hung up."))?;
    let status = answer.status();
    let body = answer.into_body().collect().await?.to_bytes();
    line.abort();
    if !status.is_success() {
        let problem: serde_json::Value = serde_json::from_slice(&body).unwrap_or_default();
        let words = [&problem["detail"], &problem["title"]].into_iter().find_map(|words| words.as_str());
        bail!("{host} says {status}: {}", words.unwrap_or("no reason"));
    }
    Ok(serde_json::from_slice(&body)?)
}
