//! What is found, by whom, and what survives.

use super::*;

const KARI: &str = "person-kari";
const OLA: &str = "person-ola";

struct Shelf {
    folder: tempfile::TempDir,
    index: Index,
}

fn message(id: &str, text: &str) -> MessageDoc {
    MessageDoc { id: id.into(), text: text.to_owned(), internal: false, files: Vec::new() }
}

fn internal(id: &str, text: &str) -> MessageDoc {
    MessageDoc { internal: true, ..message(id, text) }
}

fn ticket(number: i64, title: &str, messages: Vec<MessageDoc>) -> TicketDoc {
    TicketDoc {
        id: format!("t{number}").as_str().into(),
        number,
        title: title.to_owned(),
        people: Vec::new(),
        contacts: vec![KARI.into()],
        category: "support".into(),
        staff: vec![],
        internal: false,
        changed_at: 1_700_000_000_000_000 + number,
        state: State::Open,
        messages,
        fields: vec![],
    }
}

fn person(id: &str, name: &str, email: &str, phone: &str) -> PersonDoc {
    let company = Some("Fjordkraft Ås".to_owned());
    PersonDoc {
        id: id.into(),
        name: name.to_owned(),
        emails: vec![email.to_owned()],
        phones: vec![phone.to_owned()],
        company,
    }
}

fn shelf(tickets: Vec<TicketDoc>) -> Shelf {
    let folder = tempfile::tempdir().unwrap();
    let index = Index::open(folder.path()).unwrap();
    index.apply(tickets, Vec::new(), 7).unwrap();
    Shelf { folder, index }
}

impl Shelf {
    fn ask(&self, query: &str, scope: Scope) -> Found {
        let found = self.index.find(query, scope, 20).unwrap();
        for hit in &found.hits {
            let mut end = 0;
            for &(from, to) in &hit.marks {
                assert!(end <= from && from < to, "{hit:?}");
                assert!(hit.snippet.get(from as usize..to as usize).is_some(), "{hit:?}");
                end = to;
            }
            assert!(hit.snippet.chars().count() <= 164 && !hit.snippet.contains('\n'), "{hit:?}");
        }
        found
    }

    /// Numbers of the requests an agent finds.
    fn agent(&self, query: &str) -> Vec<i64> {
        numbers(&self.ask(query, Scope::Agent))
    }

    fn customer(&self, who: &str, query: &str) -> Vec<i64> {
        numbers(&self.ask(query, Scope::Person(who.into())))
    }

    /// The marked words of the first hit.
    fn marked(&self, query: &str) -> Vec<String> {
        let found = self.ask(query, Scope::Agent);
        let hit = &found.hits[0];
        hit.marks.iter().map(|&(from, to)| hit.snippet[from as usize..to as usize].to_owned()).collect()
    }
}

fn numbers(found: &Found) -> Vec<i64> {
    assert_eq!(found.total as usize, found.hits.len());
    found.hits.iter().map(|hit| hit.id.as_str()[1..].parse().unwrap()).collect()
}

/// The same without regard to order.
fn sorted(mut numbers: Vec<i64>) -> Vec<i64> {
    numbers.sort_unstable();
    numbers
}

#[test]
fn a_number_jumps_first() {
    let desk = shelf(vec![
        ticket(1042, "Skjermen er svart", vec![message("a", "Den ble svart i går")]),
        ticket(1043, "Se 1042 1042 1042", vec![message("b", "Gjelder 1042, altså #1042")]),
    ]);
    assert_eq!(desk.agent("1042"), [1042, 1043]);
    assert_eq!(desk.agent("#1042"), [1042, 1043]);
    assert_eq!(desk.agent("[#1042]"), [1042, 1043]);
    assert_eq!(desk.agent("1043"), [1043]);
    assert_eq!(desk.agent("99999999999999999999999"), [0; 0]);
    assert_eq!(desk.customer(KARI, "1042"), [1042, 1043]);
    assert_eq!(desk.customer(OLA, "1042"), [0; 0]);
    let head = &desk.ask("1042", Scope::Agent).hits[0];
    assert_eq!((head.snippet.as_str(), &head.message), ("Skjermen er svart", &None));
}

