//! Why something of a plugin, or a mail of ours, did not come to be, where the host says so and not the plugin or the other
//! server. It is written down as a sentence, for logs and programs; pages know the sentence and word it for their reader.

use super::event::text_enum;

text_enum! {
    /// What the host says. Behind it may stand a colon and what it is about: an address, a budget, what the compiler said.
    Setback {
        // How a call ended
        TooLong = "it took too long",
        TooMuchComputing = "it took too much computing time",
        TooMuchMemory = "it wanted more memory than a call may have",
        TooDeep = "it is nested too deeply",
        TooMuchAtOnce = "it handed over more at once than a call may",
        OverBudget = "the plugin asked for too much",
        Senseless = "what it handed over makes no sense",
        GaveUp = "the plugin could not cope with it",
        Failed = "the plugin failed",
        Busy = "the plugin has too much to do; try again",
        AllBusy = "too many plugins are busy; try again",
        ShuttingDown = "plugins are shutting down",
        NotRunning = "the plugin does not run now",
        NotItsTask = "the plugin does not do this",
        NothingRuns = "no plugin for this runs now",
        NotGranted = "this was not granted",
        TextTooLong = "the text became too long",
        // Why it can't be loaded
        FileGone = "its file is gone",
        NotCompiled = "it does not compile",
        TooLargeToCompile = "it takes more time or memory to compile than a plugin may",
        AsksForMore = "it asks for something that plugins of its kind do not get",
        OtherShape = "an interface has another shape than the contract's",
        // What an account lacks
        MayNotBeCalled = "being called was not granted",
        MayNotLook = "looking for messages was not granted",
        MayNotSend = "sending was not granted",
        MayNotReceive = "bringing messages in was not granted",
        NoCursor = "what the plugin remembers between two looks is no text",
        LongCursor = "the plugin remembers too much between two looks",
        SwitchedOff = "the account is switched off",
        GivenUp = "the account was given up before it left",
        Bounced = "it was taken, and did not arrive",
        // What is wrong with what it brought
        Nameless = "the plugin gave a message no name",
        TooManyMessages = "the plugin brought more messages at once than a call may",
        UnknownToHost = "the plugin speaks of something that this host does not know",
        FilesMissing = "files could not be fetched",
        NotStored = "it could not be stored",
        // Why a request of it got no answer
        Denied = "denied",
        Invalid = "invalid",
        NoSuchServer = "not found",
        ServerRefused = "refused",
        NoTrust = "no trust",
        ServerTooSlow = "too slow",
        AnswerTooLarge = "too large",
        TooManyRequests = "too many",
        CutOff = "the call ended before an answer came",
        // What became of a mail
        MailTooLarge = "the mail is larger than a mail may be",
        BytesGone = "its bytes are gone",
        FilesTooLarge = "its attachments are larger together than they may be",
        AttachmentGone = "an attachment is gone",
        Withheld = "its message was made internal, taken away or blacked out before it left",
        RequestWithheld = "its request was made internal, deleted or marked as spam before it left",
        NobodyThere = "nobody was there any more, and no address is known",
        CutOffMidway = "cut off before the other server answered",
        NoWayOut = "no server for outgoing mail is set up",
        NoRecipient = "the mail has no recipient",
        NoAddress = "no mail can be sent to this address",
        NotReached = "the server for outgoing mail was not reached",
        BrokeOff = "the connection broke while the mail was given",
        BrokeAtTheEnd = "the connection broke at the end of the mail",
        OddVerdict = "the mail was given, and the answer makes no sense",
        NoVerdict = "the mail was given, and no answer came",
    }
}

impl Setback {
    /// As it is written down with what it is about.
    pub fn about(self, what: impl std::fmt::Display) -> String {
        format!("{self}: {what}")
    }

    /// What was written down, and what it is about; none for what a plugin said, or anybody else.
    pub fn read(said: &str) -> Option<(Self, &str)> {
        let (sentence, about) = said.split_once(": ").unwrap_or((said, ""));
        sentence.parse().ok().map(|setback| (setback, about))
    }

    /// Trying again would come to the same: what is too large does not shrink.
    pub fn is_for_good(self) -> bool {
        matches!(self, Self::FilesTooLarge | Self::MailTooLarge)
    }

    /// It was never called: it could not be loaded.
    pub fn is_at_start(self) -> bool {
        matches!(
            self,
            Self::FileGone | Self::NotCompiled | Self::TooLargeToCompile | Self::AsksForMore | Self::OtherShape
        )
    }
}

#[cfg(test)]
mod tests {
    use super::Setback;

    #[test]
    fn what_is_written_down_is_known_again() {
        for setback in Setback::ALL {
            assert_eq!(Setback::read(setback.as_str()), Some((*setback, "")));
            assert_eq!(Setback::read(&setback.about("a: b")), Some((*setback, "a: b")));
        }
        for said in ["", "The token was refused", "refused by the shop", "no trust in this"] {
            assert_eq!(Setback::read(said), None, "{said}");
        }
    }
}
