//! A mail server of the outside world, which counts what it is given.

use anyhow::Result;
use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// Takes every mail. Stops when dropped.
pub struct Relay {
    address: SocketAddr,
    taken: Arc<Mutex<BTreeMap<String, usize>>>,
    task: JoinHandle<()>,
}

impl Relay {
    /// `slow`: between the mail's last byte and the answer.
    ///
    /// # Errors
    /// When there is no free port.
    pub async fn open(slow: Duration) -> Result<Relay> {
        let socket = TcpListener::bind("127.0.0.1:0").await?;
        let address = socket.local_addr()?;
        let taken = Arc::new(Mutex::new(BTreeMap::new()));
        let counts = taken.clone();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = socket.accept().await {
                let counts = counts.clone();
                // A line that breaks is the sender's end.
                tokio::spawn(async move { converse(stream, &counts, slow).await.ok() });
            }
        });
        Ok(Relay { address, taken, task })
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// How many mails each recipient was sent.
    pub fn taken(&self) -> BTreeMap<String, usize> {
        self.taken.lock().unwrap_or_else(|lost| lost.into_inner()).clone()
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn converse(stream: TcpStream, taken: &Mutex<BTreeMap<String, usize>>, slow: Duration) -> Result<()> {
    let mut line = BufReader::new(stream);
    line.write_all(b"220 relay.example\r\n").await?;
    let mut recipients = Vec::new();
    loop {
        let mut said = String::new();
        if line.read_line(&mut said).await? == 0 {
            return Ok(());
        }
        let verb = said.trim_end().get(..4).unwrap_or_default().to_ascii_uppercase();
        let answer = match verb.as_str() {
            "RCPT" => {
                let address = said.split(['<', '>']).nth(1).unwrap_or_default();
                recipients.push(address.to_owned());
                "250 fine"
            }
            "DATA" => {
                line.write_all(b"354 go\r\n").await?;
                loop {
                    let mut text = Vec::new();
                    if line.read_until(b'\n', &mut text).await? == 0 {
                        return Ok(());
                    }
                    if text == b".\r\n" {
                        break;
                    }
                }
                // It is taken from here on, whether or not the sender hears so.
                for recipient in recipients.drain(..) {
                    *taken.lock().unwrap_or_else(|lost| lost.into_inner()).entry(recipient).or_default() += 1;
                }
                tokio::time::sleep(slow).await;
                "250 taken"
            }
            "QUIT" => {
                line.write_all(b"221 bye\r\n").await?;
                return Ok(());
            }
            _ => "250 relay.example",
        };
        line.write_all(format!("{answer}\r\n").as_bytes()).await?;
    }
}