#[test]
fn words_meet_across_title_people_and_messages() {
    let mut one =
        ticket(1, "Hjelp", vec![message("a", "The printer eats paper."), message("b", "New toner did not help.")]);
    one.people = vec!["Kari Nordmann".into(), "kari@fjord.example".into()];
    let mut two = ticket(2, "Hjelp", vec![message("c", "Scanner is slow")]);
    two.people = vec!["Kari Hansen".into()];
    let three = ticket(3, "Printer", vec![]);
    let desk = shelf(vec![one, two, three]);
    assert_eq!(desk.agent("Kari printer"), [1]);
    assert_eq!(desk.agent("toner printer kari hjelp"), [1]);
    assert_eq!(desk.agent("printer"), [3, 1]);
    assert_eq!(sorted(desk.agent("kari")), [1, 2]);
    assert_eq!(desk.agent("kari missing"), [0; 0]);
    let hit = &desk.ask("Kari printer", Scope::Agent).hits[0];
    assert_eq!((hit.message.as_ref().unwrap().as_str(), hit.snippet.as_str()), ("a", "The printer eats paper."));
    assert_eq!(hit.marks, [(4, 11)]);
    // Common words are not asked for beside others.
    assert_eq!(desk.agent("the printer is with kari"), [1]);
}

#[test]
fn inflections_are_found_in_both_languages() {
    let desk = shelf(vec![
        ticket(1, "a", vec![message("a", "Skriveren står.")]),
        ticket(2, "b", vec![message("b", "To skrivere står.")]),
        ticket(3, "c", vec![message("c", "En skriver står.")]),
        ticket(4, "d", vec![message("d", "Alle skriverne står.")]),
        ticket(5, "e", vec![message("e", "My invoices were delivered")]),
        ticket(6, "Fakturaer", vec![message("f", "…")]),
    ]);
    for word in ["skriver ", "skriveren ", "skrivere ", "skriverne ", "SKRIVER "] {
        assert_eq!(sorted(desk.agent(word)), [1, 2, 3, 4], "{word}");
    }
    assert_eq!(desk.agent("skriver ")[0], 3, "the very word comes first");
    assert_eq!(desk.agent("invoice delivery "), [0; 0]);
    assert_eq!(desk.agent("invoice deliver "), [5]);
    assert_eq!(desk.agent("faktura "), [6]);
    assert_eq!(desk.marked("skrivere ")[0].to_lowercase(), "skrivere");
    assert_eq!(desk.marked("invoice "), ["invoices"]);
}

#[test]
fn letters_match_with_and_without_their_accents() {
    let desk = shelf(vec![
        ticket(1, "Pål Ødegård", vec![message("a", "Blåbærgrøt på kjøkkenet")]),
        ticket(2, "Paal Oedegaard", vec![]),
        ticket(3, "Pal Odegard", vec![]),
        ticket(4, "Bjo\u{308}rn a\u{30a}pnet", vec![message("b", "Bjørn og Björn, café")]),
    ]);
    assert_eq!(sorted(desk.agent("pål ")), [1, 2, 3]);
    assert_eq!(sorted(desk.agent("pal ")), [1, 3]);
    assert_eq!(sorted(desk.agent("paal ")), [1, 2]);
    assert_eq!(desk.agent("odegard pål "), [1, 3]);
    assert_eq!(desk.agent("blabaergrot"), [1]);
    assert_eq!(desk.agent("\"pa kjokkenet\""), [1]);
    assert_eq!(desk.agent("åpnet bjorn"), [4]);
    assert_eq!(desk.agent("CAFE"), [4]);
    assert_eq!(desk.marked("blabaergrot"), ["Blåbærgrøt"]);
}

