//! Who asks by a mail: its author, but where a program wrote it for somebody.
//!
//! Forms on the web write from an address of their own, or from ours, and name whoever filled them in as the one to be answered
//! (RFC 5322 section 3.6.2). In those two cases alone the one to be answered is who asks; elsewhere it is the author, and
//! `Reply-To` is only where an answer goes (`recipient.rs`).

use crate::{
    Result,
    db::Write,
    outside::{Inbound, Party},
    person::address,
};

/// What addresses that nobody reads are called, without what stands between the words.
const NO_REPLY: [&str; 5] = ["noreply", "donotreply", "dontreply", "ikkesvar", "svarikke"];

/// Whether an address says of itself that nobody reads it: `no-reply@`, `facebook.noreply@`, `do_not_reply2@`. Only whole words
/// count, so that `kano.reply@` is somebody's.
pub(crate) fn is_no_reply(address: &str) -> bool {
    let local = address.split('@').next().unwrap_or_default().to_lowercase();
    let words: Vec<&str> = local
        .split(|c: char| !c.is_alphanumeric())
        .map(|word| word.trim_end_matches(|c: char| c.is_ascii_digit()))
        .filter(|word| !word.is_empty())
        .collect();
    let said = |some: &[&str]| NO_REPLY.contains(&some.concat().as_str());
    (1..=3).any(|count| words.windows(count).any(said))
}

/// Where a mail's author wants to be answered, where that is another address that somebody may read.
pub(crate) fn answered_at(mail: &Inbound) -> Option<Party> {
    let there = mail.reply_to.as_ref()?;
    let party = Party { address: address(&there.address).ok()?, name: there.name.clone() };
    let elsewhere = address(&mail.from.address).is_ok_and(|from| from != party.address);
    (elsewhere && !is_no_reply(&party.address)).then_some(party)
}

impl Write {
    /// Who asks, where that is not the author.
    pub(crate) async fn asks_for(&mut self, mail: &Inbound) -> Result<Option<Party>> {
        let Some(party) = answered_at(mail) else { return Ok(None) };
        let for_others = is_no_reply(&mail.from.address) || self.is_ours(&mail.from.address).await?;
        Ok(if for_others && !self.is_ours(&party.address).await? { Some(party) } else { None })
    }
}

#[cfg(test)]
mod tests {
    use super::is_no_reply;

    #[test]
    fn an_address_that_nobody_reads_says_so_in_whole_words() {
        for nobody in [
            "noreply@x.no",
            "no-reply@x.no",
            "No_Reply@x.no",
            "facebook.noreply@x.no",
            "do-not-reply@x.no",
            "donotreply2@x.no",
            "ikke-svar@x.no",
            "svar.ikke@x.no",
            "no-reply-norge@x.no",
            "noreply+bestilling@x.no",
        ] {
            assert!(is_no_reply(nobody), "{nobody}");
        }
        for somebody in ["kano.reply@x.no", "noreen@x.no", "reply@x.no", "kari@noreply.no", "bruno-reply@x.no", "@", ""]
        {
            assert!(!is_no_reply(somebody), "{somebody}");
        }
    }
}
