//! Channels: the contract's types to the desk's and back. Nothing that comes out of a plugin is believed: names are cut,
//! moments looked at, and bytes only taken that belong to the call.

use super::{
    Plugins,
    call::{Account, Call, Stopped, Trial},
    contract::{inbound, outbound, poller, types},
    guests::{Room, Share},
    loaded::{self, Loaded},
    perform::{calls, kept, no_door},
    tidy::{self, attr},
};
use desk::{
    channel::{Failure, Heard, HookCall, HookReply, Line, Looked, News, Reached, Receipt, Said, SetUp, Utterance},
    model::{CallDirection, Setback, Turn, Want},
    outside::InboundFile,
    plugin::Mind,
};
use std::{sync::Arc, time::Instant};

/// Messages and news of one call.
const MOST: usize = 1_000;
/// Files of one message.
pub(super) const MOST_FILES: usize = 50;
/// Bytes of what a remote is told.
const LARGEST_REPLY: usize = 1 << 20;
/// Bytes of a file that is fetched later.
const LARGEST_FILE: usize = 25 << 20;
/// The code of a failure that says: nobody is there any more, and the host may send a mail instead.
const BY_MAIL: &str = "by-mail";
/// What a record of a connection has in place of the account's address: whoever knows that may call it.
const SOME_HOOK: &str = "https://desk.example.com/hooks/account";
/// Letters of a message.
const LONGEST_TEXT: usize = 1 << 20;
/// Microseconds that a message waits for files that can't be had at once.
const PATIENCE: i64 = 10 * 60 * 1_000_000;

impl Plugins {
    /// A remote calls.
    ///
    /// # Errors
    /// As the plugin says, or [`Failure::Unclear`] when it died.
    pub async fn hear(&self, line: &Line, hook: &HookCall) -> Result<(Heard, HookReply), Failure> {
        let plugin = self.serving(line, |plugin| plugin.doors.inbound.is_some())?;
        if !plugin.granted.iter().any(|want| matches!(want, Want::BeCalled { .. })) {
            return Err(Failure::Setup(Setback::MayNotBeCalled.to_string()));
        }
        let (outcome, mut call) = self.read_call(&plugin, account(line), hook).await?;
        let heard = self.heard(&mut call, outcome.batch).await?;
        Ok((heard, reply(outcome.reply, plugin.may(&Want::ShowPages))))
    }

    /// What a plugin makes of a remote's call, as it says it.
    pub(super) async fn read_call(
        &self,
        plugin: &Arc<Loaded>,
        account: Arc<Account>,
        hook: &HookCall,
    ) -> Result<(inbound::Outcome, Call), Failure> {
        let request = webhook(hook)?;
        let record = request.clone();
        let (outcome, call) = self
            .perform(
                plugin,
                Some(account),
                "handle-webhook",
                hook.body.len(),
                move || kept(&record),
                calls!(plugin, inbound, call_handle_webhook, &request),
            )
            .await
            .map_err(stopped)?;
        Ok((outcome.map_err(failure)?, call))
    }

    /// Looks for messages.
    ///
    /// # Errors
    /// As [`Self::hear`].
    pub async fn look(&self, line: &Line, cursor: Option<&str>, most: u32) -> Result<Looked, Failure> {
        let plugin = self.serving(line, |plugin| plugin.doors.poller.is_some())?;
        if !plugin.granted.iter().any(|want| matches!(want, Want::Look { .. })) {
            // It may be called instead: then nothing is missing.
            let called = plugin.granted.iter().any(|want| matches!(want, Want::BeCalled { .. }));
            let missing = || Failure::Setup(Setback::MayNotLook.to_string());
            return Err(if called { Failure::Unsupported } else { missing() });
        }
        let cursor = cursor.map(str::to_owned);
        let record = cursor.clone();
        let (page, mut call) = self
            .perform(
                &plugin,
                Some(account(line)),
                "poll",
                0,
                move || serde_json::json!({ "cursor": record, "max-messages": most }),
                calls!(plugin, poller, call_poll, cursor.as_deref(), most),
            )
            .await
            .map_err(stopped)?;
        let poller::Page { batch, next_cursor, more, poll_after_ms } = page.map_err(failure)?;
        if next_cursor.contains('\0') {
            return Err(Failure::Setup(Setback::NoCursor.to_string()));
        }
        let heard = self.heard(&mut call, batch).await?;
        Ok(Looked { heard, cursor: next_cursor, more, after_ms: poll_after_ms })
    }