#[test]
fn addresses_and_phones_are_found_however_they_are_written() {
    let mut one = ticket(1, "a", vec![message("a", "Ring meg på 912 34 567 etter 12")]);
    one.people = vec!["Kari".into(), "Kari.Nordmann@Fjord.example".into(), "+47 22 33 44 55".into()];
    let mut two = ticket(2, "b", vec![message("b", "Se kari.nordmann@fjord.example.com")]);
    two.people = vec!["ola@fjord.example".into(), "55443322".into()];
    let desk = shelf(vec![one, two]);
    assert_eq!(desk.agent("kari.nordmann@fjord.example ")[0], 1);
    assert_eq!(sorted(desk.agent("fjord.example")), [1, 2]);
    assert_eq!(desk.agent("<ola@fjord.example>"), [2]);
    for number in [
        "22334455",
        "22 33 44 55",
        "+4722334455",
        "+47 22 33 44 55",
        "0047 22334455",
        "+47 22334455",
        "(+47) 22334455",
        "4722334455",
        "22-33-44-55",
        "223344",
    ] {
        assert_eq!(desk.agent(number), [1], "{number}");
    }
    assert_eq!(desk.agent("+47 55 44 33 22"), [2]);
    assert_eq!(desk.agent("91234567"), [1]);
    assert_eq!(desk.marked("91234567"), ["912 34 567"]);
    assert_eq!(desk.marked("22334455"), ["22 33 44 55"]);
    assert_eq!(desk.agent("98765432"), [0; 0]);
}

#[test]
fn phrases_keep_their_order_and_their_small_words() {
    let desk = shelf(vec![
        ticket(1, "a", vec![message("a", "It is what it is, to be or not to be")]),
        ticket(2, "b", vec![message("b", "be to or not, is it what")]),
    ]);
    assert_eq!(desk.agent("\"to be or not\""), [1]);
    assert_eq!(desk.agent("«to be or n"), [1]);
    assert_eq!(sorted(desk.agent("to be or not")), [1, 2]);
    assert_eq!(desk.marked("\"to be or not\""), ["to be or not"]);
    assert_eq!(desk.agent("\"not or be\""), [0; 0]);
}

#[test]
fn a_word_is_found_while_it_is_typed() {
    let desk = shelf(vec![
        ticket(1, "Fakturaspørsmål", vec![message("a", "MAC 00:1b:44:11:3a:b7, e-post og file_name.pdf")]),
        ticket(2, "b", vec![message("b", "Epost")]),
        ticket(3, "漢字の検索", vec![]),
    ]);
    assert_eq!(desk.agent("faktur"), [1]);
    assert_eq!(desk.agent("f"), [1]);
    assert_eq!(desk.agent("fakturasporsm"), [1]);
    assert_eq!(desk.agent("faktur "), [0; 0], "a space says that the word is whole");
    assert_eq!(desk.agent("00:1b:44:11"), [1]);
    assert_eq!(desk.agent("file_name.p"), [1]);
    assert_eq!(sorted(desk.agent("epost ")), [1, 2]);
    assert_eq!(sorted(desk.agent("e-post ")), [1, 2]);
    assert_eq!(desk.agent("検索"), [3]);
    assert_eq!(desk.marked("faktur"), ["Fakturaspørsmål"]);
}

#[test]
fn a_slip_is_forgiven_only_where_nothing_else_is_found() {
    let desk = shelf(vec![
        ticket(1, "a", vec![message("a", "The invoice is wrong, says the keyboard")]),
        ticket(2, "b", vec![message("b", "Invoce")]),
    ]);
    assert_eq!(desk.agent("invoce "), [2]);
    assert_eq!(desk.agent("keybaord "), [1]);
    assert_eq!(desk.agent("kyboard invoice"), [1]);
    assert_eq!(desk.agent("wromg "), [1]);
    assert_eq!(desk.agent("sags "), [0; 0], "too short");
    assert_eq!(desk.marked("keybaord "), ["keyboard"]);
}

