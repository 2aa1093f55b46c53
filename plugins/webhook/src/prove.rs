//! How a call shows that it comes from whom it should.

use saker_channel::proof;

/// The bytes that a header names: hexadecimal or Base64, with or without `sha256=` before it.
pub fn mac(header: &str) -> Option<Vec<u8>> {
    let text = header.trim();
    let text = text.strip_prefix("sha256=").or_else(|| text.strip_prefix("v1=")).unwrap_or(text);
    proof::from_hex(text).or_else(|| proof::from_base64(text)).filter(|mac| mac.len() == 32)
}

#[cfg(test)]
mod tests {
    use super::mac;

    #[test]
    fn a_mac_is_read_however_it_is_written() {
        let bytes: Vec<u8> = (0..32).collect();
        let hex = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
        for text in [hex, &hex.to_uppercase(), &format!("sha256={hex}"), "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="]
        {
            assert_eq!(mac(text).as_ref(), Some(&bytes), "{text}");
        }
        for text in ["", "00", "sha256=", "nonsense!", &hex[..60], "sha256=ø"] {
            assert_eq!(mac(text), None, "{text}");
        }
    }
}
