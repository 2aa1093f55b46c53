//! Names for files from strangers.

use crate::clean;

/// Never empty, never a path, at most 120 characters, and with an ending where the type has one.
pub fn file(declared: Option<&str>, mime: &str, number: usize) -> String {
    let declared = declared.map(|name| clean::line(name, 1000)).unwrap_or_default();
    // Whatever looked like a folder is dropped: both kinds of slash, on every system.
    let name = declared.rsplit(['/', '\\']).find(|piece| !piece.trim().is_empty()).unwrap_or_default();
    let name: String = name.chars().map(|c| if "<>:\"|?*".contains(c) { '_' } else { c }).collect();
    let name = name.trim().trim_matches('.').trim();
    if name.is_empty() {
        return format!("{}-{number}{}", stem(mime), ending(mime));
    }
    shorten(name)
}

/// Keeps the ending: it is what people and programs look at.
fn shorten(name: &str) -> String {
    if name.chars().count() <= 120 {
        return name.to_owned();
    }
    let ending = name.rsplit_once('.').map(|(_, ending)| ending).filter(|ending| ending.chars().count() <= 10);
    let kept: String = name.chars().take(108).collect();
    ending.map_or(kept.clone(), |ending| format!("{kept}.{ending}"))
}

fn stem(mime: &str) -> &'static str {
    match mime.split('/').next() {
        Some("image") => "image",
        Some("audio") => "sound",
        Some("video") => "film",
        Some("message") => "message",
        _ => "attachment",
    }
}

fn ending(mime: &str) -> &'static str {
    match mime {
        "image/jpeg" | "image/jpg" | "image/pjpeg" => ".jpg",
        "image/png" | "image/x-png" => ".png",
        "image/gif" => ".gif",
        "image/webp" => ".webp",
        "image/heic" => ".heic",
        "image/tiff" => ".tif",
        "application/pdf" => ".pdf",
        "application/zip" => ".zip",
        "application/msword" => ".doc",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document" => ".docx",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" => ".xlsx",
        "application/ms-tnef" => ".dat",
        "application/pgp-signature" => ".asc",
        "application/pgp-keys" => ".asc",
        "application/pkcs7-signature" | "application/x-pkcs7-signature" => ".p7s",
        "application/json" => ".json",
        "audio/mpeg" => ".mp3",
        "video/mp4" => ".mp4",
        "message/rfc822" | "message/global" => ".eml",
        "message/delivery-status" | "text/rfc822-headers" | "message/disposition-notification" | "text/plain" => ".txt",
        "text/html" => ".html",
        "text/csv" => ".csv",
        "text/calendar" => ".ics",
        "text/vcard" | "text/x-vcard" => ".vcf",
        "text/xml" | "application/xml" => ".xml",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::file;

    #[test]
    fn a_name_is_never_a_path_and_never_empty() {
        assert_eq!(file(Some("../../etc/passwd"), "text/plain", 1), "passwd");
        assert_eq!(file(Some("C:\\temp\\bilde.jpg"), "image/jpeg", 1), "bilde.jpg");
        assert_eq!(file(Some(".."), "image/png", 2), "image-2.png");
        assert_eq!(file(Some("faktura\u{202E}fdp.exe"), "application/pdf", 1), "fakturafdp.exe");
        assert_eq!(file(Some("a\r\nb\0.txt"), "text/plain", 1), "a b .txt");
        assert_eq!(file(None, "message/rfc822", 3), "message-3.eml");
        assert!(file(Some(&("x".repeat(500) + ".pdf")), "application/pdf", 1).ends_with(".pdf"));
    }
}
