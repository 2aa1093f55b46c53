//! Said in the customers' portal.

use super::{Words, words};
use crate::Fault;
use desk::{Error, Why, model::Progress};

words! {
    contact_us: "Kontakt oss", "Contact us";
    my_requests: "Mine saker", "My requests";
    help: "Hjelp", "Help";
    home: "Forsiden", "Home";
    main_menu: "Hovedmeny", "Main menu";
    you_are_here: "Du er her", "You are here";
    need_more_help: "Trenger du mer hjelp?", "Need more help?";
    need_more_help_lead: "Skriv til oss, så svarer vi på e-post.", "Write to us, and we'll answer by e-mail.";

    // Home
    how_can_we_help: "Hva kan vi hjelpe deg med?", "How can we help?";
    how_can_we_help_lead: "Fortell hva som skjer, så finner vi ut av det sammen.", "Tell us what is happening, and we'll work it out together.";
    what_is_it_about: "Hva gjelder det?", "What is it about?";
    write_about_it: "Skriv til oss om dette", "Write to us about this";
    ways_to_reach_us: "Slik når du oss", "How to reach us";
    way_form: "Send inn en sak", "Send a request";
    way_form_lead: "Du får et saksnummer med en gang, og svar på e-post.", "You get a number at once, and the answer by e-mail.";
    way_mail: "E-post", "E-mail";
    way_mail_lead: "Skriv fra din egen e-post. Det blir en sak hos oss.", "Write from your own mail. It becomes a request with us.";
    way_phone: "Telefon", "Phone";
    way_phone_lead: "Ring når det haster.", "Call when it is urgent.";
    way_follow: "Følg en sak", "Follow a request";
    way_follow_lead: "Se hva som skjer, og svar. Du trenger ikke passord.", "See what is happening, and answer. You don't need a password.";

    // The form
    form_lead: "Fortell hva som skjer, så svarer vi på e-post.", "Tell us what is happening, and we'll answer by e-mail.";
    urgent: "Haster det?", "Is it urgent?";
    field_category: "Hva gjelder saken?", "What is it about?";
    field_kind: "Hva slags sak er det?", "What kind of request is it?";
    field_priority: "Hvor mye haster det?", "How urgent is it?";
    not_sure: "Vet ikke", "Not sure";
    no_answer: "Ikke svart", "No answer";
    choose_one: "Velg …", "Choose …";
    show_fields: "Vis feltene for dette valget", "Show the fields for this choice";
    field_title: "Kort om saken", "In short";
    field_text: "Hva skjedde?", "What happened?";
    hint_text: "Skriv gjerne hva du har prøvd, og hva som står på skjermen.", "Do say what you have tried, and what the screen says.";
    field_files: "Filer", "Files";
    optional: "(valgfritt)", "(optional)";
    hint_files: "Bilder, PDF eller dokumenter. Inntil 10 filer, 25\u{a0}MB per fil.", "Pictures, PDF or documents. Up to 10 files, 25\u{a0}MB each.";
    choose_files: "Velg filer", "Choose files";
    drop_files: "Slipp filer her, eller", "Drop files here, or";
    kept_files: "Disse er lastet opp. Fjern haken for å ta en bort.", "These are uploaded. Untick one to leave it out.";
    uploaded: "Lastet opp", "Uploaded";
    field_name: "Navn", "Name";
    field_email: "E-post", "E-mail";
    trap: "La dette feltet stå tomt", "Leave this field empty";
    send: "Send inn", "Send";
    sending: "Sender …", "Sending …";
    answer_comes: "Du får kvittering og svar på e-post.", "You get a receipt and the answer by e-mail.";
    not_sent: "Saken er ikke sendt ennå", "The request is not sent yet";
    answer_not_sent: "Svaret er ikke sendt ennå", "The answer is not sent yet";
    error_prefix: "Feil:", "Error:";
    good_to_know: "Greit å vite", "Good to know";
    know_number: "Du får et saksnummer med en gang.", "You get a number at once.";
    know_mail: "Svaret kommer på e-post. Du kan svare derfra.", "The answer comes by e-mail. You can reply from there.";
    know_link: "Kvitteringen har en lenke til saken. Den virker uten innlogging.", "The receipt has a link to the request. It works without signing in.";
    looks_automatic: "Et felt som skal stå tomt, var fylt ut. Det er tømt nå. Send en gang til.", "A field that must stay empty was filled in. It is cleared now. Send once more.";
    unreadable_form: "Skjemaet kom ikke helt fram. Se over, og send på nytt.", "The form did not arrive whole. Look it over, and send again.";
    too_much: "Alt sammen ble for stort. Send færre eller mindre filer.", "It was too large in all. Send fewer or smaller files.";
    other_site: "Skjemaet kom fra et annet nettsted. Fyll det ut her i stedet.", "The form came from another site. Fill it in here instead.";

    choose_files_again: "Filene må velges på nytt.", "The files have to be chosen again.";

    // Sent
    sent_title: "Vi har fått saken din", "We have your request";
    sent_page: "Saken er sendt", "Request sent";
    request_number: "Saksnummer", "Request number";
    progress_label: "Status for saken", "Where the request stands";
    what_happens_now: "Dette skjer nå", "What happens next";
    sent_safely: "Saken er registrert.", "The request is registered.";
    receipt_comes: "Kvitteringen kommer på e-post. Du oppga", "The receipt comes by e-mail. You gave";
    next_receipt: "Du får en kvittering", "You get a receipt";
    next_receipt_more: "Den har en lenke til saken, som virker uten innlogging. Se også i søppelposten.",
        "It has a link to the request, which works without signing in. Look in your junk mail too.";
    next_answer_mail_more: "Du kan svare på e-posten. Alt havner i samme sak.", "You can reply to the mail. It all ends up in the same request.";
    next_read: "Noen leser saken", "Someone reads the request";
    next_read_more: "De som kan hjelpe deg, har fått beskjed.", "Those who can help have been told.";
    next_answer: "Du får svar på e-post", "You get the answer by e-mail";
    next_answer_more: "Det kommer også på sakens egen side.", "It is also on the request's own page.";
    next_add: "Vil du legge til noe?", "Anything to add?";
    next_add_more: "Svar på e-posten, eller skriv på sakens side. Begge deler havner i samme sak.",
        "Reply to the mail, or write on the request's page. Both end up in the same request.";
    see_request: "Se saken", "See the request";
    to_home: "Til forsiden", "To the front page";
    private_link: "Privat lenke til saken", "Private link to the request";
    private_link_more: "Alle som har lenken, kan lese saken. Del den bare med noen du stoler på.",
        "Anyone who has the link can read the request. Share it only with people you trust.";
    all_in_one_place: "Vil du ha alle sakene på ett sted?", "Want all your requests in one place?";
    all_in_one_place_more: "Logg inn med en lenke på e-post. Du trenger ikke passord.", "Sign in with a link by e-mail. You don't need a password.";

    // The request
    step_received: "Mottatt", "Received";
    step_seen: "Lest", "Seen";
    step_in_progress: "Under arbeid", "In progress";
    step_waiting: "Venter på deg", "Waiting for you";
    step_solved: "Løst", "Solved";
    we_continue: "Vi fortsetter så snart du har svart.", "We go on as soon as you have answered.";
    write_answer: "Skriv svar", "Write an answer";
    messages: "Meldinger", "Messages";
    you: "(deg)", "(you)";
    automatic: "automatisk svar", "automatic reply";
    quoted: "Vis tidligere e-post", "Show earlier mail";
    as_designed: "Vis slik e-posten så ut", "Show as the mail looked";
    answer: "Svar", "Answer";
    answer_placeholder: "Skriv til oss", "Write to us";
    attach: "Legg ved filer", "Attach files";
    send_answer: "Send svar", "Send answer";
    solve_question: "Er problemet borte? Skriver du igjen senere, åpnes saken på nytt.",
        "Is the problem gone? If you write again later, the request opens again.";
    mark_solved: "Merk som løst", "Mark as solved";
    reopen_hint: "Saken er løst. Svarer du her, åpnes den igjen.", "The request is solved. If you answer here, it opens again.";
    ended_hint: "Saken er avsluttet. Svarer du her, blir det en ny sak, med lenke til denne.",
        "The request is closed for good. If you answer here, it becomes a new request that refers to this one.";
    about_request: "Om saken", "About the request";
    about: "Gjelder", "About";
    sent_in: "Sendt inn", "Sent";
    gets_updates: "Får oppdateringer", "Gets updates";
    new_answer: "Nytt svar", "New answer";

    // The list
    new_request: "Ny sak", "New request";
    filter: "Filter", "Filter";
    open: "Åpne", "Open";
    solved: "Løste", "Solved";
    none_open: "Ingen åpne saker", "No open requests";
    none_open_more: "Når du sender inn noe, ser du her hvordan det går.", "When you send something, you can follow it here.";
    none_solved: "Ingen løste saker ennå", "No solved requests yet";
    none_solved_more: "Når en sak er løst, finner du den her.", "When a request is solved, you find it here.";
    pages: "Sider", "Pages";
    older_requests: "Eldre saker", "Older requests";
    newest_requests: "Til de nyeste", "To the newest";
    ball_received: "Vi har fått saken.", "We have the request.";
    ball_in_progress: "Vi arbeider med saken.", "We are working on it.";
    ball_waiting: "Vi venter på svar fra deg.", "We are waiting for your answer.";
    ball_solved: "Saken er løst.", "The request is solved.";
    last_change: "Sist endret", "Last change";

    // Signing in
    sign_in_lead: "Vi sender deg en lenke på e-post. Du trenger ikke passord.", "We'll mail you a link. You don't need a password.";
    send_me_a_link: "Send meg en lenke", "Mail me a link";
    receipt_link_works: "Lenken i kvitteringen virker uten innlogging.", "The link in your receipt works without signing in.";
    check_mail: "Sjekk e-posten din", "Check your mail";
    link_lifetime: "Lenken virker i 15 minutter, og bare én gang.", "The link works for 15 minutes, and once only.";
    link_other_device: "Du kan åpne den på en annen enhet. Da blir du logget inn der.", "You may open it on another device. Then you are signed in there.";
    send_again: "Send på nytt", "Send again";
    other_address: "Bruk en annen adresse", "Use another address";
    welcome_back: "Velkommen tilbake", "Welcome back";
    press_to_sign_in: "Trykk på knappen for å logge inn på denne enheten.", "Press the button to sign in on this device.";
    not_you: "Er ikke dette deg? Lukk siden. Ingen er logget inn.", "Not you? Close the page. Nobody is signed in.";
    sign_in_to_see: "Logg inn for å se sakene dine", "Sign in to see your requests";

    // Dead ends
    page_not_found: "Vi finner ikke siden", "We can't find the page";
    page_not_found_more: "Lenken kan være gammel, eller siden kan kreve at du logger inn. Sakene dine er trygge.",
        "The link may be old, or the page may need you to sign in. Your requests are safe.";
    link_expired: "Lenken virker ikke lenger", "The link no longer works";
    link_expired_more: "En innloggingslenke virker i 15 minutter, og bare én gang. Be om en ny, så er du straks inne.",
        "A sign-in link works for 15 minutes, and once only. Ask for a new one, and you'll soon be in.";
    ask_new_link: "Be om ny lenke", "Ask for a new link";
    failed: "Noe sviktet hos oss", "Something failed on our side";
    failed_more: "Det er ikke din feil. Prøv igjen om litt.", "It is not your fault. Try again in a moment.";
    you_wrote: "Dette skrev du", "This is what you wrote";
    you_wrote_more: "Det er ikke sendt. Kopier det før du går videre.", "It is not sent. Copy it before you go on.";
    slow_down: "Det ble mange forsøk", "That was many tries";
}

