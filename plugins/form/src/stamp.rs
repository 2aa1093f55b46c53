//! The mark of a form that was shown: when, and which one. Signed, so that a machine can't make it up.

/// Sooner than this nobody has written a message, in milliseconds.
pub const SOON_MS: f64 = 2_000.0;
/// Longer than this no form is waited for: a day, in milliseconds.
pub const OLD_MS: f64 = 86_400_000.0;

/// When a form was shown, and its own name.
#[derive(Clone, Debug, PartialEq)]
pub struct Stamp {
    /// Unix milliseconds.
    pub at_ms: f64,
    /// The same for all that is sent from one showing.
    pub name: String,
}

impl Stamp {
    /// For a form that is shown now in answer to the call with this name.
    pub fn new(at_ms: f64, call: &str) -> Self {
        let name = call.chars().filter(char::is_ascii_alphanumeric).take(40).collect();
        Self { at_ms, name }
    }

    /// For one that is shown again: whoever reads what is wrong and sends at once is not too fast.
    pub fn again(at_ms: f64, call: &str) -> Self {
        Self::new((at_ms - SOON_MS).max(0.0), call)
    }

    /// What is signed.
    pub fn words(&self) -> String {
        format!("{}.{}", self.at_ms as u64, self.name)
    }

    /// A mark and the hexadecimal digits behind it, not believed yet.
    pub fn read(text: &str) -> Option<(Self, &str)> {
        let mut parts = text.trim().splitn(3, '.');
        let (at, name, mac) = (parts.next()?, parts.next()?, parts.next()?);
        let at: u64 = at.parse().ok().filter(|at| *at < 1 << 52)?;
        let plain = !name.is_empty() && name.len() <= 40 && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
        plain.then(|| (Self { at_ms: at as f64, name: name.to_owned() }, mac))
    }
}

#[cfg(test)]
mod tests {
    use super::Stamp;

    #[test]
    fn a_mark_is_read_as_it_was_written_and_nothing_else_is() {
        let stamp = Stamp::new(1_795_510_800_000.0, "0192-ab.c");
        assert_eq!(stamp.words(), "1795510800000.0192abc");
        assert_eq!(Stamp::read("1795510800000.0192abc.00ff"), Some((stamp, "00ff")));
        for bad in ["", "1.2", "x.a.b", "1..b", "1.ø.b", "99999999999999999999.a.b", "-1.a.b"] {
            assert_eq!(Stamp::read(bad), None, "{bad}");
        }
    }
}
