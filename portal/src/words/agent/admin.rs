//! Said on the pages of administrators: plugins and channels.

use crate::words::{Words, words};
use desk::model::{ChannelState, PluginKind, PluginState, Setback, Setting, SettingSort, Words as Both};

words! {
    administration: "Administrasjon", "Administration";
    admin_short: "Admin", "Admin";
    plugins: "Utvidelser", "Plugins";
    channels: "Kanaler", "Channels";
    my_settings: "Mine innstillinger", "My settings";
    open_administration: "Utvidelser og kanaler", "Plugins and channels";
    no_access_here: "Endringen ble ikke gjort: skjemaet kom fra et annet nettsted.", "Nothing was changed: the form came from another site.";
    not_done: "Dette gikk ikke", "That didn't work";
    put_right_below: "Se på det som er merket. Resten er tatt vare på.", "Look at what is marked. The rest is kept.";

    // What is installed
    no_plugins: "Ingen utvidelser er installert", "No plugins are installed";
    no_plugins_help: "Uten utvidelser leses ingen e-post. Installer en fra en fil.", "Without plugins no mail is read. Install one from a file.";
    last_day: "siste døgn", "last 24 hours";
    comes_with_saker: "Følger med Saker", "Comes with Saker";
    comes_with_saker_help: "Ligger klart og gjør ingenting før du installerer det.", "Lies ready and does nothing before you install it.";
    in_the_folder: "I mappen for utvidelser", "In the folder for plugins";
    in_the_folder_help: "Lagt der av den som drifter Saker. Gjør ingenting før du installerer det.",
        "Put there by whoever runs Saker. Does nothing before you install it.";
    look_at_it: "Se på den", "Look at it";
    nothing_to_set: "Denne utvidelsen har ingen innstillinger.", "This plugin has no settings.";
    install_from_file: "Installer fra fil", "Install from a file";
    plugin_file: "Velg en fil, eller slipp den her", "Choose a file, or drop it here";
    plugin_file_hint: "En .wasm på høyst 24\u{a0}MB. Ingenting kjører før du har sagt hva den får lov til.", "A .wasm of at most 24\u{a0}MB. Nothing runs before you have said what it may do.";
    look_through: "Se gjennom filen", "Look through the file";
    publishers: "Utgivere", "Publishers";
    all_publishers: "Utvidelser fra alle tas imot. Fester du en utgiver, tas bare festede utgiveres.", "Plugins from anybody are taken. Once you pin a publisher, only pinned publishers' are.";
    pinned_only: "Bare utvidelser fra disse tas imot. Det som er installert, blir.", "Only plugins from these are taken. What is installed stays.";
    publisher_key: "Nøkkel, 64 heksadesimale siffer", "Key, 64 hexadecimal digits";
    publisher_name: "Navn", "Name";
    pin: "Fest", "Pin";
    unpin: "Løsne", "Unpin";
    not_a_key: "En nøkkel er 64 siffer fra 0 til 9 og a til f.", "A key is 64 digits from 0 to 9 and a to f.";

    // A sheet
    what_it_wants: "Hva den vil", "What it wants";
    sheet_lead: "Kryss av for det den skal få lov til. Det du ikke krysser av, blir nektet.", "Tick what it may do. What you don't tick is denied.";
    it_can_not: "Den kan ikke", "It can’t";
    what_it_can_not: "Lese filer den ikke har fått, nå andre adresser enn de som står her, eller se andre utvidelser",
        "Read files that it was not handed, reach other addresses than those that stand here, or see other plugins";
    new_in_this: "Nytt i denne versjonen", "New in this version";
    granted_before: "Fikk lov før", "Granted before";
    denied_before: "Fikk ikke lov før", "Denied before";
    nothing_new: "Denne versjonen vil ikke noe nytt.", "This version wants nothing new.";
    it_needs_this: "Må til", "Needed";
    look_twice: "Tenk over", "Think twice";
    tick_this: "Uten dette virker utvidelsen ikke. Kryss av, eller la være å installere.", "The plugin is of no use without this. Tick it, or don't install.";
    who_made_it: "Hvem har laget den", "Who made it";
    take_unsigned: "Jeg stoler på filen selv om ingen har signert den", "I trust the file though nobody signed it";
    say_unsigned: "Kryss av hvis du stoler på filen.", "Tick this if you trust the file.";
    install: "Installer", "Install";
    replace: "Bytt versjon", "Replace the version";
    let_be: "La være", "Don't install";
    sheet_gone: "Filen er ikke her lenger. Last den opp på nytt.", "The file is no longer here. Upload it again.";
    author: "Laget av", "Made by";
    licence: "Lisens", "Licence";
    version: "Versjon", "Version";
    website: "Nettsted", "Website";
    file_hash: "Filens SHA-256", "SHA-256 of the file";

    // One plugin
    overview: "Oversikt", "Overview";
    plugin_log: "Logg", "Log";
    egress: "Trafikk ut", "Traffic out";
    failed_calls: "Kall med feil", "Calls with errors";
    switch_on: "Slå på", "Switch on";
    switch_off: "Slå av", "Switch off";
    try_again_now: "Prøv igjen nå", "Try again now";
    what_it_may: "Hva den får lov til", "What it may do";
    save_grants: "Lagre", "Save";
    versions: "Versjoner", "Versions";
    version_now: "kjører nå", "runs now";
    version_before: "før", "before";
    go_back: "Gå tilbake til denne", "Go back to this one";
    no_version_before: "Det finnes ingen tidligere versjon å gå tilbake til.", "There is no earlier version to go back to.";
    remove_plugin: "Fjern utvidelsen", "Remove the plugin";
    remove_plugin_lead: "Filer, minne, logg og tall forsvinner. Sakene blir.", "Files, memory, log and figures go. Requests stay.";
    no_mail_then: "Ingen annen utvidelse leser e-post. Uten denne blir ingen e-post lest eller sendt: det som kommer, tas ikke imot, og det som skal sendes, venter.", "No other plugin reads mail. Without this one no mail is read or sent: what comes is not taken, and what is to be sent waits.";
    no_templates_then: "Ingen annen utvidelse skriver ut fra maler. Uten denne venter kvitteringer, og svar kan ikke skrives ut fra maler.", "No other plugin writes from templates. Without this one receipts wait, and no reply can be written from a template.";
    remove_for_good: "Fjern for godt", "Remove for good";
    accounts_first: "Fjern kontoene først:", "Remove its accounts first:";
    this_goes: "Dette forsvinner for godt:", "This goes for good:";
    goes_files: "filen og versjonene av den", "its file and all versions of it";
    goes_memory: "det den husker for kontoene sine", "what it remembers for its accounts";
    goes_ledgers: "logg, trafikk, tall og kall med feil", "log, traffic, figures and calls with errors";
    goes_not: "Saker og meldinger som kom med den, blir.", "Requests and messages that it brought stay.";
    health: "Slik går det", "Health";
    calls_word: "Kall", "Calls";
    failed_word: "Feilet", "Failed";
    errors_word: "Svarte med feil", "Answered with an error";
    mean_time: "Tid, snitt", "Time, mean";
    slowest: "Tregeste", "Slowest";
    computing: "Regnetid", "Computing";
    calls_over_time: "Kall", "Calls";
    failed_over_time: "Kall som feilet", "Failed calls";
    errors_over_time: "Kall som ble svart med feil", "Calls answered with an error";
    time_over_time: "Tid per kall, snitt, i ms", "Time per call, mean, in ms";
    computing_over_time: "Regnetid per kall, snitt, i ms", "Computing per call, mean, in ms";
    as_table: "Som tabell", "As a table";
    when_word: "Når", "When";
    one_day: "Døgn", "Day";
    one_week: "Uke", "Week";
    one_month: "Måned", "Month";
    period: "Tidsrom", "Period";
    no_calls_yet: "Ingen kall i dette tidsrommet.", "No calls in this period.";
    no_lines: "Ingenting i loggen passer.", "Nothing in the log fits.";
    no_egress: "Ingenting har gått ut.", "Nothing has left.";
    no_failed_calls: "Ingen kall har hatt feil.", "No calls had errors.";
    log_is_empty: "Ingenting i loggen ennå.", "Nothing in the log yet.";
    level: "Nivå", "Level";
    level_any: "Alt", "Everything";
    level_info: "Opplysninger og verre", "Information and worse";
    level_warn: "Advarsler og feil", "Warnings and errors";
    level_error: "Bare feil", "Errors alone";
    filter_words: "Linjer som sier", "Lines that say";
    show_these: "Vis", "Show";
    older: "Eldre", "Older";
    newest_first: "Til de nyeste", "To the newest";
    request_word: "Kall", "Request";
    answer_word: "Svar", "Answer";
    sent_word: "Ut", "Out";
    received_word: "Inn", "In";
    took_word: "Tok", "Took";
    account_word: "Konto", "Account";
    function_word: "Funksjon", "Function";
    outcome_word: "Hva som skjedde", "What happened";
    egress_lead: "Hvert kall ut, også de som ble stoppet. Holdes i 30 dager, uten hemmeligheter.", "Every request that left, and those that were stopped. Kept for 30 days, without secrets.";
    calls_lead: "Opptaket har alt som gikk inn, uten hemmeligheter. Den som har laget utvidelsen, gjør det om igjen med «saker plugin replay».", "The recording holds all that went in, without secrets. The plugin's author does it again with “saker plugin replay”.";
    recording: "Opptak", "Recording";
    unread_calls: "Ulest", "Unread";
    unread_lead: "Det som kom inn og ikke ble til noe. Der utvidelsen sviktet, ligger det trygt her til en versjon kan lese det, og en ny versjon prøver av seg selv. Det den avviste, holdes i 30 dager.", "What came in and led to nothing. Where the plugin failed, it is safe here until a version can read it, and a new version tries by itself. What it refused is kept for 30 days.";
    no_unread: "Alt som kom inn, er lest.", "Everything that came in has been read.";
    read_again: "Prøv igjen", "Try again";
    read_all_again: "Prøv alle den sviktet på, igjen", "Try all on which it failed again";
    drop_unread: "Slett", "Delete";
    aside_failed: "Sviktet", "Failed";
    aside_refused: "Avvist", "Refused";
    stopped: "Stoppet", "Stopped";
    no_answer_came: "Fikk ikke svar", "No answer";

    // Channels
    no_channels: "Ingen kontoer ennå", "No accounts yet";
    no_channels_help: "En konto er en bot, et nummer eller et skjema som saker kommer fra.", "An account is a bot, a number or a form that requests come from.";
    no_channel_plugins: "Ingen installerte utvidelser er en kanal. Installer en først.", "No installed plugin is a channel. Install one first.";
    add_account: "Legg til konto", "Add an account";
    no_account_of_it: "Utvidelsen har ingen konto ennå, så ingenting kommer inn.", "The plugin has no account yet, so nothing comes in.";
    not_called: "Ikke tillatt", "Not granted";
    not_called_why: "Utvidelsen har ikke fått lov til å bli kalt fra internett. Det som sendes til adressen under, kommer ikke inn.", "The plugin may not be called from the internet. What is sent to the address below does not come in.";
    let_it: "Gi den lov", "Grant it";
    check_went_wrong: "Sjekken feilet", "The check failed";
    calls_refused: "Avviser kall", "Turns calls away";
    last_refused: "Sist avvist", "Last turned away";
    account_name: "Navn på kontoen", "Name of the account";
    account_name_hint: "Bare kolleger ser det.", "Only colleagues see it.";
    account_category: "Sakene kommer i", "Requests arrive in";
    settings_of_it: "Innstillinger", "Settings";
    secrets: "Hemmeligheter", "Secrets";
    secret_kept: "Fylt ut, og vises aldri igjen. La stå tom for å beholde den.", "Filled in, and never shown again. Leave empty to keep it.";
    secret_generated: "La stå tom, så lager Saker en.", "Leave empty, and Saker makes one up.";
    secret_carried: "Tatt vare på, og vises ikke. Skriv en ny for å bytte den.", "Kept, and not shown. Type a new one to replace it.";
    forget_secret: "Glem den som er lagret", "Forget the one that is kept";
    choose: "Velg", "Choose";
    hook_address: "Adressen som skal kalles", "The address to call";
    hook_hint: "Hemmelig: den som kjenner den, kan levere meldinger. Merk alt i feltet, og kopier.", "Secret: whoever knows it can deliver messages. Select all of the field, and copy.";
    code_hint: "Settes inn i nettsidene deres. Merk alt i feltet, og kopier.", "Goes into your own pages. Select all of the field, and copy.";
    check_now: "Sjekk nå", "Check now";
    check_lead: "Utvidelsen prøver innstillingene slik de er lagret.", "The plugin tries the settings as they are saved.";
    connect: "Koble til", "Connect";
    connect_lead: "Sier til den andre siden hvor den skal kalle.", "Tells the other side where to call.";
    pause_account: "Sett på pause", "Pause";
    resume_account: "Fortsett", "Resume";
    last_heard: "Hørt sist", "Last heard";
    last_failure: "Siste feil", "Last failure";
    never: "Aldri", "Never";
    none_failed: "Ingen", "None";
    remove_account: "Fjern kontoen", "Remove the account";
    remove_account_lead: "Den andre siden får beskjed, det utvidelsen husker om kontoen, går, og det som ventet på å bli sendt, blir ikke sendt. Sakene blir.", "The other side is told, what the plugin remembers of the account goes, and what waited to be sent is not. Requests stay.";
    the_account: "Kontoen", "The account";
    save_anyway: "Lagre likevel", "Save anyway";

    // A sample
    try_sample: "Prøv med et eksempel", "Try a sample";
    try_sample_lead: "Se hva Saker ville gjort av det, med innstillingene slik de står over. Ingenting lagres.", "See what Saker would make of it, with the settings as they stand above. Nothing is saved.";
    sample: "Det den andre siden sender", "What the other side sends";
    sample_hint: "JSON, eller feltene i et skjema, som from=4740000000&text=Hei.", "JSON, or the fields of a form, such as from=4740000000&text=Hello.";
    try_it: "Prøv", "Try it";
    sample_is_nothing: "Dette ville ikke blitt til noe: det leses, men er ingen melding og ingen nyhet om en.", "Nothing would come of this: it can be read, but is no message and no news about one.";
    sample_is_message: "Dette ville blitt en melding", "This would become a message";
    sample_is_news: "Dette er nytt om en melding som er sendt", "This is news about a message that was sent";
    sample_title: "Tittel", "Title";
    sample_no_title: "Ingen: saken får navn etter teksten", "None: the request is called by its text";
    sample_text: "Tekst", "Text";
    sample_sender: "Avsender", "Sender";
    sample_conversation: "Samtale", "Conversation";
    sample_alone: "Ingen: hver melding blir en egen sak", "None: each message becomes a request of its own";
    sample_name: "Meldingens navn", "The message’s name";
    sample_when: "Sendt", "Sent";
    sample_files: "Filer", "Files";
    sample_about: "Meldingens navn", "The message’s name";
    sample_status: "Status", "Status";
    sample_arrived: "Kom fram", "Arrived";
    sample_failed: "Kom ikke fram", "Did not arrive";
    sample_under_way: "Underveis", "Under way";
    sample_why: "Hvorfor", "Why";
}

