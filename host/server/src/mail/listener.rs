//! The door for mail servers: accepts connections, counts them, and closes in good order.

use super::{Post, smtp};
use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::{io::AsyncWriteExt, net::TcpListener, sync::Semaphore, task::JoinSet, time::timeout};
use tokio_util::sync::CancellationToken;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// RFC 5321.
    Smtp,
    /// RFC 2033: as SMTP, but LHLO, and one answer per recipient.
    Lmtp,
}

/// What one listener puts up with.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of one mail.
    pub size: usize,
    /// Bytes of all mails that are being received at one moment.
    pub memory: usize,
    /// Recipients of one mail. RFC 5321 section 4.5.3.1.8 asks for 100.
    pub recipients: usize,
    /// Bytes of a command line with its line end.
    pub line: usize,
    /// Connections at one moment.
    pub connections: usize,
    /// Refused commands in one connection.
    pub errors: usize,
    /// Silence. RFC 5321 section 4.5.3.2.7 asks for 5 minutes.
    pub idle: Duration,
    /// From `354` to the final dot, however busy the line is.
    pub mail: Duration,
    /// For what is in hand when the house closes.
    pub closing: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            // 50 MiB, and what base64 and headers may add to a 36 MiB file on top.
            size: 52 * 1024 * 1024,
            memory: 256 * 1024 * 1024,
            recipients: 100,
            line: 4_096,
            connections: 200,
            errors: 20,
            idle: Duration::from_secs(300),
            mail: Duration::from_secs(1_800),
            closing: Duration::from_secs(20),
        }
    }
}

/// What the connections of one listener share.
pub(super) struct House {
    pub post: Arc<dyn Post>,
    pub protocol: Protocol,
    pub limits: Limits,
    /// What we call ourselves.
    pub name: String,
    pub stop: CancellationToken,
    memory: AtomicUsize,
}

/// Bytes of memory that were asked for. Given back when dropped.
pub(super) struct Share<'a> {
    house: &'a House,
    bytes: usize,
}

impl House {
    pub fn share(&self) -> Share<'_> {
        Share { house: self, bytes: 0 }
    }
}

impl Share<'_> {
    /// Makes it `bytes` large, if the house has them.
    pub fn grow(&mut self, bytes: usize) -> bool {
        let more = bytes.saturating_sub(self.bytes);
        let taken = self.house.memory.fetch_add(more, Ordering::Relaxed) + more;
        if taken > self.house.limits.memory {
            self.house.memory.fetch_sub(more, Ordering::Relaxed);
            return false;
        }
        self.bytes += more;
        true
    }

    pub fn give_back(&mut self) {
        self.house.memory.fetch_sub(self.bytes, Ordering::Relaxed);
        self.bytes = 0;
    }
}

impl Drop for Share<'_> {
    fn drop(&mut self) {
        self.give_back();
    }
}

/// An open port. Nothing is accepted before [`Listener::serve`].
pub struct Listener {
    socket: TcpListener,
    protocol: Protocol,
    name: String,
    limits: Limits,
    post: Arc<dyn Post>,
}

impl Listener {
    /// Opens the port. Bind it to loopback unless the net around it is trusted: whoever reaches it
    /// can write to the desk.
    ///
    /// # Errors
    /// When the address is taken or not ours.
    pub async fn bind(
        at: SocketAddr,
        protocol: Protocol,
        name: &str,
        limits: Limits,
        post: Arc<dyn Post>,
    ) -> io::Result<Self> {
        let socket = TcpListener::bind(at).await?;
        if !at.ip().is_loopback() {
            tracing::warn!(%at, ?protocol, "mail: the listener has no TLS and no sign-in; keep strangers from this address");
        }
        Ok(Listener { socket, protocol, name: name.to_owned(), limits, post })
    }

    /// Where it listens; the port that was found when 0 was asked for.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    /// Serves until `stop`, then lets mails in hand finish, for `limits.closing` at most.
    /// What is cut off then was not answered, so its sender sends it again.
    pub async fn serve(self, stop: CancellationToken) {
        let Listener { socket, protocol, name, limits, post } = self;
        let seats = Arc::new(Semaphore::new(limits.connections));
        let house = Arc::new(House { post, protocol, limits, name, stop: stop.clone(), memory: AtomicUsize::new(0) });
        let mut sessions = JoinSet::new();
        loop {
            let (mut stream, peer) = tokio::select! {
                accepted = socket.accept() => match accepted {
                    Ok(pair) => pair,
                    Err(cause) => {
                        // Out of file handles, mostly: wait for one instead of spinning.
                        tracing::warn!(%cause, "mail: a connection could not be accepted");
                        tokio::time::sleep(Duration::from_millis(200)).await;
                        continue;
                    }
                },
                Some(ended) = sessions.join_next() => {
                    if let Err(cause) = ended {
                        tracing::error!(%cause, "mail: a session broke; its sender will try again");
                    }
                    continue;
                }
                () = stop.cancelled() => break,
            };
            let Ok(seat) = seats.clone().try_acquire_owned() else {
                let refusal = format!("421 4.3.2 {} has too many connections, try again later\r\n", house.name);
                let _ = timeout(Duration::from_millis(100), stream.write_all(refusal.as_bytes())).await;
                continue;
            };
            let _ = stream.set_nodelay(true);
            let house = house.clone();
            sessions.spawn(async move {
                let _seat = seat;
                match smtp::converse(&house, stream).await {
                    Ok(mails) => tracing::debug!(%peer, mails, "mail: session ended"),
                    Err(cause) => tracing::debug!(%peer, %cause, "mail: session lost"),
                }
            });
        }
        drop(socket);
        let _ = timeout(limits.closing, async { while sessions.join_next().await.is_some() {} }).await;
    }
}

#[cfg(test)]
#[path = "listener_tests.rs"]
mod tests;
