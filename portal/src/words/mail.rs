//! Said in mails that Saker writes itself, without a template, and on the page that shows what the demo has sent.

use super::{Words, words};

words! {
    sent_mail: "Sendt e-post", "Sent mail";
    sent_mail_stays: "Dette er en demo: e-posten ble her.", "This is a demo: these mails stayed here.";
    sent_mail_none: "Ingenting er sendt ennå.", "Nothing has been sent yet.";
    sent_mail_source: "Kilde", "Source";

    mail_not_fetched: "En e-post kunne ikke hentes", "A mail could not be fetched";
    mail_not_given: "E-postserveren gir den ikke fra seg.", "The mail server does not hand it over.";
    mail_not_stored: "Saker klarte ikke å lagre den.", "Saker could not store it.";
}

impl Words {
    pub fn mail_over(self, megabytes: usize) -> String {
        self.pick(format!("Den er på over {megabytes} MB."), format!("It is over {megabytes} MB."))
    }

    /// Where the mail lies that could not be fetched, and `why`.
    pub fn mail_still_there(self, address: &str, why: &str, uid: u32) -> String {
        self.pick(
            format!("En e-post i {address} kunne ikke hentes. {why} Den ligger fortsatt i postkassen (UID {uid})."),
            format!("A mail in {address} could not be fetched. {why} It is still in the mailbox (UID {uid})."),
        )
    }
}
