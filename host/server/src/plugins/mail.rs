//! The e-mail plugin: the contract's types to the desk's and back.

use super::{
    Plugins,
    blobs::Taken,
    call::Call,
    contract::{outbound, types},
    limits::MOST_MAIL,
    perform::{kept, no_door},
    tidy::{self, attr},
};
use desk::{
    blob::Blobs,
    model::Setback,
    outside::{Arrival, Inbound, InboundFile, MOST_FILES, Parcel, Party, Unreadable},
};
use package::Kind;

// Base64 makes four of three.
const _: () = assert!(MOST_FILES <= MOST_MAIL / 4 * 3);

/// Longer lists are cut.
const MOST: usize = 1000;

/// The reasons that the desk knows.
const AUTOMATIC: [&str; 6] = ["auto-submitted", "list", "bulk", "null-return-path", "no-reply-wanted", "out-of-office"];

impl Plugins {
    /// Reads raw mail. Attachments are blobs when this returns; they are durable after [`Blobs::flush`].
    ///
    /// # Errors
    /// For bytes that are no mail, and for mail that used up its limits. Not now, when no plugin reads mail.
    pub async fn read(&self, mail: &Arrival) -> Result<Vec<Inbound>, Unreadable> {
        let plugin = self.shelf().first(Kind::Mail)?;
        let blobs = self.blobs();
        if mail.size > MOST_MAIL {
            return Err(Unreadable::new(Setback::MailTooLarge.about(format!("{} MB", MOST_MAIL >> 20))));
        }
        let raw = blobs.get(&mail.blob).await.map_err(|_| Unreadable::new(Setback::BytesGone.as_str()))?;
        let (blob, envelope, mine) = (mail.blob.clone(), envelope(mail), plugin.clone());
        let (size, name) = (raw.len(), blob.clone());
        let input = {
            let envelope = envelope.clone();
            move || serde_json::json!({ "raw": blob, "envelope": envelope })
        };
        let (batch, mut call) = self
            .perform(&plugin, None, "parse", size, input, move |store, instance| {
                Box::pin(async move {
                    let raw = store.data_mut().desk.give_stored("message/rfc822", raw, &name);
                    let codec = mine.doors.mail.as_ref().ok_or_else(no_door)?.load(&mut *store, instance)?;
                    codec.call_parse(store, &raw, &envelope).await
                })
            })
            .await?;
        let mut messages = Vec::new();
        for message in batch.map_err(refused)?.messages.into_iter().take(MOST) {
            messages.push(inbound(blobs, &mut call, message).await?);
        }
        Ok(messages)
    }

    /// Writes raw mail; the same parcel always gives the same bytes.
    ///
    /// # Errors
    /// When an attachment is gone, or all together are too large. Not now, when no plugin writes mail.
    pub async fn compose(&self, parcel: &Parcel) -> Result<Vec<u8>, Unreadable> {
        let plugin = self.shelf().first(Kind::Mail)?;
        let total: u64 = parcel.attachments.iter().map(|file| file.size).sum();
        if total > MOST_FILES {
            return Err(Unreadable::new(Setback::FilesTooLarge.about(format!("{} MB", MOST_FILES >> 20))));
        }
        let mut files = Vec::new();
        for file in &parcel.attachments {
            let bytes = self.blobs().get(&file.blob).await;
            let bytes = bytes.map_err(|_| Unreadable::new(Setback::AttachmentGone.about(&file.name)))?;
            files.push((file.clone(), bytes));
        }
        let (message, identity) = outgoing(parcel, vec![]);
        let mine = plugin.clone();
        let input = {
            let (message, identity) = (message.clone(), identity.clone());
            move || kept(&serde_json::json!({ "message": message, "identity": identity }))
        };
        let (id, mut call) = self
            .perform(&plugin, None, "compose", total as usize + parcel.text.len(), input, move |store, instance| {
                Box::pin(async move {
                    let mut message = message;
                    for (file, bytes) in files {
                        message.attachments.push(store.data_mut().enclosed(file, bytes));
                    }
                    let codec = mine.doors.mail.as_ref().ok_or_else(no_door)?.load(&mut *store, instance)?;
                    codec.call_compose(store, &message, &identity).await
                })
            })
            .await?;
        let raw = call.desk.take(&id.map_err(refused)?).map(Taken::whole).filter(|raw| !raw.is_empty());
        raw.ok_or_else(|| Unreadable::new(Setback::Senseless.as_str()))
    }
}

/// The return path is known where there was an SMTP envelope; an empty one with recipients is the null path.
fn envelope(mail: &Arrival) -> Vec<(String, String)> {
    let mut attrs: Vec<_> = mail.envelope.to.iter().map(|to| ("rcpt-to".to_owned(), to.clone())).collect();
    if !mail.envelope.from.is_empty() || !mail.envelope.to.is_empty() {
        attrs.push(("return-path".to_owned(), mail.envelope.from.clone()));
    }
    attrs
}