    /// Says something.
    ///
    /// # Errors
    /// As [`Self::hear`]; after [`Failure::Unclear`] it may have been said.
    pub async fn speak(&self, line: &Line, utterance: &Utterance) -> Result<Receipt, Failure> {
        let plugin = self.serving(line, |plugin| plugin.doors.outbound.is_some())?;
        if !plugin.may(&Want::Send) {
            return Err(Failure::Setup(Setback::MayNotSend.to_string()));
        }
        let mut files = vec![];
        for file in &utterance.files {
            let bytes = self.blobs().get(&file.blob).await;
            files.push((file.clone(), bytes.map_err(|_| Failure::Refused(Setback::AttachmentGone.about(&file.name)))?));
        }
        let message = outgoing(utterance);
        let (record, mine) = (message.clone(), plugin.clone());
        let (receipt, _) = self
            .perform(
                &plugin,
                Some(account(line)),
                "send",
                utterance.files.iter().map(|file| file.size as usize).sum(),
                move || kept(&record),
                move |store, instance| {
                    Box::pin(async move {
                        let mut message = message;
                        for (file, bytes) in files {
                            message.attachments.push(store.data_mut().enclosed(file, bytes));
                        }
                        let guest = mine.doors.outbound.as_ref().ok_or_else(no_door)?.load(&mut *store, instance)?;
                        guest.call_send(store, &message).await
                    })
                },
            )
            .await
            .map_err(stopped)?;
        Ok(received(receipt.map_err(failure)?))
    }

    /// Was it said?
    ///
    /// # Errors
    /// As [`Self::hear`]; [`Failure::Unsupported`] where the plugin can't tell.
    pub async fn ask_after(&self, line: &Line, key: &str) -> Result<Option<Receipt>, Failure> {
        let plugin = self.serving(line, |plugin| plugin.doors.outbound.is_some())?;
        let key = key.to_owned();
        let record = key.clone();
        let (answer, _) = self
            .perform(
                &plugin,
                Some(account(line)),
                "lookup",
                0,
                move || record.into(),
                calls!(plugin, outbound, call_lookup, &key),
            )
            .await
            .map_err(stopped)?;
        Ok(answer.map_err(failure)?.map(received))
    }

    /// Checks an account, or connects or disconnects it.
    ///
    /// # Errors
    /// As [`Self::hear`]; [`Failure::Unsupported`] where there is nothing to set up.
    pub async fn set_up(&self, line: &Line, what: SetUp) -> Result<Vec<(String, String)>, Failure> {
        let plugin = self.serving(line, |plugin| plugin.doors.setup.is_some())?;
        let (name, url, mine) = match what {
            SetUp::Check => ("check", String::new(), plugin.clone()),
            SetUp::Connect => ("connect", line.hook_url.clone(), plugin.clone()),
            SetUp::Disconnect => ("disconnect", String::new(), plugin.clone()),
        };
        let (said, call) = self
            .perform(
                &plugin,
                Some(account(line)),
                name,
                0,
                move || if name == "connect" { SOME_HOOK.into() } else { serde_json::Value::Null },
                move |store, instance| {
                    Box::pin(async move {
                        let guest = mine.doors.setup.as_ref().ok_or_else(no_door)?.load(&mut *store, instance)?;
                        Ok(match what {
                            SetUp::Check => guest.call_check(store).await?.map(|()| vec![]),
                            SetUp::Connect => guest.call_connect(store, &url).await?,
                            SetUp::Disconnect => guest.call_disconnect(store).await?.map(|()| vec![]),
                        })
                    })
                },
            )
            .await
            .map_err(stopped)?;
        let said = said.map_err(failure)?;
        let told = |text: &str, most: usize| tidy::line(&call.without_secrets(text), most);
        Ok(said.into_iter().take(20).map(|(name, value)| (told(&name, 100), told(&value, 1_000))).collect())
    }

