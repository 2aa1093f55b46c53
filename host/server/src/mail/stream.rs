//! A connection as the session reads it: command lines, then mail, then command lines again.

use std::{io, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    time::timeout,
};
use tokio_util::sync::CancellationToken;

/// Bytes asked of the socket at once.
const PIECE: usize = 32 * 1024;

pub struct Stream<S> {
    socket: S,
    input: Vec<u8>,
    /// Up to here `input` is used.
    at: usize,
    output: Vec<u8>,
    idle: Duration,
}

/// What came instead of a command.
#[derive(Debug)]
pub enum Line {
    Command(Vec<u8>),
    /// A line over the limit; it was thrown away up to its end.
    TooLong,
    /// The other side is gone.
    End,
    /// Nothing came for too long.
    Silence,
    /// The house closes.
    Closing,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Stream<S> {
    pub fn new(socket: S, idle: Duration) -> Self {
        Stream { socket, input: Vec::new(), at: 0, output: Vec::new(), idle }
    }

    /// The next command line with its line feed. What was said before is flushed only when nothing
    /// more lies in the input: answers to pipelined commands share a packet (RFC 2920).
    ///
    /// # Errors
    /// When the connection breaks.
    pub async fn line(&mut self, limit: usize, stop: &CancellationToken) -> io::Result<Line> {
        let mut too_long = false;
        // Where no line feed was found yet needn't be looked at again.
        let mut seen = 0;
        loop {
            let waiting = &self.input[self.at..];
            if let Some(end) = waiting[seen..].iter().position(|&byte| byte == b'\n').map(|end| seen + end + 1) {
                let line = waiting[..end].to_vec();
                self.at += end;
                return Ok(if too_long || end > limit { Line::TooLong } else { Line::Command(line) });
            }
            seen = waiting.len();
            if seen > limit {
                too_long = true;
                seen = 0;
                self.at = self.input.len();
            }
            self.flush().await?;
            let idle = self.idle;
            tokio::select! {
                biased;
                () = stop.cancelled() => return Ok(Line::Closing),
                more = timeout(idle, self.more()) => match more {
                    Ok(more) => if !more? { return Ok(Line::End) },
                    Err(_) => return Ok(Line::Silence),
                },
            }
        }
    }

    /// Bytes of a mail: what lies there, or the next piece. `used` of it must be named with [`Stream::used`].
    ///
    /// # Errors
    /// When the connection breaks, ends, or is silent for too long.
    pub async fn piece(&mut self) -> io::Result<&[u8]> {
        if self.at == self.input.len() {
            self.flush().await?;
            match timeout(self.idle, self.more()).await {
                Ok(more) => {
                    if !more? {
                        return Err(io::ErrorKind::UnexpectedEof.into());
                    }
                }
                Err(_) => return Err(io::ErrorKind::TimedOut.into()),
            }
        }
        Ok(&self.input[self.at..])
    }

    pub fn used(&mut self, bytes: usize) {
        self.at = (self.at + bytes).min(self.input.len());
    }

    pub fn say(&mut self, answer: &str) {
        self.output.extend_from_slice(answer.as_bytes());
    }

    /// # Errors
    /// When the connection breaks or the other side does not read.
    pub async fn flush(&mut self) -> io::Result<()> {
        if self.output.is_empty() {
            return Ok(());
        }
        let output = std::mem::take(&mut self.output);
        timeout(self.idle, async {
            self.socket.write_all(&output).await?;
            self.socket.flush().await
        })
        .await
        .map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
    }

    /// Says what is left to say and hangs up.
    pub async fn close(mut self) -> io::Result<()> {
        self.flush().await?;
        self.socket.shutdown().await
    }

    /// Reads more input; false at the end of the connection. Nothing is lost when it is dropped half-way.
    async fn more(&mut self) -> io::Result<bool> {
        if self.at > 0 {
            self.input.drain(..self.at);
            self.at = 0;
        }
        self.input.reserve(PIECE);
        Ok((&mut self.socket).take(PIECE as u64).read_buf(&mut self.input).await? > 0)
    }
}