#[test]
fn names_of_files_are_found() {
    let mut with_file = message("a", "Se vedlegg");
    with_file.files = vec!["Kontrakt 2024.pdf".into(), "bilde.png".into()];
    let desk = shelf(vec![ticket(1, "a", vec![with_file])]);
    let hit = &desk.ask("kontrakt", Scope::Agent).hits[0];
    assert_eq!((hit.snippet.as_str(), &hit.marks[..]), ("Kontrakt 2024.pdf · bilde.png", &[(0, 8)][..]));
}

#[test]
fn a_customer_finds_their_own_and_nothing_internal() {
    let mut kari = ticket(1, "Printer", vec![message("a", "public words"), internal("b", "secret words")]);
    kari.people = vec!["Ola Colleague".into(), "ola@fjord.example".into(), "22334455".into()];
    let mut ola = ticket(2, "Printer", vec![message("c", "public words of another")]);
    ola.contacts = vec![OLA.into()];
    let mut hidden = ticket(3, "Printer hidden", vec![message("d", "public secret words")]);
    hidden.internal = true;
    let desk = shelf(vec![kari, ola, hidden]);
    assert_eq!(sorted(desk.agent("words")), [1, 2, 3]);
    assert_eq!(sorted(desk.agent("secret")), [1, 3]);
    assert!(desk.ask("secret", Scope::Agent).hits.iter().all(|hit| hit.internal));
    assert_eq!(desk.customer(KARI, "words"), [1]);
    assert_eq!(desk.customer(KARI, "printer"), [1]);
    assert_eq!(desk.customer(OLA, "printer"), [2]);
    assert_eq!(desk.customer("", "printer"), [0; 0]);
    for query in ["secret", "secre", "secrte", "\"secret words\"", "hidden", "#3", "3", "printer secret"] {
        assert_eq!(desk.customer(KARI, query), [0; 0], "{query}");
    }
    // Nor does a customer learn who else is on the request.
    for query in ["ola", "ola@fjord.example", "22334455", "22 33 44 55", "colleague printer", "\"ola colleague\""] {
        assert_eq!(desk.customer(KARI, query), [0; 0], "{query}");
        assert!(desk.agent(query).contains(&1), "{query}");
    }
    let hit = &desk.ask("words", Scope::Person(KARI.into())).hits[0];
    assert_eq!((hit.snippet.as_str(), hit.internal), ("public words", false));
}

#[test]
fn anything_may_be_typed() {
    let desk = shelf(vec![ticket(1, "Printer", vec![message("a", "AND OR NOT title:printer [1 TO 2] ~ * ?")])]);
    let long = "å".repeat(100_000);
    let many = "word ".repeat(10_000);
    let digits = "9".repeat(5_000);
    for query in [
        "",
        " ",
        "\"",
        "\"\"",
        "*",
        "?",
        "+",
        "-",
        "()",
        "((((((",
        "title:",
        "[a TO",
        "\\",
        "a AND",
        "NOT",
        "~1",
        "^",
        "/.*/",
        "\0",
        "\u{301}",
        "\u{ad}\u{200b}",
        "'\"»«",
        "@",
        "@@",
        "a@",
        "#",
        "##1",
        "+++",
        "--",
        "😀",
        "\u{202e}abc",
        "a\u{0}b\n\t c",
        "0",
        "00000000",
        "+00 00 00",
        "(0)",
        "ﷺ",
        "İ",
        "ß",
        ".*.*.*",
        "(((a|b)*)*)*",
        "{",
        "\u{feff}",
        &long,
        &many,
        &digits,
    ] {
        for scope in [Scope::Agent, Scope::Person(KARI.into()), Scope::Person("\" OR *".into())] {
            desk.ask(query, scope);
        }
        desk.index.find_people(query, 10).unwrap();
    }
    assert_eq!(desk.agent("title:printer"), [1]);
    assert_eq!(desk.agent("printer )(*&^%$ \""), [1]);
    assert_eq!(
        desk.index.find("printer", Scope::Agent, 0).unwrap(),
        Found { hits: vec![], total: 1, states: vec![StateCount { state: State::Open, count: 1 }] }
    );
    assert_eq!(desk.index.find("printer", Scope::Agent, usize::MAX).unwrap().hits.len(), 1);
}

