//! Reads a form with files to its end. What is too large is counted and let go, never kept and never cut off.

use axum::{
    extract::{
        Multipart,
        multipart::{Field, MultipartError, MultipartRejection},
    },
    http::StatusCode,
};
use desk::{Desk, Error, Why, model::Upload};
use portal::customer::posted::{CUSTOM, Posted, Trouble};

/// Bytes of one file.
const LARGEST_FILE: usize = 25 << 20;
/// Files of one message.
const MOST_FILES: usize = 10;
/// Letters of a file's name that are said again.
const LONGEST_NAME: usize = 120;
/// Characters of one text, and the bytes of it that are handed back: four for each.
const LONGEST_TEXT: u32 = 100_000;
const KEPT_TEXT: usize = 4 * LONGEST_TEXT as usize;
/// The fields of our forms; others are read past.
const KNOWN: [&str; 11] =
    ["key", "category", "kind", "priority", "step", "title", "text", "answer", "name", "email", "website"];
/// Values of custom fields in one form, and the bytes of all of them: more than any form asks for.
const MOST_CUSTOM: usize = 5_000;
const MOST_CUSTOM_BYTES: usize = 4_000_000;
/// Bytes of the key of a custom field.
const LONGEST_KEY: usize = 60;

/// Everything in the form, files already in the store where they are wanted: of a form that is refused the words are kept, and
/// its files are read past. What can't be taken is noted in the answer.
pub async fn read(desk: &Desk, form: Result<Multipart, MultipartRejection>, wanted: bool) -> Posted {
    let mut posted = Posted::default();
    let Ok(mut form) = form else {
        posted.trouble = Some(Trouble::Unreadable);
        return posted;
    };
    loop {
        let taken = match form.next_field().await {
            Ok(Some(field)) => take(desk, &mut posted, field, wanted).await,
            Ok(None) => break,
            Err(error) => Err(error),
        };
        if let Err(error) = taken {
            let too_much = error.status() == StatusCode::PAYLOAD_TOO_LARGE;
            posted.trouble = Some(if too_much { Trouble::TooMuch } else { Trouble::Unreadable });
            break;
        }
    }
    if posted.fields.remove("website").is_some_and(|trap| !trap.is_empty()) && posted.trouble.is_none() {
        posted.trouble = Some(Trouble::Trap);
    }
    posted
}

async fn take(desk: &Desk, posted: &mut Posted, mut field: Field<'_>, wanted: bool) -> Result<(), MultipartError> {
    let name = field.name().unwrap_or_default().to_owned();
    if name == "files" {
        let file_name = field.file_name().unwrap_or_default().to_owned();
        let mime = field.content_type().unwrap_or("application/octet-stream").to_owned();
        let (bytes, size) = gather(&mut field, if wanted { LARGEST_FILE } else { 0 }).await?;
        // A browser sends one nameless, empty file where none was chosen.
        if file_name.is_empty() && size == 0 {
            return Ok(());
        }
        if wanted {
            take_file(desk, posted, &file_name, &mime, bytes, size).await;
        } else {
            posted.passed_over = true;
        }
        return Ok(());
    }
    let (bytes, size) = gather(&mut field, KEPT_TEXT).await?;
    let text = String::from_utf8_lossy(&bytes).replace("\r\n", "\n").replace('\0', "");
    if name == "kept" {
        keep(desk, posted, &text);
    } else if KNOWN.contains(&name.as_str()) {
        if size > KEPT_TEXT {
            posted.blame(&name, Why::TooLong { most: LONGEST_TEXT });
        }
        posted.fields.insert(name, text);
    } else if let Some(key) = name.strip_prefix(CUSTOM).and_then(|rest| rest.strip_prefix('.')) {
        keep_custom(posted, key, text);
    }
    Ok(())
}

/// What was typed into a custom field; a multiple choice comes once for each. Whether there is such a field is the desk's
/// to say.
fn keep_custom(posted: &mut Posted, key: &str, text: String) {
    let values = || posted.custom.values().flatten();
    if values().count() >= MOST_CUSTOM || values().map(String::len).sum::<usize>() + text.len() > MOST_CUSTOM_BYTES {
        posted.trouble = Some(Trouble::TooMuch);
    } else if key.len() <= LONGEST_KEY {
        posted.custom.entry(key.to_owned()).or_default().push(text);
    }
}

async fn take_file(desk: &Desk, posted: &mut Posted, name: &str, mime: &str, bytes: Vec<u8>, size: usize) {
    if posted.files.len() >= MOST_FILES {
        return posted.blame("files", Why::TooMany { most: MOST_FILES as u32 });
    }
    if size > LARGEST_FILE {
        if posted.too_large.len() < MOST_FILES {
            let name = name.chars().filter(|c| !c.is_control()).take(LONGEST_NAME).collect();
            posted.too_large.push((name, size as i64));
        }
        return posted.blame("files", Why::TooLarge { megabytes: (LARGEST_FILE >> 20) as u32 });
    }
    match desk.store_upload(name, mime, bytes).await {
        Ok(upload) => posted.files.push(upload),
        Err(Error::Invalid { why, .. }) => posted.blame("files", why),
        Err(error) => posted.refuse(error),
    }
}

/// A file from an earlier try, where it is one, and has not waited for longer than such files do.
fn keep(desk: &Desk, posted: &mut Posted, text: &str) {
    let Ok(upload) = serde_json::from_str::<Upload>(text) else {
        return;
    };
    if !desk.has_kept(&upload) {
        return posted.blame("files", Why::Missing);
    }
    if posted.files.len() < MOST_FILES {
        posted.files.push(upload);
    } else {
        posted.blame("files", Why::TooMany { most: MOST_FILES as u32 });
    }
}

/// At most this many bytes of a field, and how many there were in all.
pub async fn gather(field: &mut Field<'_>, most: usize) -> Result<(Vec<u8>, usize), MultipartError> {
    let (mut kept, mut size) = (Vec::new(), 0_usize);
    while let Some(chunk) = field.chunk().await? {
        size = size.saturating_add(chunk.len());
        let room = most.saturating_sub(kept.len()).min(chunk.len());
        kept.extend_from_slice(&chunk[..room]);
    }
    Ok((kept, size))
}
