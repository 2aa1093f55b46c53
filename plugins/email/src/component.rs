//! The contract's side: `wit` types in, `wit` types out, bytes through the host's blobs.

use crate::{Content, Enclosure, Envelope, LARGE, Letter, Mail, Party, Store};
use exports::saker::plugin::{descriptor, mail_codec};
use saker::plugin::{blobs, types};
use saker_plugin::{all, attr, pair, read_all, write_all};

wit_bindgen::generate!({ path: "../../wit", world: "channel-mail" });

#[global_allocator]
static MEMORY: saker_memory::Memory = saker_memory::memory();

struct Email;
export!(Email);

impl descriptor::Guest for Email {
    fn describe() -> descriptor::Description {
        descriptor::Description {
            id: "saker.email".into(),
            name: "E-mail".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            summary: "Reads and writes e-mail.".into(),
            config_schema: "{}".into(),
            features: ["attachments", "html"].map(String::from).to_vec(),
            max_body_bytes: Some(2 << 20),
            max_attachment_bytes: None,
        }
    }
}

impl mail_codec::Guest for Email {
    fn parse(raw: types::BlobId, envelope: types::Attrs) -> Result<types::Batch, types::PluginError> {
        let envelope = Envelope {
            return_path: attr(&envelope, "return-path").map(str::to_owned),
            recipients: all(&envelope, "rcpt-to").map(str::to_owned).collect(),
        };
        let raw = blobs::stat(&raw).map_err(unreadable)?;
        let mail = if raw.size as usize >= LARGE {
            crate::read_large(&mut Table(raw), &envelope).map_err(unreadable)?
        } else {
            let bytes =
                read_all(raw.size, |offset, length| blobs::read(&raw.id, offset, length)).map_err(unreadable)?;
            crate::read(&bytes, &envelope)
        };
        let mail = mail.map_err(|why| types::PluginError::Rejected(failure("not-a-mail", why.0)))?;
        Ok(types::Batch { messages: vec![message(mail)?], updates: Vec::new() })
    }

    fn compose(msg: mail_codec::Message, identity: types::Attrs) -> Result<types::BlobId, types::PluginError> {
        let raw = crate::compose(&letter(msg, &identity)?);
        keep("message/rfc822", None, &raw)
    }
}

/// The call's table, with a mail on it.
struct Table(blobs::Info);

impl Store for Table {
    fn size(&self) -> usize {
        self.0.size as usize
    }

    fn hash(&self) -> &[u8] {
        &self.0.sha256
    }

    fn read(&mut self, from: usize, most: usize) -> Result<Vec<u8>, String> {
        blobs::read(&self.0.id, from as u32, most as u32)
    }

    fn create(&mut self) -> Result<String, String> {
        blobs::create("application/octet-stream", None)
    }

    fn append(&mut self, id: &str, bytes: &[u8]) -> Result<(), String> {
        blobs::append(id, bytes).map(drop)
    }

    fn seal(&mut self, id: &str) -> Result<(), String> {
        blobs::seal(id).map(drop)
    }
}

fn message(mail: Mail) -> Result<types::InboundMessage, types::PluginError> {
    let mut attrs = Vec::new();
    attrs.extend(mail.quote_at.map(|at| pair("quote-at", at.to_string())));
    attrs.extend(mail.automatic.map(|why| pair("automatic", why)));
    attrs.extend(mail.bounce_of.map(|id| pair("bounce-of", id)));
    attrs.extend(mail.in_reply_to.iter().skip(1).map(|id| pair("in-reply-to", id)));
    let recipients =
        |parties: Vec<Party>, field: &'static str| parties.into_iter().map(move |party| named(party, field));
    let mut bodies = vec![types::MessageBody { format: types::BodyFormat::Plain, text: mail.text }];
    bodies.extend(mail.html.map(|text| types::MessageBody { format: types::BodyFormat::Html, text }));
    let mut attachments = Vec::new();
    for file in mail.files {
        let (id, size) = match file.content {
            Content::Here(bytes) => (keep(&file.mime, Some(&file.name), &bytes)?, bytes.len()),
            Content::Kept { id, size } => (id, size),
        };
        attachments.push(types::Attachment {
            size: Some(size as u32),
            body: types::AttachmentBody::Stored(id),
            filename: Some(file.name),
            mime: file.mime,
            content_id: file.content_id,
        });
    }
    Ok(types::InboundMessage {
        external_id: mail.id,
        sent_at: mail.sent_at.map(|ms| ms as f64),
        thread: types::ThreadRef {
            conversation: String::new(),
            in_reply_to: mail.in_reply_to.into_iter().next(),
            references: mail.references,
            reply_token: None,
        },
        sender: named(mail.from, "from"),
        recipients: recipients(mail.to, "to")
            .chain(recipients(mail.cc, "cc"))
            .chain(recipients(mail.reply_to.into_iter().collect(), "reply-to"))
            .collect(),
        subject: mail.subject,
        bodies,
        attachments,
        locale: mail.locale,
        attrs,
    })
}