#[test]
fn a_snippet_is_one_line_around_the_words() {
    let text = format!(
        "{}\r\n\r\nHer er\tskjermen,\u{200b} og\u{a0}den er blå.{}",
        "Fyll uten mening. ".repeat(40),
        " Æ ø å!".repeat(60)
    );
    let desk =
        shelf(vec![ticket(1, "a", vec![message("a", &text)]), ticket(2, "b", vec![message("b", "kort\n\n  tekst\n")])]);
    let hit = desk.ask("skjerm blå", Scope::Agent).hits.remove(0);
    assert_eq!(desk.marked("skjerm blå"), ["skjermen", "blå"]);
    assert!(hit.snippet.starts_with('…') && hit.snippet.ends_with('…'), "{}", hit.snippet);
    assert!(hit.snippet.contains("Her er skjermen, og den er blå. Æ ø å!"), "{}", hit.snippet);
    assert_eq!(desk.ask("tekst", Scope::Agent).hits[0].snippet, "kort tekst");
}

#[test]
fn the_newest_comes_first_among_equals() {
    let day = 86_400_000_000;
    let mut tickets: Vec<TicketDoc> =
        (1..=9).map(|n| ticket(n, "Same words", vec![message("a", "the very same")])).collect();
    tickets.iter_mut().for_each(|t| t.changed_at += (t.number * 4 % 9) * 30 * day);
    let desk = shelf(tickets);
    assert_eq!(desk.agent("same words"), [2, 4, 6, 8, 1, 3, 5, 7, 9]);
}

#[test]
fn a_request_is_replaced_as_a_whole_and_seen_at_once() {
    let desk = shelf(vec![ticket(1, "Old", vec![message("a", "older"), message("b", "oldest")])]);
    desk.index
        .apply(vec![ticket(1, "First", vec![]), ticket(1, "New", vec![message("c", "newer")])], vec![], 8)
        .unwrap();
    for gone in ["old", "oldest", "first"] {
        assert_eq!(desk.agent(gone), [0; 0], "{gone}");
    }
    assert_eq!(desk.agent("newer"), [1]);
    desk.index.forget(&["t1".into()], &[], 9).unwrap();
    assert_eq!((desk.agent("newer"), desk.index.cursor()), (vec![], Some(9)));
}

#[test]
fn people_are_found_by_parts() {
    let desk = shelf(vec![ticket(1, "Kari", vec![message("a", "Kari Nordmann")])]);
    let people = vec![
        person(KARI, "Kari Nordmann", "kari.n@fjord.example", "+47 22 33 44 55"),
        person(OLA, "Ola Bråten", "post@braten.example", "912 34 567"),
    ];
    desk.index.apply(vec![], people, 8).unwrap();
    let find = |query: &str| {
        let mut found: Vec<String> = desk.index.find_people(query, 10).unwrap().into_iter().map(|id| id.0).collect();
        found.sort();
        found
    };
    for query in [
        "kari",
        "nord",
        "kari nordm",
        "nord kari",
        "kari.n@fj",
        "KARI.N@fjord.example",
        "22334455",
        "2233",
        "445",
        "+47 22 33",
        "0047 22334455",
        "mann",
        "karri",
    ] {
        assert_eq!(find(query), [KARI], "{query}");
    }
    for query in ["bråten", "braten", "braaten", "ola b", "91234567", "912 34", "post@"] {
        assert_eq!(find(query), [OLA], "{query}");
    }
    assert_eq!(find("fjordkr"), [KARI, OLA]);
    assert_eq!(find("kari bråten"), [""; 0]);
    assert_eq!(find("999"), [""; 0]);
    assert_eq!(desk.agent("bråten"), [0; 0], "people are no requests");
}

