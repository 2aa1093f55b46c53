//! Files that wait for their message.

use crate::{Desk, Error, Result, Why, message::file_name, model::Upload, outside::InboundFile, token};

/// Bytes, for one file.
pub const LARGEST_FILE: usize = 25 << 20;
pub const MOST_FILES: usize = 10;

/// Endings that an operating system runs on a double click.
const PROGRAMS: [&str; 26] = [
    "exe", "com", "bat", "cmd", "scr", "pif", "msi", "msp", "msc", "cpl", "vbs", "vbe", "js", "jse", "wsf", "wsh",
    "ps1", "hta", "jar", "lnk", "reg", "dll", "apk", "app", "dmg", "iso",
];
/// How programs begin: Windows, Linux, macOS.
const MAGIC: [&[u8]; 5] = [b"MZ", b"\x7fELF", b"\xcf\xfa\xed\xfe", b"\xfe\xed\xfa\xcf", b"\xca\xfe\xba\xbe"];

impl Desk {
    /// Keeps a file and signs it, so that the sender, and nobody else, may attach it to a message: within a day, or as long as a
    /// draft names it.
    ///
    /// # Errors
    /// `TooLarge` above 25 MB; `FileKind` for a program, whatever it calls itself.
    pub async fn store_upload(&self, name: &str, mime: &str, bytes: Vec<u8>) -> Result<Upload> {
        let name = file_name(name);
        if bytes.len() > LARGEST_FILE {
            return Err(Error::invalid("files", Why::TooLarge { megabytes: (LARGEST_FILE >> 20) as u32 }));
        }
        if is_program(&name) || MAGIC.iter().any(|magic| bytes.starts_with(magic)) {
            return Err(Error::invalid("files", Why::FileKind { name }));
        }
        let size = bytes.len() as i64;
        let blob = self.blobs().put(bytes).await?;
        let mut write = self.write().await?;
        write.await_message(&blob).await?;
        write.commit().await?;
        let mime = if mime.is_empty() { "application/octet-stream" } else { mime };
        Ok(self.vouched(name, crate::person::shorten(mime, 200), size, blob))
    }

    /// A file that lies in the store already, signed for whoever may read it.
    pub(crate) fn vouched(&self, name: String, mime: String, size: i64, blob: String) -> Upload {
        let mut upload = Upload { name, mime, size, blob, signature: String::new() };
        upload.signature = token::sign(self.secret(), "upload", &subject(&upload));
        upload
    }

    /// Whether a file that was signed is still there. It is wanted again from now on.
    pub fn has_kept(&self, upload: &Upload) -> bool {
        token::verify(self.secret(), "upload", &subject(upload), &upload.signature) && self.blobs().want(&upload.blob)
    }

    /// The files of a draft, each shown to have come through [`Desk::store_upload`].
    pub(crate) fn uploads(&self, uploads: &[Upload]) -> Result<Vec<InboundFile>> {
        if uploads.len() > MOST_FILES {
            return Err(Error::invalid("files", Why::TooMany { most: MOST_FILES as u32 }));
        }
        uploads
            .iter()
            .map(|upload| {
                if !self.has_kept(upload) {
                    return Err(Error::invalid("files", Why::Missing));
                }
                Ok(InboundFile {
                    name: upload.name.clone(),
                    mime: upload.mime.clone(),
                    size: upload.size as u64,
                    blob: upload.blob.clone(),
                    content_id: None,
                })
            })
            .collect()
    }
}

/// By what it is called.
pub(crate) fn is_program(name: &str) -> bool {
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_lowercase()).unwrap_or_default();
    PROGRAMS.contains(&ending.as_str())
}

fn subject(upload: &Upload) -> String {
    format!("{}\n{}\n{}\n{}", upload.blob, upload.size, upload.mime, upload.name)
}