fn letter(msg: mail_codec::Message, identity: &types::Attrs) -> Result<Letter, types::PluginError> {
    let body =
        |format: types::BodyFormat| msg.bodies.iter().find(|body| body.format == format).map(|body| body.text.clone());
    let in_field = |field: &str| {
        msg.recipients.iter().filter(|party| attr(&party.attrs, "header") == Some(field)).map(party).collect::<Vec<_>>()
    };
    let mut files = Vec::new();
    for attachment in &msg.attachments {
        let bytes = match &attachment.body {
            types::AttachmentBody::Inline(bytes) => bytes.clone(),
            types::AttachmentBody::Stored(id) => {
                let size = blobs::stat(id).map_err(unreadable)?.size;
                read_all(size, |offset, length| blobs::read(id, offset, length)).map_err(unreadable)?
            }
            types::AttachmentBody::Deferred(_) => return Err(types::PluginError::Unsupported),
        };
        files.push(Enclosure {
            name: attachment.filename.clone().unwrap_or_default(),
            mime: attachment.mime.clone(),
            content_id: attachment.content_id.clone(),
            bytes,
        });
    }
    let thread = msg.thread.as_ref();
    Ok(Letter {
        message_id: attr(identity, "message-id").unwrap_or_default().to_owned(),
        date: attr(identity, "date").and_then(|ms| ms.parse().ok()).unwrap_or_default(),
        from: party(&msg.sender),
        reply_to: in_field("reply-to").into_iter().next(),
        to: in_field("to"),
        cc: in_field("cc"),
        subject: msg.subject.clone().unwrap_or_default(),
        text: body(types::BodyFormat::Plain).unwrap_or_default(),
        html: body(types::BodyFormat::Html),
        in_reply_to: thread.and_then(|thread| thread.in_reply_to.clone()),
        references: thread.map(|thread| thread.references.clone()).unwrap_or_default(),
        auto_submitted: attr(identity, "auto-submitted").map(str::to_owned),
        language: msg.locale.clone(),
        files,
    })
}

/// Gives bytes to the host.
fn keep(mime: &str, name: Option<&str>, bytes: &[u8]) -> Result<types::BlobId, types::PluginError> {
    let store = || -> Result<types::BlobId, String> {
        let id = blobs::create(mime, name)?;
        write_all(bytes, |piece| blobs::append(&id, piece))?;
        blobs::seal(&id)?;
        Ok(id)
    };
    store().map_err(unreadable)
}

fn named(party: Party, field: &str) -> types::Party {
    types::Party {
        address: party.address,
        display_name: (!party.name.is_empty()).then_some(party.name),
        role: types::Role::Unknown,
        attrs: vec![pair("header", field)],
    }
}

fn party(party: &types::Party) -> Party {
    Party { address: party.address.clone(), name: party.display_name.clone().unwrap_or_default() }
}

fn unreadable(why: String) -> types::PluginError {
    types::PluginError::Permanent(failure("blob", &why))
}

fn failure(code: &str, message: &str) -> types::Failure {
    types::Failure { code: code.into(), message: message.into(), remote_status: None, retry_after_ms: None }
}
