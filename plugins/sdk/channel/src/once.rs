//! Each piece of a message once. A long text or a file is a call of its own, and a remote that wants it slower after the
//! second of three must not get the first two again. What was said is kept in the account's memory, so that `lookup` can
//! tell the host after a crash; where no memory was granted, the host's own care is all there is. Where the memory is full, what
//! was said to the end makes room; from then on nobody knows of what is not there.

use crate::{
    Result, fault,
    message::{conversation, receipt, thread},
    outbound::{Message, Receipt},
    state::{self, Expect, StateError},
    types::{Attachment, DeliveryState, PluginError},
    worded,
};
use serde::{Deserialize, Serialize};

/// How long it is known what was said, in seconds: three days; the host gives up after two.
const KEPT_S: u32 = 259_200;
/// What was said, by the host's key.
const SENT: &str = "sent/";
/// Stands where something was forgotten before its time.
const FORGOTTEN: &str = "forgotten";
/// Tried, to see whether anything could have been kept.
const PROBE: &str = "probe";
/// Messages that are forgotten at a time.
const MOST_FORGOTTEN: u32 = 50;

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

/// The files among the pieces from this one on, for remotes that want them handed over before they are sent.
pub fn files_from<'a>(pieces: &'a [Piece], from: &Piece) -> impl Iterator<Item = &'a Attachment> {
    let from = pieces.iter().position(|piece| std::ptr::eq(piece, from)).unwrap_or_default();
    pieces[from..].iter().filter_map(|piece| match piece {
        Piece::File(file) => Some(file),
        Piece::Text(_) => None,
    })
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
/// [`PluginError::Unsupported`] where nobody knows, also because the memory was full.
pub fn lookup(key: &str, state: DeliveryState) -> Result<Option<Receipt>> {
    match state::get(&name(key)) {
        Err(_) => Err(PluginError::Unsupported),
        Ok(None) if is_forgetful() => Err(PluginError::Unsupported),
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
        Self::read(&state::get(&name(key)).ok()??.value)
    }

    /// Not kept, it is not known; sending goes on all the same.
    fn keep(&self, key: &str) {
        let Ok(json) = serde_json::to_vec(self) else { return };
        let put = || state::put(&name(key), &json, &Expect::Any, Some(KEPT_S));
        if matches!(put(), Err(StateError::Quota)) {
            make_room();
            let _ = put();
        }
    }

    fn read(value: &[u8]) -> Option<Self> {
        serde_json::from_slice(value).ok()
    }
}

/// Forgets some of what was said to the end, and that it did: the host may not have been told of all of it.
fn make_room() {
    let mut forgot = false;
    for name in state::keys(SENT, None, MOST_FORGOTTEN).unwrap_or_default() {
        let Ok(Some(kept)) = state::get(&name) else { continue };
        if Progress::read(&kept.value).is_none_or(|progress| progress.whole) {
            forgot |= state::delete(&name, &Expect::Etag(kept.etag)).is_ok();
        }
    }
    if forgot {
        let _ = state::put(FORGOTTEN, b"1", &Expect::Any, Some(KEPT_S));
    }
}

/// Whether something that was said may not be known: it was forgotten for want of room, or there is none.
fn is_forgetful() -> bool {
    let full = || matches!(state::put(PROBE, &[0; 128], &Expect::Any, Some(1)), Err(StateError::Quota));
    matches!(state::get(FORGOTTEN), Ok(Some(_))) || full()
}

fn name(key: &str) -> String {
    format!("{SENT}{key}")
}