    /// Checks the settings of a plugin without accounts.
    ///
    /// # Errors
    /// As [`Self::set_up`].
    pub async fn check_mind(&self, mind: &Mind) -> Result<(), Failure> {
        let plugin = self.shelf().get(&mind.plugin).map_err(|why| Failure::NotNow(why.words))?;
        if plugin.doors.setup.is_none() {
            return Err(Failure::Unsupported);
        }
        let account = Account {
            id: None,
            settings: mind.settings.clone(),
            secrets: mind.secrets.clone(),
            trial: Trial::Settings,
        };
        let (said, _) = self
            .perform(
                &plugin,
                Some(Arc::new(account)),
                "check",
                0,
                || serde_json::Value::Null,
                calls!(plugin, setup, call_check),
            )
            .await
            .map_err(stopped)?;
        said.map_err(failure)
    }

    pub(super) fn serving(&self, line: &Line, has: impl Fn(&Loaded) -> bool) -> Result<Arc<Loaded>, Failure> {
        let plugin = self.shelf().get(&line.plugin).map_err(|why| Failure::NotNow(why.words))?;
        if has(&plugin) { Ok(plugin) } else { Err(Failure::Unsupported) }
    }

    pub(super) async fn heard(&self, call: &mut Call, batch: types::Batch) -> Result<Heard, Failure> {
        if !call.plugin.may(&Want::Receive) {
            return Err(Failure::Setup(Setback::MayNotReceive.to_string()));
        }
        if batch.messages.len() > MOST || batch.updates.len() > MOST {
            return Err(Failure::Refused(Setback::TooManyMessages.about(MOST)));
        }
        let files = || batch.messages.iter().flat_map(|message| &message.attachments);
        call.desk.keep_only(files().filter_map(|file| match &file.body {
            types::AttachmentBody::Stored(id) => Some(id.as_str()),
            _ => None,
        }));
        // What the host does for it when its code has ended is one call more: with a turn, room and an end.
        let fetches = files().any(|file| matches!(file.body, types::AttachmentBody::Deferred(_)));
        let _place =
            if fetches && call.trial() != Trial::Sample { Some(self.place_to_fetch(call).await?) } else { None };
        call.ends = Instant::now() + call.plugin.limits.wall;
        let mut heard = Heard::default();
        for message in batch.messages {
            heard.said.push(self.said(call, message).await?);
        }
        heard.news = batch.updates.into_iter().filter_map(|update| news(call, update)).collect();
        Ok(heard)
    }

    /// Waits until files may be fetched for a call that has ended.
    async fn place_to_fetch(&self, call: &Call) -> Result<(loaded::Turn, Share), Failure> {
        let turn = call.plugin.turn().await.map_err(stopped)?;
        let room = Room { megabytes: (LARGEST_FILE >> 20) as u32, may_wait: true, begins_here: false };
        Ok((turn, self.guests().share(room).await.map_err(stopped)?))
    }

    async fn said(&self, call: &mut Call, message: types::InboundMessage) -> Result<Said, Failure> {
        let nameless = || Failure::Refused(Setback::Nameless.to_string());
        let external_id = tidy::id(&message.external_id).ok_or_else(nameless)?;
        let body = |format: types::BodyFormat| {
            message.bodies.iter().find(|body| body.format == format).map(|body| body.text.as_str())
        };
        let html = body(types::BodyFormat::Html).filter(|html| !html.trim().is_empty() && html.len() <= LONGEST_TEXT);
        let text = body(types::BodyFormat::Plain).or_else(|| body(types::BodyFormat::Markdown)).unwrap_or_default();
        let mut text = tidy::text(text.to_owned());
        if text.len() > LONGEST_TEXT {
            let mut end = LONGEST_TEXT;
            while !text.is_char_boundary(end) {
                end -= 1;
            }
            text.truncate(end);
        }
        let sender = &message.sender;
        let line = |text: &str, most: usize| tidy::line(text, most);
        let turn = turn(&message.attrs)?;
        let sent_at = message.sent_at.and_then(tidy::moment);
        let (files, missing) = self.attached(call, message.attachments, is_fresh(sent_at)).await?;
        Ok(Said {
            turn,
            external_id,
            sent_at,
            missing,
            conversation: line(&message.thread.conversation, 500),
            token: message.thread.reply_token.filter(|token| token.len() <= 1_024 && !token.contains('\0')),
            address: line(&sender.address, 300),
            name: line(sender.display_name.as_deref().unwrap_or_default(), 200),
            email: attr(&sender.attrs, "email").map(|email| line(email, 254)),
            sure: attr(&sender.attrs, "email-sure") == Some("yes"),
            phone: attr(&sender.attrs, "phone").map(|phone| line(phone, 40)),
            category: attr(&message.attrs, "category").map(|name| line(name, 200)),
            by_agent: matches!(sender.role, types::Role::Agent | types::Role::Bot),
            subject: message.subject.as_deref().map(|subject| line(subject, 400)).filter(|subject| !subject.is_empty()),
            text,
            html: html.map(|html| tidy::text(html.to_owned())),
            files,
            locale: message.locale.as_deref().and_then(tidy::locale),
        })
    }