#[test]
fn the_cursor_survives_and_one_process_has_the_folder() {
    let Shelf { folder, index } = shelf(vec![ticket(1, "Printer", vec![])]);
    assert_eq!(index.cursor(), Some(7));
    assert!(matches!(Index::open(folder.path()), Err(Error::Internal { .. })));
    assert_eq!(index.find("printer", Scope::Agent, 5).unwrap().total, 1);
    index.apply(vec![], vec![], 12).unwrap();
    drop(index);
    let index = Index::open(folder.path()).unwrap();
    assert_eq!((index.cursor(), index.find("printer", Scope::Agent, 5).unwrap().total), (Some(12), 1));
    index.apply(vec![], vec![], -1).unwrap();
    assert_eq!(index.cursor(), None, "a rebuild is under way");
    drop(index);
    assert_eq!(Index::open(folder.path()).unwrap().cursor(), None);
}

#[test]
fn a_broken_index_is_made_anew() {
    let breakages: [fn(&Path); 5] = [
        |home| std::fs::write(home.join("meta.json"), "nonsense").unwrap(),
        |home| std::fs::remove_file(home.join("meta.json")).unwrap(),
        |home| {
            let text = std::fs::read_to_string(home.join("meta.json")).unwrap();
            std::fs::write(
                home.join("meta.json"),
                text.replace(&format!("\"{} 7\"", super::shelf::VERSION), "\"0 7\""),
            )
            .unwrap();
        },
        |home| files(home, "term").for_each(|file| std::fs::write(file, "").unwrap()),
        |home| files(home, "store").for_each(|file| std::fs::remove_file(file).unwrap()),
    ];
    for (i, breaks) in breakages.into_iter().enumerate() {
        let Shelf { folder, index } = shelf(vec![ticket(1, "Printer", vec![message("a", "text")])]);
        drop(index);
        breaks(&folder.path().join("index"));
        let index = Index::open(folder.path()).unwrap();
        assert_eq!((index.cursor(), index.find("printer", Scope::Agent, 5).unwrap().total), (None, 0), "{i}");
        index.apply(vec![ticket(1, "Printer", vec![])], vec![], 8).unwrap();
        assert_eq!((index.cursor(), index.find("printer", Scope::Agent, 5).unwrap().total), (Some(8), 1), "{i}");
    }
}

#[test]
fn after_a_power_cut_every_byte_is_looked_at() {
    for (mark, expected) in [("another boot", None), ("settled", Some(7))] {
        let Shelf { folder, index } = shelf(vec![ticket(1, "Printer", vec![message("a", "text")])]);
        drop(index);
        assert_eq!(std::fs::read_to_string(folder.path().join("boot")).unwrap(), "settled");
        std::fs::write(folder.path().join("boot"), mark).unwrap();
        assert_eq!(Index::open(folder.path()).unwrap().cursor(), Some(7), "whole all the same");
        std::fs::write(folder.path().join("boot"), mark).unwrap();
        for file in files(&folder.path().join("index"), "pos") {
            let mut bytes = std::fs::read(&file).unwrap();
            bytes[0] ^= 0xff;
            std::fs::write(&file, bytes).unwrap();
        }
        assert_eq!(Index::open(folder.path()).unwrap().cursor(), expected, "{mark}");
    }
}

fn files(home: &Path, kind: &'static str) -> impl Iterator<Item = std::path::PathBuf> {
    let all = std::fs::read_dir(home).unwrap().map(|entry| entry.unwrap().path());
    all.filter(move |path| path.extension().is_some_and(|e| e == kind))
}

