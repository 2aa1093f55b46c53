//! The port outwards: plugins read, write and render; the relay takes what leaves.

use crate::{
    hook,
    mail::{Post, deliver},
    plugins::{Folder, Plugins},
    shipped,
};
use desk::{
    Desk, Result,
    channel::{Failure, Heard, HookCall, HookReply, Line, Looked, Receipt, SetUp, Utterance},
    mailbox::{Imap, Mailbox},
    model::{AccountId, Language, Rendered, Setback, TemplateCard},
    outside::{
        Arrival, Boxed, Envelope, HookAnswer, HookPost, Inbound, Offered, Outside, Parcel, Party, Sent, Sheet,
        Unreadable,
    },
    plugin::{Found, Glimpse, Happening, Label, Mind, Proposal},
};
use std::sync::Arc;

/// The world, as the process reaches it.
pub struct World {
    pub plugins: Plugins,
    /// Where plugins may lie, beside those that come with the program.
    pub folder: Option<Arc<Folder>>,
    pub way: Way,
    /// Where webhooks may lead.
    pub hooks: hook::Reach,
}

/// Where outgoing mail goes.
pub enum Way {
    Relay(deliver::Relay),
    /// The demo: what would leave stays readable on a page.
    Kept,
    /// Nobody has said yet; mail waits.
    Unset,
}

impl Outside for World {
    fn read<'a>(&'a self, mail: &'a Arrival) -> Boxed<'a, Result<Vec<Inbound>, Unreadable>> {
        Box::pin(self.plugins.read(mail))
    }

    fn compose<'a>(&'a self, parcel: &'a Parcel) -> Boxed<'a, Result<Vec<u8>, Unreadable>> {
        Box::pin(self.plugins.compose(parcel))
    }

    fn send<'a>(&'a self, envelope: &'a Envelope, raw: &'a [u8]) -> Boxed<'a, Sent> {
        match &self.way {
            Way::Relay(relay) => Box::pin(deliver::send(relay, envelope, raw)),
            Way::Kept => Box::pin(async { Sent::Accepted }),
            Way::Unset => Box::pin(async { Sent::Later(Setback::NoWayOut.to_string()) }),
        }
    }

    fn has_way_out(&self) -> bool {
        !matches!(self.way, Way::Unset)
    }

    fn templates<'a>(&'a self, language: Language) -> Boxed<'a, Result<Vec<TemplateCard>, Unreadable>> {
        Box::pin(self.plugins.templates(language))
    }

    fn render<'a>(&'a self, sheet: &'a Sheet) -> Boxed<'a, Result<Rendered, Unreadable>> {
        Box::pin(self.plugins.render(sheet))
    }

    fn hear<'a>(&'a self, line: &'a Line, call: &'a HookCall) -> Boxed<'a, Result<(Heard, HookReply), Failure>> {
        Box::pin(self.plugins.hear(line, call))
    }

    fn look<'a>(&'a self, line: &'a Line, cursor: Option<&'a str>, most: u32) -> Boxed<'a, Result<Looked, Failure>> {
        Box::pin(self.plugins.look(line, cursor, most))
    }

    fn speak<'a>(&'a self, line: &'a Line, utterance: &'a Utterance) -> Boxed<'a, Result<Receipt, Failure>> {
        Box::pin(self.plugins.speak(line, utterance))
    }

    fn ask_after<'a>(&'a self, line: &'a Line, key: &'a str) -> Boxed<'a, Result<Option<Receipt>, Failure>> {
        Box::pin(self.plugins.ask_after(line, key))
    }

    fn set_up<'a>(&'a self, line: &'a Line, what: SetUp) -> Boxed<'a, Result<Vec<(String, String)>, Failure>> {
        Box::pin(self.plugins.set_up(line, what))
    }

    fn try_sample<'a>(&'a self, line: &'a Line, call: &'a HookCall) -> Boxed<'a, Result<Heard, Failure>> {
        Box::pin(self.plugins.try_sample(line, call))
    }

    fn check_mind<'a>(&'a self, mind: &'a Mind) -> Boxed<'a, Result<(), Failure>> {
        Box::pin(self.plugins.check_mind(mind))
    }

    fn try_plugin<'a>(&'a self, file: &'a str) -> Boxed<'a, Result<(), Unreadable>> {
        Box::pin(self.plugins.try_file(file))
    }

    fn offered(&self) -> Vec<Arc<Offered>> {
        let folder = self.folder.iter().flat_map(|folder| folder.offered());
        shipped::offered().iter().cloned().chain(folder).collect()
    }

    fn load_plugins<'a>(&'a self, desk: &'a Desk) -> Boxed<'a, ()> {
        Box::pin(self.plugins.load(desk))
    }

    fn forget_plugin_code(&self, files: &[String]) {
        self.plugins.forget_code(files);
    }

    fn classify<'a>(
        &'a self,
        mind: &'a Mind,
        ticket: &'a Glimpse,
        choices: &'a [(String, String)],
    ) -> Boxed<'a, Result<Vec<Label>, Unreadable>> {
        Box::pin(self.plugins.classify(mind, ticket, choices))
    }

    fn enrich<'a>(
        &'a self,
        mind: &'a Mind,
        who: &'a Party,
        context: &'a [(String, String)],
    ) -> Boxed<'a, Result<Vec<Found>, Unreadable>> {
        Box::pin(self.plugins.enrich(mind, who, context))
    }

    fn propose<'a>(&'a self, mind: &'a Mind, event: &'a Happening) -> Boxed<'a, Result<Vec<Proposal>, Unreadable>> {
        Box::pin(self.plugins.propose(mind, event))
    }

    fn post_hook<'a>(&'a self, post: &'a HookPost) -> Boxed<'a, HookAnswer> {
        Box::pin(hook::post(self.hooks, post))
    }
}

/// The desk behind the mail sockets. A type of our own, because neither side is.
pub struct Letterbox(pub Desk);

impl Post for Letterbox {
    fn post_mail<'a>(&'a self, account: &'a AccountId, envelope: Envelope, raw: Vec<u8>) -> Boxed<'a, Result<()>> {
        Box::pin(self.0.post_mail(account, envelope, raw))
    }

    fn mailbox_for<'a>(&'a self, address: &'a str) -> Boxed<'a, Result<Option<AccountId>>> {
        Box::pin(self.0.mailbox_for(address))
    }

    fn mailboxes(&self) -> Boxed<'_, Result<Vec<Mailbox>>> {
        Box::pin(self.0.mailboxes_here())
    }

    fn save_cursor<'a>(&'a self, account: &'a AccountId, place: &'a Imap, cursor: &'a str) -> Boxed<'a, Result<bool>> {
        Box::pin(self.0.save_cursor(account, place, cursor))
    }

    fn hand_on<'a>(&'a self, account: &'a AccountId) -> Boxed<'a, Result<()>> {
        Box::pin(self.0.hand_on(account))
    }
}