async fn inbound(blobs: &Blobs, call: &mut Call, message: types::InboundMessage) -> Result<Inbound, Unreadable> {
    let external_id = tidy::id(&message.external_id).ok_or_else(|| Unreadable::new(Setback::Nameless.as_str()))?;
    let body = |format: types::BodyFormat| {
        message.bodies.iter().find(|body| body.format == format).map(|body| body.text.clone())
    };
    let text = tidy::text(body(types::BodyFormat::Plain).unwrap_or_default());
    let quote_at = attr(&message.attrs, "quote-at")
        .and_then(|at| at.parse().ok())
        .filter(|&at| text.is_char_boundary(at) && at < text.len());
    let recipients = |field: &str| {
        let here = message.recipients.iter().filter(|party| attr(&party.attrs, "header") == Some(field));
        here.take(MOST).map(party).filter(|party| !party.address.is_empty()).collect::<Vec<_>>()
    };
    let answered = message.thread.in_reply_to.iter();
    let answered = answered.chain(message.attrs.iter().filter(|(name, _)| name == "in-reply-to").map(|(_, id)| id));
    let subject =
        message.subject.as_deref().map(|subject| tidy::line(subject, 400)).filter(|subject| !subject.is_empty());
    Ok(Inbound {
        external_id,
        sent_at: message.sent_at.and_then(tidy::moment),
        from: party(&message.sender),
        reply_to: recipients("reply-to").into_iter().next(),
        to: recipients("to"),
        cc: recipients("cc"),
        subject,
        quote_at,
        text,
        html: body(types::BodyFormat::Html).filter(|html| !html.trim().is_empty()),
        in_reply_to: answered.filter_map(|id| tidy::id(id)).take(MOST).collect(),
        references: message.thread.references.iter().filter_map(|id| tidy::id(id)).take(MOST).collect(),
        automatic: attr(&message.attrs, "automatic")
            .map(|why| if AUTOMATIC.contains(&why) { why } else { "auto-submitted" }.to_owned()),
        // The desk reads them from the report.
        bounced: vec![],
        late: None,
        bounce_of: attr(&message.attrs, "bounce-of").map(|id| tidy::id(id).unwrap_or_default()),
        locale: message.locale.as_deref().and_then(tidy::locale),
        attachments: files(blobs, call, message.attachments).await?,
    })
}

/// Puts what the plugin took out into the store.
async fn files(
    blobs: &Blobs,
    call: &mut Call,
    attachments: Vec<types::Attachment>,
) -> Result<Vec<InboundFile>, Unreadable> {
    let mut files = Vec::new();
    for attachment in attachments.into_iter().take(MOST) {
        let (size, blob) = match attachment.body {
            types::AttachmentBody::Inline(bytes) => (bytes.len(), blobs.put(bytes).await),
            types::AttachmentBody::Stored(id) => {
                let taken = call.desk.take(&id).ok_or_else(|| Unreadable::new(Setback::FilesMissing.as_str()))?;
                (taken.size, blobs.put_hashed(taken.pieces, taken.hash).await)
            }
            types::AttachmentBody::Deferred(_) => continue,
        };
        files.push(InboundFile {
            name: tidy::file_name(attachment.filename.as_deref()),
            mime: tidy::mime(&attachment.mime),
            size: size as u64,
            blob: blob.map_err(|_| Unreadable::new(Setback::NotStored.as_str()))?,
            content_id: attachment.content_id.as_deref().and_then(tidy::id),
        });
    }
    Ok(files)
}

fn outgoing(parcel: &Parcel, attachments: Vec<types::Attachment>) -> (outbound::Message, Vec<(String, String)>) {
    let mut bodies = vec![types::MessageBody { format: types::BodyFormat::Plain, text: parcel.text.clone() }];
    bodies.extend(parcel.html.clone().map(|text| types::MessageBody { format: types::BodyFormat::Html, text }));
    let mut recipients: Vec<_> = parcel.to.iter().map(|party| named(party, "to")).collect();
    recipients.extend(parcel.cc.iter().map(|party| named(party, "cc")));
    recipients.extend(parcel.reply_to.iter().map(|party| named(party, "reply-to")));
    let message = outbound::Message {
        idempotency_key: parcel.message_id.clone(),
        attempt: 1,
        thread: Some(types::ThreadRef {
            conversation: String::new(),
            in_reply_to: parcel.in_reply_to.clone(),
            references: parcel.references.clone(),
            reply_token: None,
        }),
        sender: named(&parcel.from, "from"),
        recipients,
        subject: Some(parcel.subject.clone()),
        bodies,
        attachments,
        locale: Some(parcel.language.tag().to_owned()),
        attrs: Vec::new(),
    };
    let mut identity = vec![
        ("message-id".to_owned(), parcel.message_id.clone()),
        ("date".to_owned(), parcel.date.div_euclid(1000).to_string()),
    ];
    identity.extend(parcel.auto_submitted.clone().map(|word| ("auto-submitted".to_owned(), word)));
    (message, identity)
}

fn named(party: &Party, field: &str) -> types::Party {
    types::Party {
        address: party.address.clone(),
        display_name: (!party.name.is_empty()).then(|| party.name.clone()),
        role: types::Role::Unknown,
        attrs: vec![("header".to_owned(), field.to_owned())],
    }
}

fn party(party: &types::Party) -> Party {
    Party {
        address: tidy::address(&party.address),
        name: tidy::line(party.display_name.as_deref().unwrap_or_default(), 200),
    }
}

/// The plugin's own no.
pub fn refused(why: types::PluginError) -> Unreadable {
    let words = match why {
        types::PluginError::Unsupported => return Unreadable::new(Setback::NotItsTask.as_str()),
        types::PluginError::Auth(failure)
        | types::PluginError::Config(failure)
        | types::PluginError::Permanent(failure)
        | types::PluginError::Retryable(failure)
        | types::PluginError::RateLimited(failure)
        | types::PluginError::Rejected(failure) => failure.message,
    };
    Unreadable::new(tidy::line(&words, 300))
}