/// Prints times and sizes; run it with `--ignored --nocapture`.
#[test]
#[ignore = "a measurement"]
fn speed() {
    let mut seed = 42u64;
    let mut word = move || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let rank = ((seed >> 33) % 200) * ((seed >> 41) % 200);
        format!("{}{rank}en", ["skriv", "faktur", "passord", "skjerm", "konto"][(rank % 5) as usize])
    };
    let mut text = move |words: usize| (0..words).map(|_| word() + " ").collect::<String>();
    let mut make = |n: i64| {
        let mut one = ticket(n, &text(6), (0..5).map(|i| message(&format!("{n}-{i}"), &text(120))).collect());
        one.people = vec![format!("Kari {n}"), format!("kari{n}@fjord.example"), format!("+47 {}", 20_000_000 + n)];
        one
    };
    let folder = tempfile::tempdir().unwrap();
    let index = Index::open(folder.path()).unwrap();
    let all: Vec<TicketDoc> = (1..=10_000).map(&mut make).collect();
    let bytes: usize = all.iter().flat_map(|t| &t.messages).map(|m| m.text.len()).sum();
    let start = std::time::Instant::now();
    for batch in all.chunks(1000) {
        index.apply(batch.to_vec(), vec![], -1).unwrap();
    }
    println!("rebuild of 10,000 requests, {bytes} bytes of text: {:?}", start.elapsed());
    let size: u64 =
        std::fs::read_dir(folder.path().join("index")).unwrap().map(|f| f.unwrap().metadata().unwrap().len()).sum();
    println!("on disk: {size} bytes");
    let mut times: Vec<_> = (1..=200)
        .map(|n| {
            let one = make(n);
            let start = std::time::Instant::now();
            index.apply(vec![one], vec![], n).unwrap();
            start.elapsed()
        })
        .collect();
    times.sort();
    println!("one request: half {:?}, nine of ten {:?}, all {:?}", times[100], times[180], times[199]);
    for query in [
        "1042",
        "kari500 ",
        "skriv",
        "s",
        "skriv0en ",
        "skriv0en faktur1en passord2en",
        "\"skriv0en skriv0en\"",
        "skrvi120en skjrem ",
    ] {
        let start = std::time::Instant::now();
        let total = index.find(query, Scope::Agent, 25).unwrap().total;
        println!("{query:?}: {total} in {:?}", start.elapsed());
    }
}

/// A desk of so many requests, as they come: one word in ten is in each, a name in every twenty thousandth.
fn desk_of(size: i64) -> Shelf {
    const WORDS: [&str; 10] =
        ["skriver", "faktura", "passord", "levering", "terminal", "rapport", "tilgang", "avtale", "nettverk", "bruker"];
    let folder = tempfile::tempdir().unwrap();
    let index = Index::open(folder.path()).unwrap();
    let make = |n: i64| {
        let word = |step: i64| WORDS[((n * 7919) / step % 10) as usize];
        let (one, two, three) = (word(1), word(10), word(100));
        let title = if n == 4_242 { "Faktura 1042X feil".to_owned() } else { format!("Om {one} og {two}") };
        let text = format!(
            "Hei, {one} virker ikke slik den skal, og {two} heller ikke. Det gjelder {three} i rom {}.",
            n % 900
        );
        let mut ticket = ticket(n, &title, vec![message(&n.to_string(), &text)]);
        ticket.people = vec![
            format!("Kunde{} Nordmann", n % 20_000),
            format!("kunde{n}@firma{}.example", n % 5_000),
            format!("+47{}", 20_000_000 + n),
            format!("Firma{} AS", n % 5_000),
        ];
        ticket
    };
    let numbers: Vec<i64> = (1..=size).collect();
    let last = numbers.len().div_ceil(10_000);
    for (n, piece) in numbers.chunks(10_000).enumerate() {
        let cursor = if n + 1 == last { 7 } else { -1 };
        index.apply(piece.iter().copied().map(make).collect(), vec![], cursor).unwrap();
    }
    Shelf { folder, index }
}

