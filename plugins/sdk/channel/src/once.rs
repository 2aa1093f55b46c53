//! Each piece of a message once. A long text or a file is a call of its own, and a remote that wants it slower after the
//! second of three must not get the first two again. What was said is kept in the account's memory, so that `lookup` can
//! tell the host after a crash; where no memory was granted, the host's own care is all there is.

use crate::{
    Result, fault,
    message::{conversation, receipt, thread},
    outbound::{Message, Receipt},
    state::{self, Expect},
    types::{Attachment, DeliveryState, PluginError},
    worded,
};
use serde::{Deserialize, Serialize};

/// How long it is known what was said, in seconds: a week; the host gives up after two days.
const KEPT_S: u32 = 604_800;

/// One call to the remote.
#[derive(Clone, Debug)]
pub enum Piece {
    /// Markdown.
    Text(String),
    /// A file.
    File(Attachment),
}

/// A message as pieces: its text, cut where it is longer than `most` letters, then its files.
pub fn pieces(message: &Message, most: usize) -> Vec<Piece> {
    let text = crate::markup::cut(crate::message::words(message), most).into_iter().map(Piece::Text);
    text.chain(message.attachments.iter().cloned().map(Piece::File)).collect()
}

#[derive(Default, Serialize, Deserialize)]
struct Progress {
    /// The remote's names for the pieces that it took.
    ids: Vec<String>,
    /// One more is on its way.
    under_way: bool,
    /// There is none after these.
    whole: bool,
    /// How many there are in all; 0 in what was kept before that was.
    #[serde(default)]
    pieces: usize,
    conversation: String,
}

/// Says the pieces that were not said yet. `say` returns the remote's name for one.
///
/// # Errors
/// As `say`; and for a message without anything in it.
pub fn each(
    message: &Message,
    pieces: &[Piece],
    state: DeliveryState,
    mut say: impl FnMut(&Piece, bool) -> Result<String>,
) -> Result<Receipt> {
    if pieces.is_empty() {
        return Err(fault::permanent(
            "empty",
            &worded!("det er ingenting i den å sende", "there is nothing in it to be sent"),
        ));
    }
    let mut progress = Progress::known(&message.idempotency_key).unwrap_or_default();
    conversation(message).clone_into(&mut progress.conversation);
    progress.pieces = pieces.len();
    let before = progress.ids.len();
    for (at, piece) in pieces.iter().enumerate().skip(before) {
        progress.under_way = true;
        progress.keep(&message.idempotency_key);
        match say(piece, at == 0) {
            Ok(id) => progress.ids.push(id),
            Err(why) => {
                progress.under_way = fault::is_unclear(&why);
                progress.keep(&message.idempotency_key);
                return Err(why);
            }
        }
    }
    progress.under_way = false;
    progress.whole = true;
    progress.keep(&message.idempotency_key);
    Ok(Receipt { duplicate: before >= pieces.len(), ..receipt(&progress.ids, state, message) })
}

/// Whether something was sent: none where it surely was not.
///
/// # Errors
/// [`PluginError::Unsupported`] where nobody knows.
pub fn lookup(key: &str, state: DeliveryState) -> Result<Option<Receipt>> {
    match state::get(&name(key)) {
        Err(_) => Err(PluginError::Unsupported),
        Ok(None) => Ok(None),
        Ok(Some(kept)) => match serde_json::from_slice::<Progress>(&kept.value) {
            Err(_) => Err(PluginError::Unsupported),
            Ok(progress) if progress.under_way => Err(PluginError::Unsupported),
            Ok(progress) if !progress.whole => Ok(None),
            Ok(progress) => Ok(Some(Receipt {
                external_id: progress.ids.first().cloned().unwrap_or_else(|| key.to_owned()),
                state,
                thread: thread(progress.conversation),
                duplicate: true,
                attrs: vec![],
            })),
        },
    }
}

/// Which piece was on its way when a call ended without an answer; none where nothing is open.
pub fn open(key: &str) -> Option<usize> {
    Progress::known(key).filter(|progress| progress.under_way).map(|progress| progress.ids.len())
}

/// What became of it, as the remote said when it was asked: its name for the piece, or none where it never came. Sending again
/// goes on behind it.
///
/// # Errors
/// As [`lookup`].
pub fn settle(key: &str, came: Option<String>, state: DeliveryState) -> Result<Option<Receipt>> {
    if let Some(mut progress) = Progress::known(key) {
        progress.ids.extend(came);
        progress.under_way = false;
        progress.whole = progress.pieces > 0 && progress.ids.len() >= progress.pieces;
        progress.keep(key);
    }
    lookup(key, state)
}

impl Progress {
    fn known(key: &str) -> Option<Self> {
        serde_json::from_slice(&state::get(&name(key)).ok()??.value).ok()
    }

    /// Not kept, it is not known; sending goes on all the same.
    fn keep(&self, key: &str) {
        if let Ok(json) = serde_json::to_vec(self) {
            let _ = state::put(&name(key), &json, &Expect::Any, Some(KEPT_S));
        }
    }
}

fn name(key: &str) -> String {
    format!("sent/{key}")
}
