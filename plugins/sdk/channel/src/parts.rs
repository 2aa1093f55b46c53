//! Forms of several parts (RFC 7578), as browsers send them.

/// Parts of one form.
const MOST: usize = 200;

/// One part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The field's name.
    pub name: String,
    /// For files.
    pub file: Option<String>,
    /// As the sender declares it; empty where it does not.
    pub mime: String,
    /// What is in it.
    pub bytes: Vec<u8>,
}

/// A file that was chosen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct File {
    /// As it was named.
    pub name: String,
    /// As the browser declares it; empty where it does not.
    pub mime: String,
    /// What is in it.
    pub bytes: Vec<u8>,
}

/// What was typed, and the files that were chosen: browsers send an empty one for a field where none was.
pub fn fields_and_files(parts: Vec<Part>) -> (Vec<(String, String)>, Vec<File>) {
    let (mut fields, mut files) = (vec![], vec![]);
    for Part { name, file, mime, bytes } in parts {
        match file {
            None => fields.push((name, String::from_utf8_lossy(&bytes).into_owned())),
            Some(name) if name.is_empty() && bytes.is_empty() => {}
            Some(name) => files.push(File { name, mime, bytes }),
        }
    }
    (fields, files)
}

/// What stands between the parts, from `Content-Type`; none for a body of another kind.
pub fn boundary(content_type: &str) -> Option<String> {
    let (kind, rest) = content_type.split_once(';')?;
    let boundary = parameter(rest, "boundary")?;
    let fits = kind.trim().eq_ignore_ascii_case("multipart/form-data") && (1..=70).contains(&boundary.len());
    fits.then_some(boundary)
}

/// The parts; none for what was cut off or is no such form.
pub fn read(body: &[u8], boundary: &str) -> Option<Vec<Part>> {
    let mark = format!("--{boundary}").into_bytes();
    let between = [b"\r\n".as_slice(), &mark].concat();
    let mut rest = &body[find(body, &mark)? + mark.len()..];
    let mut parts = vec![];
    while !rest.starts_with(b"--") {
        rest = &rest[find(rest, b"\r\n")? + 2..];
        // The end of the head may be the line that was just left.
        let (head, content) = match rest.strip_prefix(b"\r\n") {
            Some(content) => (&rest[..0], content),
            None => {
                let end = find(rest, b"\r\n\r\n")?;
                (&rest[..end], &rest[end + 4..])
            }
        };
        let end = find(content, &between)?;
        parts.extend(part(head, &content[..end]));
        rest = &content[end + between.len()..];
        if parts.len() > MOST {
            return None;
        }
    }
    Some(parts)
}

fn part(head: &[u8], content: &[u8]) -> Option<Part> {
    let head = String::from_utf8_lossy(head);
    let field = |wanted: &str| {
        let of = |line: &str| {
            let (name, value) = line.split_once(':')?;
            name.trim().eq_ignore_ascii_case(wanted).then(|| value.trim().to_owned())
        };
        head.lines().find_map(of)
    };
    let disposition = field("content-disposition")?;
    let (_, parameters) = disposition.split_once(';')?;
    Some(Part {
        name: parameter(parameters, "name")?,
        file: parameter(parameters, "filename"),
        mime: field("content-type").unwrap_or_default(),
        bytes: content.to_vec(),
    })
}

/// A value of `; name="value"`. Browsers write a quote in a name as `%22`.
fn parameter(text: &str, wanted: &str) -> Option<String> {
    let mut rest = text;
    while let Some((name, after)) = rest.split_once('=') {
        let name = name.trim_start_matches(';').trim();
        let after = after.trim_start();
        let (value, next) = match after.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"')?,
            None => after.split_once(';').unwrap_or((after, "")),
        };
        if name.eq_ignore_ascii_case(wanted) {
            return Some(value.trim().replace("%22", "\"").replace("%0D", " ").replace("%0A", " "));
        }
        rest = next.trim_start_matches([';', ' ']);
    }
    None
}

fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    let first = *wanted.first()?;
    let mut from = 0;
    while let Some(at) = text[from..].iter().position(|byte| *byte == first) {
        let at = from + at;
        if text[at..].starts_with(wanted) {
            return Some(at);
        }
        from = at + 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{Part, boundary, read};

    const BODY: &[u8] = b"--b1\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\nKari \xc3\xb8\r\n\
        --b1\r\ncontent-disposition: form-data; name=\"files\"; filename=\"a %22b%22; c.txt\"\r\nContent-Type: text/plain\r\n\r\none\r\n--b\r\ntwo\r\n\
        --b1\r\nContent-Disposition: form-data; name=\"files\"; filename=\"\"\r\nContent-Type: application/octet-stream\r\n\r\n\r\n--b1--\r\n";

    #[test]
    fn parts_are_read_as_they_were_sent() {
        let parts = read(BODY, "b1").unwrap();
        assert_eq!(parts.len(), 3);
        assert_eq!((parts[0].name.as_str(), parts[0].bytes.as_slice()), ("name", "Kari ø".as_bytes()));
        let file = Part {
            name: "files".to_owned(),
            file: Some("a \"b\"; c.txt".to_owned()),
            mime: "text/plain".to_owned(),
            bytes: b"one\r\n--b\r\ntwo".to_vec(),
        };
        assert_eq!(parts[1], file);
        assert_eq!((parts[2].file.as_deref(), parts[2].bytes.len()), (Some(""), 0));
    }

    #[test]
    fn what_is_cut_off_is_no_form() {
        for end in 0..BODY.len() - 4 {
            assert_eq!(read(&BODY[..end], "b1"), None, "{end}");
        }
        assert_eq!(read(b"a=1", "b1"), None);
        assert_eq!(read(b"--b1--", "b1"), Some(vec![]));
    }

    #[test]
    fn the_boundary_stands_in_the_head() {
        let known = boundary("multipart/form-data; charset=utf-8; boundary=\"--x y\"");
        assert_eq!(known.as_deref(), Some("--x y"));
        assert_eq!(boundary("multipart/form-data;boundary=abc").as_deref(), Some("abc"));
        for none in ["", "multipart/form-data", "multipart/form-data; boundary=", "text/plain; boundary=x"] {
            assert_eq!(boundary(none), None, "{none}");
        }
    }
}