impl Words {
    /// What was just done, over the page that comes after it.
    #[cfg(not(target_family = "wasm"))]
    pub fn said(self, said: crate::agent::admin::Said) -> &'static str {
        use crate::agent::admin::Said;
        match said {
            Said::Installed => self.pick("Installert. Den kjører nå.", "Installed. It runs now."),
            Said::Granted => {
                self.pick("Lagret. Den får lov til det som er krysset av.", "Saved. It may do what is ticked.")
            }
            Said::On => self.pick("Slått på.", "Switched on."),
            Said::Off => self.pick(
                "Slått av. Det den skal sende eller ta imot, venter.",
                "Switched off. What it has to send or take in waits.",
            ),
            Said::Paused => self.pick("Satt på pause.", "Paused."),
            Said::Resumed => self.pick("Kontoen er på igjen.", "The account is on again."),
            Said::RolledBack => self.pick("Gått tilbake til versjonen før.", "Gone back to the version before."),
            Said::Removed => self.pick("Fjernet.", "Removed."),
            Said::Pinned => self.pick("Utgiveren er festet.", "The publisher is pinned."),
            Said::Unpinned => self.pick("Utgiveren er løsnet.", "The publisher is unpinned."),
            Said::Saved => self.pick("Lagret. Sjekk at det virker.", "Saved. Check that it works."),
            Said::Kept => self.pick("Lagret.", "Saved."),
            Said::Works => self.pick("Det virker.", "It works."),
            Said::Connected => self.pick("Koblet til.", "Connected."),
            Said::ReadAgain => self.pick("Prøves igjen nå.", "Tried again now."),
            Said::Dropped => self.pick("Slettet.", "Deleted."),
        }
    }

    pub fn plugin_kind(self, kind: PluginKind) -> &'static str {
        match kind {
            PluginKind::Channel => self.pick("Kanal", "Channel"),
            PluginKind::Mail => self.pick("E-post", "E-mail"),
            PluginKind::ReplyTemplate => self.pick("Maler", "Templates"),
            PluginKind::Classifier => self.pick("Sortering", "Sorting"),
            PluginKind::Enricher => self.pick("Opplysninger", "Facts"),
            PluginKind::Automation => self.pick("Automatikk", "Automation"),
        }
    }

    pub fn plugin_state(self, state: PluginState) -> &'static str {
        match state {
            PluginState::On => self.pick("På", "On"),
            PluginState::Off => self.pick("Av", "Off"),
            PluginState::Tripped => self.pick("Slo seg av", "Switched itself off"),
        }
    }

    pub fn channel_state(self, state: ChannelState) -> &'static str {
        match state {
            ChannelState::On => self.pick("På", "On"),
            ChannelState::Off => self.pick("På pause", "Paused"),
            ChannelState::Paused => self.pick("Venter på deg", "Waits for you"),
        }
    }

    /// How many calls wait for a version that can read them.
    pub fn waits_unread(self, calls: u32) -> String {
        match calls {
            1 => self
                .pick("1 kall venter på en versjon som kan lese det.", "1 call waits for a version that can read it.")
                .to_owned(),
            _ => self.pick(
                format!("{calls} kall venter på en versjon som kan lese dem."),
                format!("{calls} calls wait for a version that can read them."),
            ),
        }
    }

    /// Why a plugin switched itself off, and what comes next.
    pub fn tripped(self, why: &str, retry_at: Option<i64>) -> String {
        let (nb, en) = match retry_at.map(|at| self.universal(at)) {
            Some(at) => (format!(" Den prøves igjen {at}."), format!(" It is tried again {at}.")),
            None => Default::default(),
        };
        let at_start = Setback::read(why).is_some_and(|(setback, _)| setback.is_at_start());
        let last = self.setback(why);
        if at_start {
            return self.pick(
                format!("Den kunne ikke startes: {last}. Det den skal gjøre, venter.{nb}"),
                format!("It could not be started: {last}. What it has to do waits.{en}"),
            );
        }
        self.pick(
            format!("Den feilet fem ganger på fem minutter og slo seg av. Den siste gangen: {last}. Det den skal gjøre, venter.{nb}"),
            format!("It failed five times within five minutes and switched itself off. The last time: {last}. What it has to do waits.{en}"),
        )
    }

    /// For the bar over every page.
    pub fn plugins_tripped(self, names: &[Both]) -> String {
        let names = names.iter().map(|name| self.both_of(name)).collect::<Vec<_>>().join(", ");
        self.pick(
            format!("{names} har feilet og slått seg av. Det som skal gjøres, venter."),
            format!("{names} failed and switched itself off. What is to be done waits."),
        )
    }

    /// `wrong` are calls that failed and those that were answered with an error.
    pub fn plugin_figures(self, calls: i64, wrong: i64, mean_ms: &str) -> String {
        let word = if calls == 1 { "call" } else { "calls" };
        let (calls, wrong) = (self.count(calls), self.count(wrong));
        self.pick(
            format!("{calls} kall, {wrong} med feil, {mean_ms} i snitt"),
            format!("{calls} {word}, {wrong} with errors, {mean_ms} on average"),
        )
    }

    /// What the host calls a plugin for. A word that is not known stands as it is.
    pub fn door(self, door: &str) -> String {
        let (nb, en) = match door {
            "handle-webhook" => ("Lese et kall utenfra", "Read a call from outside"),
            "poll" => ("Se etter meldinger", "Look for messages"),
            "send" => ("Sende", "Send"),
            "lookup" => ("Spørre hvordan det gikk", "Ask how it went"),
            "check" => ("Sjekke innstillingene", "Check the settings"),
            "connect" => ("Koble til", "Connect"),
            "disconnect" => ("Koble fra", "Disconnect"),
            "classify" => ("Sortere", "Sort"),
            "enrich" => ("Slå opp en person", "Look a person up"),
            "on-event" => ("Høre hva som skjedde", "Hear what happened"),
            "parse" => ("Lese en e-post", "Read a mail"),
            "compose" => ("Skrive en e-post", "Write a mail"),
            "render" => ("Skrive ut fra en mal", "Write from a template"),
            "list-templates" => ("Vise malene sine", "List its templates"),
            "describe" => ("Si hva den er", "Say what it is"),
            other => return other.to_owned(),
        };
        self.pick(nb, en).to_owned()
    }

    /// How grave a line of a plugin's log is.
    pub fn log_level(self, level: &str) -> String {
        let (nb, en) = match level {
            "trace" => ("Spor", "Trace"),
            "debug" => ("Detalj", "Detail"),
            "info" => ("Opplysning", "Information"),
            "warn" => ("Advarsel", "Warning"),
            "error" => ("Feil", "Error"),
            other => return other.to_owned(),
        };
        self.pick(nb, en).to_owned()
    }

    pub fn millis(self, micros: i64) -> String {
        match micros {
            0..1_000 => "< 1 ms".to_owned(),
            1_000..10_000 => {
                format!("{}{}{} ms", micros / 1_000, self.pick(",", "."), micros % 1_000 / 100)
            }
            _ => format!("{} ms", self.count((micros + 500) / 1_000)),
        }
    }

    /// Whether the key of a file is one that was seen before.
    pub fn standing(self, key: Option<&str>, known: bool, pinned: Option<&str>) -> String {
        match (key, pinned) {
            (None, _) => self
                .pick(
                    "Ikke signert: ingen svarer for hvem som har laget den.",
                    "Not signed: nobody vouches for who made it.",
                )
                .to_owned(),
            (Some("shipped"), _) => self.pick("Følger med Saker.", "Comes with Saker.").to_owned(),
            (Some(_), Some(name)) => {
                self.pick(format!("Signert av {name}, som er festet."), format!("Signed by {name}, who is pinned."))
            }
            (Some(_), None) if known => self
                .pick(
                    "Kjent nøkkel: noe som er installert, er signert med den.",
                    "A known key: something that is installed is signed with it.",
                )
                .to_owned(),
            (Some(_), None) => self
                .pick(
                    "Første gang denne nøkkelen brukes her. Heretter er det bare den som kan levere nye versjoner.",
                    "The first time that this key is used here. From now on nobody else can deliver newer versions.",
                )
                .to_owned(),
        }
    }

    pub fn accounts(self, count: u32) -> String {
        match count {
            1 => self.pick("1 konto", "1 account").to_owned(),
            n => self.pick(format!("{n} kontoer"), format!("{n} accounts")),
        }
    }

    pub fn replaces(self, installed: &str) -> String {
        self.pick(
            format!("Versjon {installed} kjører nå, til du har svart."),
            format!("Version {installed} runs now, until you have answered."),
        )
    }

    pub fn times_are_in(self, zone: &str) -> String {
        self.pick(format!("Alle klokkeslett er i tidssonen {zone}."), format!("All times are in the time zone {zone}."))
    }

    /// Why a value does not fit its setting.
    pub fn misfit(self, setting: &Setting, missing: bool) -> String {
        if missing {
            return self.pick("Fyll ut dette feltet.", "Fill in this field.").to_owned();
        }
        match &setting.sort {
            SettingSort::Text { least: 0, most, .. } => self.pick(
                format!("Skriv høyst {most} tegn, uten styretegn."),
                format!("Write at most {most} characters, none of them control characters."),
            ),
            SettingSort::Text { least, most, .. } => self.pick(
                format!("Skriv fra {least} til {most} tegn."),
                format!("Write from {least} to {most} characters."),
            ),
            SettingSort::Address => self
                .pick("Skriv en adresse som begynner med https://", "Write an address that begins with https://")
                .to_owned(),
            SettingSort::Email => self.pick("Skriv en e-postadresse.", "Write an e-mail address.").to_owned(),
            SettingSort::Whole { least: i64::MIN, .. } | SettingSort::Whole { most: i64::MAX, .. } => {
                self.pick("Skriv et helt tall som passer.", "Write a whole number that fits.").to_owned()
            }
            SettingSort::Whole { least, most } => self.pick(
                format!("Skriv et helt tall fra {least} til {most}."),
                format!("Write a whole number from {least} to {most}."),
            ),
            SettingSort::Number { least, most } if *least > f64::MIN && *most < f64::MAX => self.pick(
                format!("Skriv et tall fra {least} til {most}."),
                format!("Write a number from {least} to {most}."),
            ),
            SettingSort::Number { .. } => self.pick("Skriv et tall.", "Write a number.").to_owned(),
            SettingSort::YesNo => self.pick("Svar ja eller nei.", "Answer yes or no.").to_owned(),
            SettingSort::Choice { .. } => self.pick("Velg en av mulighetene.", "Choose one of the options.").to_owned(),
        }
    }

    /// What a plugin said of settings that don't work; or the host, where the plugin got to say nothing.
    pub fn check_failed(self, said: &str) -> String {
        if Setback::read(said).is_some() {
            let why = self.setback(said);
            return self.pick(format!("Det virker ikke ennå: {why}."), format!("It doesn't work yet: {why}."));
        }
        self.pick(
            format!("Det virker ikke ennå. Utvidelsen sier: «{said}»"),
            format!("It doesn't work yet. The plugin says: “{said}”"),
        )
    }

    /// The same, about the setting or secret of that name.
    pub fn said_about(self, name: &Both, said: &str) -> String {
        self.pick(format!("{}: {said}", name.nb), format!("{}: {said}", name.en))
    }

    /// What a plugin said of a sample that it could make nothing of.
    pub fn sample_unread(self, said: &str) -> String {
        if Setback::read(said).is_some() {
            let why = self.setback(said);
            return self.pick(format!("Det lar seg ikke prøve: {why}."), format!("It can't be tried: {why}."));
        }
        self.pick(
            format!("Dette ville ikke blitt lest. Utvidelsen sier: «{said}»"),
            format!("This would not be read. The plugin says: “{said}”"),
        )
    }

    /// How far a message got on its channel.
    pub fn arrived(self, seen: bool) -> &'static str {
        if seen { self.pick("Lest", "Read") } else { self.pick("Levert", "Delivered") }
    }
}
