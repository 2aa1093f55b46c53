//! Pages over one line that stays open, as a browser asks for them.

use anyhow::{Context, Result, ensure};
use std::net::SocketAddr;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
};

/// A line to a server (RFC 9112).
pub struct Line {
    stream: BufReader<TcpStream>,
    cookie: String,
}

/// What came back.
pub struct Answer {
    pub status: u16,
    pub body: Vec<u8>,
    pub cookie: Option<String>,
}

impl Line {
    pub async fn open(at: SocketAddr, cookie: &str) -> Result<Line> {
        let stream = TcpStream::connect(at).await?;
        stream.set_nodelay(true)?;
        Ok(Line { stream: BufReader::new(stream), cookie: cookie.to_owned() })
    }

    pub async fn get(&mut self, path: &str) -> Result<Answer> {
        self.ask("GET", path, "").await
    }

    /// A form without fields, from the site itself.
    pub async fn post(&mut self, path: &str) -> Result<Answer> {
        self.ask(
            "POST",
            path,
            "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 0\r\nSec-Fetch-Site: same-origin\r\n",
        )
        .await
    }

    async fn ask(&mut self, method: &str, path: &str, more: &str) -> Result<Answer> {
        let cookie = if self.cookie.is_empty() { String::new() } else { format!("Cookie: {}\r\n", self.cookie) };
        let question = format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\nAccept: text/html\r\nAccept-Language: nb\r\n{cookie}{more}\r\n"
        );
        self.stream.write_all(question.as_bytes()).await?;
        let first = self.head_line().await?;
        let status = first.split(' ').nth(1).and_then(|word| word.parse().ok()).context("no status")?;
        let (mut length, mut chunked, mut cookies) = (None, false, vec![]);
        loop {
            let line = self.head_line().await?;
            let Some((name, value)) = line.split_once(':') else { break };
            match name.to_ascii_lowercase().as_str() {
                "content-length" => length = value.trim().parse::<usize>().ok(),
                "transfer-encoding" => chunked = value.contains("chunked"),
                "set-cookie" => cookies.extend(value.trim().split(';').next().map(str::to_owned)),
                _ => {}
            }
        }
        let body = match (chunked, length) {
            (true, _) => self.chunks().await?,
            (false, length) => self.exactly(length.unwrap_or(0)).await?,
        };
        let cookie = (!cookies.is_empty()).then(|| cookies.join("; "));
        Ok(Answer { status, body, cookie })
    }

    async fn chunks(&mut self) -> Result<Vec<u8>> {
        let mut body = vec![];
        loop {
            let size = usize::from_str_radix(self.head_line().await?.split(';').next().unwrap_or_default(), 16)?;
            body.extend(self.exactly(size).await?);
            ensure!(self.head_line().await?.is_empty(), "a chunk does not end");
            if size == 0 {
                return Ok(body);
            }
        }
    }

    async fn exactly(&mut self, size: usize) -> Result<Vec<u8>> {
        let mut bytes = vec![0; size];
        self.stream.read_exact(&mut bytes).await?;
        Ok(bytes)
    }

    async fn head_line(&mut self) -> Result<String> {
        let mut line = String::new();
        ensure!(self.stream.read_line(&mut line).await? > 0, "the line was cut");
        Ok(line.trim_end().to_owned())
    }
}