    /// Puts what the plugin took out, or says where it lies, into the store; and names what is not there, with why. What can't
    /// be had at this moment is worth the whole message once more, where somebody is `patient`: a message without its file is
    /// more than none.
    async fn attached(
        &self,
        call: &mut Call,
        attachments: Vec<types::Attachment>,
        patient: bool,
    ) -> Result<(Vec<InboundFile>, Vec<String>), Failure> {
        let (mut files, mut missing) = (vec![], vec![]);
        for (index, attachment) in attachments.into_iter().enumerate() {
            let name = tidy::file_name(attachment.filename.as_deref());
            if index >= MOST_FILES {
                missing.push(name);
                continue;
            }
            let (size, blob) = match attachment.body {
                types::AttachmentBody::Inline(bytes) => (bytes.len(), self.blobs().put(bytes).await),
                types::AttachmentBody::Stored(id) => match call.desk.take(&id) {
                    Some(taken) => (taken.size, self.blobs().put_hashed(taken.pieces, taken.hash).await),
                    None => {
                        missing.push(name);
                        continue;
                    }
                },
                types::AttachmentBody::Deferred(request) => match self.fetched(call, request).await {
                    Ok(bytes) => (bytes.len(), self.blobs().put(bytes).await),
                    Err(Failure::Later(..)) if patient => {
                        return Err(Failure::Later(Setback::FilesMissing.about(&name), None));
                    }
                    Err(off @ Failure::NotNow(_)) => return Err(off),
                    Err(why) => {
                        missing.push(format!("{name}, {}", call.without_secrets(why.words())));
                        continue;
                    }
                },
            };
            files.push(InboundFile {
                name,
                mime: tidy::mime(&attachment.mime),
                size: size as u64,
                blob: blob.map_err(|_| Failure::Later(Setback::NotStored.to_string(), None))?,
                content_id: attachment.content_id.as_deref().and_then(tidy::id),
            });
        }
        Ok((files, missing))
    }

    /// Fetches a file under the plugin's own grants, after its code has ended: as long as it runs, and within the time of a call.
    async fn fetched(&self, call: &mut Call, request: types::HttpRequest) -> Result<Vec<u8>, Failure> {
        use super::contract::http::HttpError;
        self.shelf().get(&call.plugin.id).map_err(|why| Failure::NotNow(why.words))?;
        let spent = |_| Failure::Refused(Setback::TooManyRequests.to_string());
        match call.go(request, LARGEST_FILE).await.map_err(spent)? {
            Ok((200..=299, _, bytes, false)) => Ok(bytes),
            Ok((200..=299, _, _, true)) | Err(HttpError::TooLarge) => {
                Err(Failure::Refused(Setback::AnswerTooLarge.to_string()))
            }
            Ok((status @ (408 | 425 | 429 | 500..=599), ..)) => Err(Failure::Later(status.to_string(), None)),
            Ok((status, ..)) => Err(Failure::Refused(status.to_string())),
            // There are no more in this call.
            Err(HttpError::Busy) => Err(Failure::Refused(Setback::TooManyRequests.to_string())),
            Err(HttpError::Denied(why)) => Err(Failure::Refused(Setback::Denied.about(why))),
            Err(HttpError::Invalid(why)) => Err(Failure::Refused(Setback::Invalid.about(why))),
            Err(HttpError::Dns) => Err(Failure::Later(Setback::NoSuchServer.to_string(), None)),
            Err(_) => Err(Failure::Later(Setback::ServerTooSlow.to_string(), None)),
        }
    }
}

