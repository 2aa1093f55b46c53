//! What mail programs write around other people's words, in the languages they speak.

/// How sure a subject makes us that its sender is away.
pub struct Absence {
    /// Only programs write this.
    pub surely: bool,
    /// A person could have written it too.
    pub perhaps: bool,
}

/// Subjects of absence notes.
pub fn starts_as_absence(subject: &str) -> Absence {
    let subject = subject.trim().to_lowercase();
    let begins = |list: &[&str]| list.iter().any(|start| subject.starts_with(start));
    Absence {
        surely: begins(&[
            "automatic reply:",
            "auto reply:",
            "autoreply:",
            "auto-reply:",
            "out of office:",
            "out of office autoreply:",
            "[auto-reply]",
            "automatisk svar:",
            "autosvar:",
            "fravær:",
            "fraværsmelding:",
            "fraværsassistent:",
            "automatiskt svar:",
            "frånvaro:",
            "autosvar ",
            "automatische antwort:",
            "abwesenheitsnotiz:",
            "abwesenheit:",
            "réponse automatique :",
            "réponse automatique:",
            "absence du bureau :",
            "respuesta automática:",
            "fuera de la oficina:",
            "risposta automatica:",
            "fuori sede:",
            "automatisch antwoord:",
            "afwezigheidsbericht:",
            "resposta automática:",
            "automaattinen vastaus:",
            "poissa:",
            "odpowiedź automatyczna:",
            "automatická odpověď:",
            "автоответ:",
            "自動応答:",
            "自动答复:",
            "otomatik yanıt:",
        ]),
        perhaps: begins(&[
            "automatic reply",
            "auto reply",
            "autoreply",
            "out of office",
            "out of the office",
            "automatisk svar",
            "autosvar",
            "fravær",
            "ikke på kontoret",
            "ferie",
            "frånvaro",
            "automatische antwort",
            "abwesenheit",
            "réponse automatique",
            "respuesta automática",
            "risposta automatica",
            "automatisch antwoord",
            "resposta automática",
            "vacation",
            "away from my mail",
            "on holiday",
            "on leave",
            "permisjon",
        ]),
    }
}

/// Subjects of mail that could not be delivered.
pub const BOUNCE_SUBJECTS: [&str; 21] = [
    "undelivered mail",
    "undeliverable",
    "mail delivery failed",
    "delivery status notification",
    "failure notice",
    "returned mail",
    "mail delivery failure",
    "delivery failure",
    "mail delivery subsystem",
    "message not delivered",
    "mail could not be delivered",
    "delivery has failed",
    "non-delivery",
    "kan ikke leveres",
    "ikke levert",
    "leveringsfeil",
    "unzustellbar",
    "kunne ikke leveres",
    "échec de la remise",
    "no se puede entregar",
    "olevererbart",
];

/// Subjects of forwarded mail, in lower case. A forwarded mail is the message itself, not a quotation.
pub const FORWARDED: [&str; 10] = ["fwd:", "fw:", "vs:", "vb:", "wg:", "tr:", "rv:", "i:", "doorst:", "enc:"];

/// `-----Original Message-----` and its sisters.
pub const ORIGINAL: [&str; 17] = [
    "original message",
    "opprinnelig melding",
    "opprinnelig e-post",
    "oprindelig meddelelse",
    "ursprungligt meddelande",
    "originalmeddelande",
    "ursprüngliche nachricht",
    "originalnachricht",
    "message d'origine",
    "message original",
    "mensaje original",
    "messaggio originale",
    "oorspronkelijk bericht",
    "mensagem original",
    "alkuperäinen viesti",
    "wiadomość oryginalna",
    "původní zpráva",
];

/// Lines under which nothing new is written.
pub const REPLY_ABOVE: [&str; 6] = [
    "reply above this line",
    "write above this line",
    "please type your reply above",
    "svar over denne linjen",
    "skriv svaret over denne linjen",
    "skriv over denne linjen",
];

/// Says that someone wrote something.
pub const WROTE: [&str; 32] = [
    "wrote",
    "writes",
    "skrev",
    "skreiv",
    "schrieb",
    "a écrit",
    "escribió",
    "escribio",
    "ha scritto",
    "schreef",
    "escreveu",
    "napisał",
    "napisała",
    "napisał(a)",
    "pisze",
    "kirjoitti",
    "napsal",
    "napsala",
    "napsal(a)",
    "napísal",
    "написал",
    "написал(а)",
    "написала",
    "пишет",
    "пише",
    "írta",
    "a scris",
    "yazdı",
    "skrifaði",
    "写道",
    "寫道",
    "のメール",
];

/// How such a line begins where it names the day first.
pub const WROTE_STARTS: [&str; 47] = [
    "on ", "den ", "am ", "le ", "el ", "il ", "op ", "em ", "a ", "w dniu ", "dnia ", "dne ", "på ", "pe ", "la ",
    "в ", "kl", "man. ", "tir. ", "tirs. ", "ons. ", "tor. ", "tors. ", "fre. ", "lør. ", "søn. ", "mandag ",
    "tirsdag ", "onsdag ", "torsdag ", "fredag ", "lørdag ", "søndag ", "mån ", "tis ", "ons ", "tors ", "fre ",
    "lör ", "sön ", "mon, ", "tue, ", "wed, ", "thu, ", "fri, ", "sat, ", "sun, ",
];

/// The lines that Outlook puts above what it quotes: from; sent or date; to; subject. All in lower case.
pub const HEADER_BLOCKS: [(&str, [&str; 2], &str, &str); 12] = [
    ("from", ["sent", "date"], "to", "subject"),
    ("fra", ["sendt", "dato"], "til", "emne"),
    ("från", ["skickat", "datum"], "till", "ämne"),
    ("von", ["gesendet", "datum"], "an", "betreff"),
    ("de", ["envoyé", "date"], "à", "objet"),
    ("de", ["enviado", "fecha"], "para", "asunto"),
    ("de", ["enviado", "data"], "para", "assunto"),
    ("da", ["inviato", "data"], "a", "oggetto"),
    ("van", ["verzonden", "datum"], "aan", "onderwerp"),
    ("lähettäjä", ["lähetetty", "päiväys"], "vastaanottaja", "aihe"),
    ("od", ["wysłano", "data"], "do", "temat"),
    ("от", ["отправлено", "дата"], "кому", "тема"),
];
