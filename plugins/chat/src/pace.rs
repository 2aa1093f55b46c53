//! How often something happens. Pure.

/// What is counted of a window of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// When the window began; Unix milliseconds.
    since: i64,
    count: u32,
}

impl Pace {
    /// What was kept, or the beginning of a window where the last one is over, or none was.
    pub fn of(kept: Option<&[u8]>, now: i64, window_s: u32) -> Self {
        let read = |kept: &[u8]| {
            let (since, count) = std::str::from_utf8(kept).ok()?.split_once(' ')?;
            Some(Self { since: since.parse().ok()?, count: count.parse().ok()? })
        };
        let goes_on = |pace: &Self| (0..i64::from(window_s) * 1_000).contains(&(now - pace.since));
        kept.and_then(read).filter(goes_on).unwrap_or(Self { since: now, count: 0 })
    }

    /// With one more; none where there were `most`.
    pub fn one_more(self, most: u32) -> Option<Self> {
        (self.count < most).then_some(Self { count: self.count + 1, ..self })
    }

    /// As it is kept, and for how many seconds: until its window is over, however often it is written.
    pub fn kept(self, now: i64, window_s: u32) -> (String, u32) {
        let gone = u32::try_from((now - self.since) / 1_000).unwrap_or(0);
        (format!("{} {}", self.since, self.count), window_s.saturating_sub(gone).max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::Pace;

    #[test]
    fn a_window_ends_however_busy_it_is() {
        let (window, most, start) = (600, 30, 1_795_510_800_000);
        let mut kept: Option<String> = None;
        let (mut taken, mut refused) = (0, 0);
        // One every ten seconds, for an hour, behind the same proxy.
        for n in 0..360 {
            let now = start + n * 10_000;
            match Pace::of(kept.as_deref().map(str::as_bytes), now, window).one_more(most) {
                Some(pace) => {
                    let (text, seconds) = pace.kept(now, window);
                    assert!(i64::from(seconds) <= 600 - (n * 10) % 600, "{n}: {seconds}");
                    (kept, taken) = (Some(text), taken + 1);
                }
                None => refused += 1,
            }
        }
        assert_eq!((taken, refused), (6 * 30, 6 * 30));
    }

    #[test]
    fn what_was_kept_before_and_garbage_begin_a_window() {
        let new = Pace { since: 5_000, count: 0 };
        for kept in [None, Some(&b"29"[..]), Some(b"x y"), Some(b"\xff 1"), Some(b"6000 30")] {
            assert_eq!(Pace::of(kept, 5_000, 600), new);
        }
        assert_eq!(Pace::of(Some(b"4000 30"), 5_000, 600).one_more(30), None);
    }
}