/// Whether somebody wrote a moment ago, so that it is worth waiting for what can't be had now. Nobody knows when, of a
/// message without a time.
fn is_fresh(sent_at: Option<i64>) -> bool {
    sent_at.is_some_and(|at| super::notebook::now() - at < PATIENCE)
}

/// What happens to a telephone call, where a message is about one.
fn turn(attrs: &tidy::Attrs) -> Result<Option<Turn>, Failure> {
    let Some(state) = attr(attrs, "call") else { return Ok(None) };
    let unknown = |what: &str| Failure::Refused(Setback::UnknownToHost.about(what));
    let line = |name: &str| attr(attrs, name).map(|text| tidy::line(text, 60)).unwrap_or_default();
    Ok(Some(Turn {
        state: state.parse().map_err(|_| unknown("call"))?,
        direction: match attr(attrs, "direction") {
            None => CallDirection::In,
            Some(way) => way.parse().map_err(|_| unknown("direction"))?,
        },
        line: line("line"),
        extension: line("extension"),
        agents: attrs.iter().filter(|(name, _)| name == "agent").map(|(_, agent)| tidy::line(agent, 254)).collect(),
        seconds: attr(attrs, "duration-s").and_then(|text| text.parse().ok()).filter(|s| (0..=86_400).contains(s)),
        request: attr(attrs, "request") == Some("yes"),
    }))
}

fn account(line: &Line) -> Arc<Account> {
    Arc::new(Account {
        id: line.saved.then(|| line.account.clone()),
        settings: line.settings.clone(),
        secrets: line.secrets.clone(),
        trial: if line.saved { Trial::None } else { Trial::Settings },
    })
}

fn webhook(hook: &HookCall) -> Result<inbound::Webhook, Failure> {
    let method = match hook.method.as_str() {
        "GET" => types::HttpMethod::Get,
        "POST" => types::HttpMethod::Post,
        "PUT" => types::HttpMethod::Put,
        "PATCH" => types::HttpMethod::Patch,
        "DELETE" => types::HttpMethod::Delete,
        other => return Err(Failure::Refused(format!("{other} is not for plugins"))),
    };
    Ok(inbound::Webhook {
        method,
        path: hook.path.clone(),
        query: hook.query.clone(),
        headers: hook
            .headers
            .iter()
            .map(|(name, value)| types::Header { name: name.clone(), value: value.clone() })
            .collect(),
        body: hook.body.clone(),
        remote_addr: hook.remote.clone(),
        received_at: hook.at.div_euclid(1_000) as f64,
        delivery_id: hook.id.clone(),
    })
}

/// What a remote is told, as far as it makes sense in HTTP and says nothing in our name: no cookies, no redirects of
/// people, no length of its own. A policy of its own can only forbid more than ours. A plugin that may show pages may also
/// send people on, from one of its pages to another.
fn reply(reply: inbound::Reply, page: bool) -> HookReply {
    const THEIRS: [&str; 6] =
        ["content-type", "cache-control", "retry-after", "etag", "vary", "content-security-policy"];
    // What a server in front of us obeys, and what we say to browsers about every page.
    const OURS: [&str; 6] =
        ["x-accel-", "x-sendfile", "x-lighttpd-", "x-litespeed-", "x-frame-options", "x-content-type-options"];
    let onwards = page && reply.status == 303;
    let named = |name: &str| {
        THEIRS.contains(&name)
            || (name.starts_with("x-") && !OURS.iter().any(|ours| name.starts_with(ours)))
            || name.starts_with("access-control-")
            || (onwards && name == "location")
    };
    let plain = |value: &[u8]| value.len() <= 2_000 && value.iter().all(|byte| (32..127).contains(byte));
    let headers = reply.headers.into_iter().map(|header| (header.name.to_ascii_lowercase(), header.value));
    let headers = headers.filter(|(name, value)| named(name) && plain(value)).take(20).collect();
    let fits = onwards || matches!(reply.status, 200..=299 | 400..=599);
    if fits && reply.body.len() <= LARGEST_REPLY {
        HookReply { status: reply.status, headers, body: reply.body, page }
    } else {
        HookReply { status: 502, headers: vec![], body: vec![], page: false }
    }
}