/// D2-8: number, telephone, a word of the title, a name and a company each find it within a second among a million. What a
/// quarter of all requests say is no way to find one; it is measured beside them.
#[test]
#[ignore = "a measurement of some minutes"]
fn a_million_requests_are_searched_within_a_second() {
    let begun = std::time::Instant::now();
    let (few, many) = (desk_of(10_000), desk_of(1_000_000));
    println!("filed in {:?}\n\n| | 10,000 | 1,000,000 | | found |\n|---|---|---|---|---|", begun.elapsed());
    let slowest = |shelf: &Shelf, query: &str| {
        let times = (0..7).map(|_| {
            let begun = std::time::Instant::now();
            shelf.index.find(query, Scope::Agent, 50).unwrap();
            begun.elapsed()
        });
        times.max().unwrap()
    };
    for (query, least, most) in [
        ("4242", 1, 1),
        ("+47 20 00 42 42", 1, 1),
        ("20004242", 1, 1),
        ("1042X", 1, 1),
        ("Kunde4242 Nordmann", 1, 1),
        ("kunde4242@firma4242.example", 1, 1),
        ("Firma4242 AS", 2, 1),
        ("skriver", 100_000, 5),
        ("skriver faktura", 1_000, 5),
        ("nettv", 100_000, 5),
        ("rapprot", 100_000, 5),
    ] {
        let found = many.index.find(query, Scope::Agent, 50).unwrap();
        assert!(found.total as usize >= least, "{query}: {}", found.total);
        let (small, large) = (slowest(&few, query), slowest(&many, query));
        let ratio = large.as_secs_f64() / small.as_secs_f64();
        println!("| “{query}” | {small:.1?} | {large:.1?} | {ratio:.1} × | {} |", found.total);
        assert!(large < std::time::Duration::from_secs(most), "{query}: {large:?}");
    }
}

/// Customers find what stands in the fields of their form, and nothing of the others.
#[test]
fn custom_fields_are_found_by_those_who_may_read_them() {
    let held = |text: &str, internal| FieldsDoc { text: text.to_owned(), internal };
    let with = TicketDoc {
        fields: vec![held("Serienummer ZX-4711", false), held("Rabatt femti prosent", true)],
        ..ticket(7, "Skriver", vec![])
    };
    let shelf = shelf(vec![with]);
    for (query, customer) in [("zx 4711", true), ("rabatt", false), ("femti", false), ("skriver zx", true)] {
        assert_eq!(shelf.ask(query, Scope::Agent).total, 1, "{query}");
        assert_eq!(shelf.ask(query, Scope::Person(KARI.into())).total, u32::from(customer), "{query}");
        assert_eq!(shelf.ask(query, Scope::Person(OLA.into())).total, 0, "{query}");
    }
    let hit = shelf.ask("rabatt", Scope::Agent).hits.remove(0);
    assert!(hit.internal && hit.message.is_none() && hit.snippet.contains("Rabatt"), "{hit:?}");
}

#[test]
fn all_that_fits_is_named_or_nothing() {
    let mut tickets: Vec<TicketDoc> =
        (1..=4).map(|number| ticket(number, "Skriver", vec![message("m", "Den står stille")])).collect();
    tickets[3].category = "invoices".into();
    let desk = shelf(tickets);
    let ids = |scope: Scope, most: usize| desk.index.find_ids("skriver", scope, most).unwrap().map(|ids| ids.len());
    assert_eq!(ids(Scope::Agent, 4), Some(4));
    assert_eq!(ids(Scope::Agent, 3), None, "the best of them would do for nobody");
    assert_eq!(ids(Scope::Reach(vec!["support".to_owned()]), 3), Some(3), "what is not the reader's is not counted");
    assert_eq!(desk.index.find_ids("finnesikke", Scope::Agent, 3).unwrap(), Some(vec![]));
}