impl Words {
    pub fn progress(self, progress: Progress) -> &'static str {
        match progress {
            Progress::Received => self.step_received(),
            Progress::InProgress => self.step_in_progress(),
            Progress::WaitingForYou => self.step_waiting(),
            Progress::Solved => self.step_solved(),
        }
    }

    /// Who has the ball, in one sentence.
    pub fn ball(self, progress: Progress) -> &'static str {
        match progress {
            Progress::Received => self.ball_received(),
            Progress::InProgress => self.ball_in_progress(),
            Progress::WaitingForYou => self.ball_waiting(),
            Progress::Solved => self.ball_solved(),
        }
    }

    /// Rett to ting …; spoken as a whole so that one and many both read well.
    pub fn put_right(self, things: usize) -> String {
        match things {
            0 => self.pick("Det du har skrevet, er tatt vare på.", "What you wrote is kept.").to_owned(),
            1 => self
                .pick(
                    "Rett én ting, og send på nytt. Det du har skrevet, er tatt vare på.",
                    "Put one thing right, and send again. What you wrote is kept.",
                )
                .to_owned(),
            _ => self.pick(
                format!("Rett {things} ting, og send på nytt. Det du har skrevet, er tatt vare på."),
                format!("Put {things} things right, and send again. What you wrote is kept."),
            ),
        }
    }

    /// What is wrong with a field of the portal's forms, more to the point than [`Words::why`] where that helps.
    pub fn wrong(self, field: &str, why: &Why) -> String {
        match (field, why) {
            ("title", Why::Missing) => self
                .pick(
                    "Skriv kort hva saken gjelder, for eksempel «Skriver virker ikke».",
                    "Say in short what it is about, such as “The printer does not work”.",
                )
                .to_owned(),
            ("text", Why::Missing) => self.pick("Skriv hva som skjedde.", "Say what happened.").to_owned(),
            ("answer", Why::Missing) => self.pick("Skriv et svar først.", "Write an answer first.").to_owned(),
            ("name", Why::Missing) => self.pick("Skriv navnet ditt.", "Write your name.").to_owned(),
            ("email", Why::Missing) => self
                .pick("Skriv e-postadressen din, så vi kan svare.", "Write your e-mail address, so that we can answer.")
                .to_owned(),
            ("kind", _) => self.pick("Velg hva slags sak det er.", "Choose what kind of request it is.").to_owned(),
            ("priority", _) => self.pick("Velg hvor mye det haster.", "Choose how urgent it is.").to_owned(),
            ("category", _) => self.pick("Velg hva saken gjelder.", "Choose what it is about.").to_owned(),
            ("files", Why::Missing) => self
                .pick(
                    "En fil er ikke lagret hos oss lenger. Velg den på nytt.",
                    "A file is not kept with us any more. Choose it again.",
                )
                .to_owned(),
            ("files", Why::TooLarge { megabytes }) => self.pick(
                format!("En fil er for stor. Største fil er {megabytes}\u{a0}MB."),
                format!("A file is too large. The largest file is {megabytes}\u{a0}MB."),
            ),
            ("files", Why::TooMany { most }) => self.pick(
                format!("Det er for mange filer. Send inntil {most}."),
                format!("There are too many files. Send up to {most}."),
            ),
            _ => self.why(why),
        }
    }

    /// Read out when a choice changed what the form asks for.
    pub fn asks_now(self, fields: usize) -> String {
        match fields {
            0 => self
                .pick("Skjemaet har ingen egne felt for dette valget.", "The form has no extra fields for this choice.")
                .to_owned(),
            1 => self
                .pick("Skjemaet har ett eget felt for dette valget.", "The form has one extra field for this choice.")
                .to_owned(),
            _ => self.pick(
                format!("Skjemaet har {fields} egne felt for dette valget."),
                format!("The form has {fields} extra fields for this choice."),
            ),
        }
    }

    /// What is wrong with files that are too large: which they are, and what to do.
    pub fn files_too_large(self, files: &[(String, i64)]) -> String {
        if let [(name, bytes)] = files {
            return self.file_too_large(name, *bytes);
        }
        let names = files.iter().map(|(name, _)| self.pick(format!("«{name}»"), format!("“{name}”")));
        let names = names.collect::<Vec<_>>().join(", ");
        self.pick(
            format!("Disse er for store: {names}. Største fil er 25\u{a0}MB. Velg filene på nytt uten dem."),
            format!(
                "These are too large: {names}. The largest file is 25\u{a0}MB. Choose the files again without them."
            ),
        )
    }

    /// Many forms came from one place.
    pub fn rush(self, seconds: u32) -> String {
        let wait = self.wait(seconds);
        self.pick(
            format!("Det kommer uvanlig mange skjemaer fra nettet ditt akkurat nå. Vent {wait}, og send på nytt. Det du skrev, er her fortsatt."),
            format!("Unusually many forms are coming from your network just now. Wait {wait}, and send again. What you wrote is still here."),
        )
    }

    /// `48 MB. Største fil er 25 MB.`
    pub fn file_too_large(self, name: &str, bytes: i64) -> String {
        let size = self.size(bytes);
        self.pick(
            format!("«{name}» er {size}. Største fil er 25\u{a0}MB. Velg filene på nytt uten den."),
            format!("“{name}” is {size}. The largest file is 25\u{a0}MB. Choose the files again without it."),
        )
    }

    /// `«Skriver virker ikke» er registrert.`
    pub fn is_registered(self, title: &str) -> String {
        self.pick(format!("«{title}» er registrert."), format!("“{title}” is registered."))
    }

    pub fn receipt_sent_to(self) -> &'static str {
        self.pick("Kvittering sendes til", "A receipt is on its way to")
    }

    pub fn call(self, phone: &str) -> String {
        self.pick(format!("Ring {phone}"), format!("Call {phone}"))
    }

    pub fn answers_you(self, name: &str) -> String {
        self.pick(format!("{name} svarer deg"), format!("{name} is answering you"))
    }

    pub fn waits_for_you(self, name: Option<&str>) -> String {
        match name {
            Some(name) => {
                self.pick(format!("{name} venter på svar fra deg"), format!("{name} is waiting for your answer"))
            }
            None => self.pick("Vi venter på svar fra deg".to_owned(), "We are waiting for your answer".to_owned()),
        }
    }

    /// `fra Nordvik`, beside an agent's first name.
    pub fn from_house(self, house: &str) -> String {
        self.pick(format!("fra {house}"), format!("from {house}"))
    }

    pub fn sign_in_as(self, address: &str) -> String {
        self.pick(format!("Logg inn som {address}"), format!("Sign in as {address}"))
    }

    /// The same whether the address is known or not.
    pub fn link_on_its_way(self) -> (&'static str, &'static str) {
        self.pick(("Hvis", "er kjent hos oss, er lenken på vei."), ("If", "is known to us, a link is on its way."))
    }

    pub fn link_comes_from(self, address: &str) -> String {
        self.pick(
            format!("Den kommer fra {address}. Se også i søppelposten."),
            format!("It comes from {address}. Look in your junk mail too."),
        )
    }

    pub fn file_of_mail(self, from: &str) -> String {
        self.pick(format!("E-post fra {from}"), format!("Mail from {from}"))
    }

    /// The heading of a dead end.
    pub fn dead_end(self, fault: &Fault) -> &'static str {
        match fault {
            Fault::Desk(Error::Expired) => self.link_expired(),
            Fault::Desk(Error::Unauthenticated) => self.sign_in_to_see(),
            Fault::Desk(Error::TooMany { .. }) => self.slow_down(),
            Fault::Desk(Error::NotFound | Error::Forbidden) => self.page_not_found(),
            _ => self.failed(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use desk::model::Language;

    #[test]
    fn a_missing_answer_is_worded_for_its_field() {
        let (nb, en) = (Words::new(Language::Nb), Words::new(Language::En));
        assert!(nb.wrong("email", &Why::Missing).contains("e-postadressen"));
        assert_eq!(en.wrong("phone", &Why::Missing), en.why(&Why::Missing));
        assert_eq!(en.put_right(2), "Put 2 things right, and send again. What you wrote is kept.");
    }
}