fn outgoing(utterance: &Utterance) -> outbound::Message {
    let party = |address: &str, name: &str, role: types::Role| types::Party {
        address: address.to_owned(),
        display_name: Some(name.to_owned()).filter(|name| !name.is_empty()),
        role,
        attrs: vec![],
    };
    outbound::Message {
        idempotency_key: utterance.key.clone(),
        attempt: utterance.attempt,
        thread: Some(types::ThreadRef {
            conversation: utterance.conversation.clone(),
            in_reply_to: utterance.in_reply_to.clone(),
            references: vec![],
            reply_token: utterance.token.clone(),
        }),
        sender: party("", &utterance.from_name, types::Role::Agent),
        recipients: vec![party(&utterance.to, &utterance.to_name, types::Role::Customer)],
        subject: utterance.subject.clone(),
        bodies: vec![types::MessageBody { format: types::BodyFormat::Markdown, text: utterance.text.clone() }],
        attachments: vec![],
        locale: Some(utterance.language.tag().to_owned()),
        attrs: vec![],
    }
}

fn received(receipt: outbound::Receipt) -> Receipt {
    Receipt {
        external_id: name_there(&receipt.external_id),
        token: receipt.thread.reply_token.filter(|token| token.len() <= 1_024 && !token.contains('\0')),
        reached: reached(receipt.state),
    }
}

/// What the remote calls something that was sent: written the same in a receipt and in news.
fn name_there(name: &str) -> String {
    tidy::line(name.trim().trim_matches(['<', '>']), 400)
}

fn reached(state: types::DeliveryState) -> Reached {
    match state {
        types::DeliveryState::Queued | types::DeliveryState::Sent => Reached::OnItsWay,
        types::DeliveryState::Delivered => Reached::Arrived,
        types::DeliveryState::Read => Reached::Seen,
        types::DeliveryState::Failed | types::DeliveryState::Bounced | types::DeliveryState::Expired => Reached::Never,
    }
}

fn news(call: &Call, update: types::DeliveryUpdate) -> Option<News> {
    Some(News {
        external_id: Some(name_there(&update.external_id)).filter(|name| !name.is_empty())?,
        reached: reached(update.state),
        by_mail: update.error.as_ref().is_some_and(|failure| failure.code == BY_MAIL),
        why: update.error.map(|failure| tidy::line(&call.without_secrets(&failure.message), 300)),
    })
}

/// What the plugin's own no means.
fn failure(why: types::PluginError) -> Failure {
    let words = |failure: &types::Failure| tidy::line(&failure.message, 300);
    match why {
        types::PluginError::Auth(why) | types::PluginError::Config(why) => Failure::Setup(words(&why)),
        types::PluginError::Permanent(why) if why.code == BY_MAIL => Failure::Gone(words(&why)),
        types::PluginError::Permanent(why) | types::PluginError::Rejected(why) => Failure::Refused(words(&why)),
        // It was on its way when the line broke: trying again might say it twice.
        types::PluginError::Retryable(why) if why.code == "unclear" => Failure::Unclear(words(&why)),
        types::PluginError::Retryable(why) => Failure::Later(words(&why), why.retry_after_ms),
        types::PluginError::RateLimited(why) => Failure::Slower(words(&why), why.retry_after_ms),
        types::PluginError::Unsupported => Failure::Unsupported,
    }
}

fn stopped(why: Stopped) -> Failure {
    if why.its_fault { Failure::Unclear(why.words) } else { Failure::NotNow(why.words) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_says_nothing_in_our_name() {
        let names = |page: bool, names: &[&str]| {
            let headers = names.iter().map(|name| types::Header { name: (*name).to_owned(), value: b"/x".to_vec() });
            let said = inbound::Reply { status: 303, headers: headers.collect(), body: vec![] };
            reply(said, page).headers.into_iter().map(|(name, _)| name).collect::<Vec<_>>()
        };
        let ours = [
            "Set-Cookie",
            "X-Accel-Redirect",
            "x-accel-buffering",
            "X-Sendfile",
            "X-LIGHTTPD-Send-File",
            "X-LiteSpeed-Location",
            "X-Frame-Options",
            "X-Content-Type-Options",
        ];
        assert_eq!(names(true, &ours), Vec::<String>::new());
        let theirs = ["content-type", "x-request-id", "access-control-allow-origin", "location"];
        assert_eq!(names(true, &theirs), theirs);
    }
}
