//! Forms and queries, `application/x-www-form-urlencoded`.

/// The fields, in order.
pub fn read(bytes: &[u8]) -> Vec<(String, String)> {
    form_urlencoded::parse(bytes).into_owned().collect()
}

/// The first of a name; empty where there is none.
pub fn field<'a>(fields: &'a [(String, String)], name: &str) -> &'a str {
    fields.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str())
}

#[cfg(test)]
mod tests {
    use super::{field, read};

    #[test]
    fn fields_are_read_whatever_they_are() {
        let fields = read(b"hub.mode=subscribe&text=Hei+%C3%B8%26&text=2&x&=y&%ff=%zz");
        assert_eq!(
            (field(&fields, "hub.mode"), field(&fields, "text"), field(&fields, "no")),
            ("subscribe", "Hei ø&", "")
        );
        assert_eq!(field(&fields, "x"), "");
    }
}
