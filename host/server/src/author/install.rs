//! Installing over the API, with the sheet in the terminal.

use super::{language, opened, said::say};
use anyhow::{Context, Result, anyhow, bail, ensure};
use desk::model::{Install, Plugin, PluginSheet, Want};
use http_body_util::{BodyExt, Full};
use hyper::{Method, Request, StatusCode, body::Bytes};
use portal::words::Words;
use std::io::{BufRead, IsTerminal, Write};

/// Asks line by line, and installs.
pub async fn install(file: &[u8], url: &str, key: &str, grant_all: bool, unsigned: bool) -> Result<()> {
    let words = Words::new(language());
    ensure!(
        unsigned || opened(file)?.publisher.is_some(),
        "Nobody signed this file. Sign it (saker plugin sign FILE --key my.key), or say --unsigned to take it as it is."
    );
    // A small question first: whoever has a wrong key need not send a large file to hear that.
    let _: serde_json::Value = call(url, key, Method::GET, "/plugins", "application/json", vec![]).await?;
    let sheet: PluginSheet =
        call(url, key, Method::POST, "/plugin-files", "application/octet-stream", file.to_vec()).await?;
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
    let plugin: Plugin =
        call(url, key, Method::POST, "/plugins", "application/json", serde_json::to_vec(&install)?).await?;
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
    method: Method,
    path: &str,
    mime: &str,
    body: Vec<u8>,
) -> Result<T> {
    let url = url::Url::parse(url).context("--url is no address.")?;
    let named = url.host_str().context("--url names no server.")?.to_owned();
    // The brackets of an address of IPv6 belong to the URL.
    let host = named.trim_start_matches('[').trim_end_matches(']').to_owned();
    let (tls, port) = (url.scheme() == "https", url.port_or_known_default().unwrap_or(443));
    let reach = crate::hook::Reach::Anywhere;
    let addresses =
        crate::hook::reachable(reach, &host, port).await.with_context(|| format!("{host} is not found."))?;
    let (mut sender, line) =
        crate::hook::speak(&addresses, &host, tls).await.map_err(|why| unreached(&host, port, why))?;
    let line = tokio::spawn(line);
    let request = Request::builder()
        .method(method)
        .uri(format!("/api/v1{path}"))
        .header("host", format!("{named}:{port}"))
        .header("authorization", format!("Bearer {key}"))
        .header("content-type", mime)
        .body(Full::new(Bytes::from(body)))?;
    let answer = sender.send_request(request).await.with_context(|| format!("{host} hung up."))?;
    let status = answer.status();
    let body = answer.into_body().collect().await?.to_bytes();
    line.abort();
    if status == StatusCode::UNAUTHORIZED {
        bail!("{host} does not know this key. It may be mistyped, or withdrawn, or its time is over.");
    }
    if !status.is_success() {
        return Err(in_words(&host, status, &serde_json::from_slice(&body).unwrap_or_default()));
    }
    Ok(serde_json::from_slice(&body)?)
}

/// What a server says that does not want it; behind that what only the file's author understands.
fn in_words(host: &str, status: StatusCode, problem: &serde_json::Value) -> anyhow::Error {
    let words = [&problem["detail"], &problem["title"]].into_iter().find_map(|words| words.as_str());
    let said = format!("{host} says {status}: {}", words.unwrap_or("no reason"));
    match problem["problem"]["why"]["unfit"]["words"].as_str() {
        Some(why) => anyhow!("{why}").context(said),
        None => anyhow!(said),
    }
}

fn unreached(host: &str, port: u16, why: std::io::Error) -> anyhow::Error {
    match why.kind() {
        // What a server says that has never heard of TLS is no TLS.
        std::io::ErrorKind::InvalidData => anyhow!("{why}")
            .context(format!("{host} has no valid TLS at port {port}. Without TLS: --url http://{host}:{port}")),
        _ => anyhow!(why).context(format!("{host} does not answer.")),
    }
}

#[cfg(test)]
mod tests {
    use super::{call, in_words};
    use hyper::{Method, StatusCode};
    use serde_json::{Value, json};
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
    };

    /// A server without TLS that says `answer` to everything.
    async fn server(answer: &'static str) -> u16 {
        server_at("127.0.0.1:0", answer).await
    }

    async fn server_at(address: &str, answer: &'static str) -> u16 {
        let listener = TcpListener::bind(address).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut heard = [0; 4_096];
                let _ = stream.read(&mut heard).await;
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        });
        port
    }

    async fn heard(url: &str) -> String {
        let answer: anyhow::Result<Value> = call(url, "k", Method::GET, "/plugins", "", vec![]).await;
        format!("{:#}", answer.unwrap_err())
    }

    #[tokio::test]
    async fn a_wrong_key_and_a_server_without_tls_are_told_in_words() {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let port = server("HTTP/1.1 401 Unauthorized\r\ncontent-length: 2\r\n\r\n{}").await;
        let key = heard(&format!("http://127.0.0.1:{port}")).await;
        assert!(key.contains("does not know this key"), "{key}");
        let sixth = server_at("[::1]:0", "HTTP/1.1 401 Unauthorized\r\ncontent-length: 2\r\n\r\n{}").await;
        let key = heard(&format!("http://[::1]:{sixth}")).await;
        assert!(key.contains("does not know this key"), "{key}");
        let tls = heard(&format!("https://127.0.0.1:{port}")).await;
        assert!(tls.contains("has no valid TLS") && tls.contains("--url http://127.0.0.1"), "{tls}");
    }

    #[test]
    fn why_a_file_did_not_work_is_told_to_its_author() {
        let why = json!({ "unfit": { "words": "its code says 0.1.0" } });
        let problem = json!({ "detail": "It did not work.", "problem": { "why": why } });
        let words = format!("{:#}", in_words("desk.example", StatusCode::UNPROCESSABLE_ENTITY, &problem));
        assert!(words.ends_with("It did not work.: its code says 0.1.0"), "{words}");
    }
}
