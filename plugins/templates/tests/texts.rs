//! Every template, in both languages, whole and with holes.

use plugin_templates::{Input, Use, cards, render, sample};

#[test]
fn every_template_is_whole_in_both_languages() {
    for card in cards() {
        for locale in ["nb-NO", "en"] {
            let output = render(&sample(card.name, locale).unwrap()).unwrap();
            assert_eq!(output.warnings, Vec::<String>::new(), "{} {locale}", card.name);
            for text in [&output.html, &output.text, output.subject.as_ref().unwrap()] {
                assert!(
                    !text.trim().is_empty()
                        && !text.contains("{{")
                        && !text.contains("===")
                        && !text.contains("undefined"),
                    "{} {text}",
                    card.name
                );
            }
            assert!(!output.text.contains("<p") && !output.text.contains("\n\n\n"), "{}", output.text);
            if card.of == Use::System {
                assert!(output.html.contains(&format!("<html lang=\"{}\">", &locale[..2])), "{}", card.name);
            }
        }
    }
}

#[test]
fn a_subject_has_words_first_and_the_number_last() {
    let subject = |name: &str, locale: &str, title: &str| {
        let mut input = sample(name, locale).unwrap();
        input.title = title.into();
        render(&input).unwrap().subject.unwrap()
    };
    assert_eq!(
        subject("received", "nb", "Skriver virker ikke"),
        "Vi har fått saken din: Skriver virker ikke [Sak #1042]"
    );
    assert_eq!(subject("reply", "en", "Re: Printer [Request #1042]"), "Re: Printer [Request #1042]");
    assert_eq!(subject("registered", "nb", ""), "Vi har registrert saken din [Sak #1042]");
}

#[test]
fn holes_are_told_and_leave_nothing_behind() {
    for card in cards() {
        let output = render(&Input { template: card.name.into(), locale: "nb".into(), ..Input::default() }).unwrap();
        assert_eq!(output.warnings.len(), card.needs.len(), "{}", card.name);
        assert!(!output.text.contains("{{") && !output.html.contains(">none<"), "{}", output.text);
    }
    assert!(render(&Input { template: "nope".into(), ..Input::default() }).is_err());
}

#[test]
fn strangers_words_stay_words() {
    for card in cards() {
        let mut input = sample(card.name, "en").unwrap();
        let evil = "<script>alert(1)</script>\"'><img src=x onerror=y> {{ 7*7 }} {% raw %}";
        for field in [
            &mut input.title,
            &mut input.customer_name,
            &mut input.agent_name,
            &mut input.signature,
            &mut input.organisation,
            &mut input.draft,
            &mut input.category,
        ] {
            *field = evil.into();
        }
        input.url = "javascript:alert(1)".into();
        input.quote.as_mut().unwrap().text = evil.into();
        input.more = vec![("link".into(), "https://x.no/\"onmouseover=y".into()), ("expected".into(), evil.into())];
        let output = render(&input).unwrap();
        let html = output.html.to_lowercase();
        assert!(
            !html.contains("<script")
                && !html.contains("<img")
                && !html.contains("javascript:")
                && !html.contains("\"onmouseover"),
            "{}",
            output.html
        );
        assert!(!html.contains(">49<") && !output.text.contains(" 49 "), "{}", output.text);
    }
}

#[test]
fn the_acknowledgement_reads_like_a_letter() {
    let output = render(&sample("received", "nb").unwrap()).unwrap();
    assert!(output.text.starts_with("Hei, Kari.\n\nTakk for at du skrev til oss."), "{}", output.text);
    assert!(output.text.contains("Saksnummer: #1042\n"), "{}", output.text);
    assert!(output.text.contains("\nhttps://help.nordvik.example/saker/1042\n"), "{}", output.text);
    assert!(output.html.contains("Vi har fått saken din</h1>") && output.html.contains("Se saken</a>"));
}

#[test]
fn a_reply_carries_the_agents_words_the_signature_and_the_quotation() {
    let output = render(&sample("reply", "nb").unwrap()).unwrap();
    let order = [
        "E-52",
        "Vennlig hilsen\nAne\nNordvik Support, 22 00 00 00",
        "Sak #1042: Skriver virker ikke",
        "Kari Nordmann skrev tirsdag 10. november 2026 kl. ",
        "> Takk!",
    ];
    let found: Vec<usize> = order
        .iter()
        .map(|words| output.text.find(words).unwrap_or_else(|| panic!("{words} in\n{}", output.text)))
        .collect();
    assert!(found.is_sorted(), "{}", output.text);
    assert!(output.html.contains("<strong>E-52</strong>"));
}

#[test]
fn composer_texts_are_markdown_to_edit() {
    let mut input = sample("solution", "nb").unwrap();
    input.customer_name = "*Kari* Nordmann".into();
    let output = render(&input).unwrap();
    assert!(output.text.starts_with("Hei, \\*Kari\\*.\n\nSlik løser du det:\n\n1.\n"), "{}", output.text);
    assert!(output.html.contains("Hei, *Kari*.") && !output.html.contains("<html"), "{}", output.html);
}

#[test]
fn an_organisations_own_words_stand_round_the_mail() {
    let wrap = |html: &str, text: &str| {
        let mut input = sample("reply", "nb").unwrap();
        input.template = "house-style".into();
        input.organisation = "Nordvik & <b>sønn</b>".into();
        input.more = vec![
            ("style-html".into(), html.into()),
            ("style-text".into(), text.into()),
            ("body-html".into(), "<p>Hei <b>Kari</b></p>".into()),
            ("body-text".into(), "Hei Kari".into()),
        ];
        render(&input)
    };
    let output = wrap(
        "<table><tr><td>{{ organisation }}</td></tr></table>{{ body }}<hr>",
        "{{ body }}\n\n-- \n{{ organisation }}",
    )
    .unwrap();
    assert!(
        output.html.contains("Nordvik &amp; &lt;b&gt;sønn") && output.html.contains("<p>Hei <b>Kari</b></p><hr>"),
        "{}",
        output.html
    );
    assert!(output.text.starts_with("Hei Kari\n\n-- \nNordvik & <b>"), "{}", output.text);
    // Where there is none the mail stays as it is; what is no template, or has no end, is refused.
    let plain = wrap("", "").unwrap();
    assert_eq!((plain.html.as_str(), plain.text.trim()), ("<p>Hei <b>Kari</b></p>", "Hei Kari"));
    assert!(wrap("{{ body", "").is_err() && wrap("{% for a in range(9999999) %}x{% endfor %}{{ body }}", "").is_err());
}

#[test]
fn what_an_agent_wrote_is_filled_in_and_says_what_is_missing() {
    let own = |language: &str, text: &str| {
        let mut input = sample("solution", language).unwrap();
        input.template = "own".into();
        input.customer_name = "*Kari* Nordmann".into();
        input.customer_email = String::new();
        input.more = vec![("own-text".into(), text.into())];
        render(&input)
    };
    let output = own(
        "nb",
        "Hei **{{ customer.first }}**!\n\n{% if ticket.number %}Saken er #{{ ticket.number }}.{% endif %}\n\n{{ customer.email }}{{ kunde.navn }}",
    )
    .unwrap();
    assert_eq!(output.text, "Hei **\\*Kari\\***!\n\nSaken er #1042.\n");
    assert_eq!(output.warnings, ["Mangler kundens adresse.", "Det finnes ingen verdi «kunde.navn»."]);
    assert!(output.html.contains("Hei <strong>*Kari*</strong>!"), "{}", output.html);
    // Addresses stay what they are; what is no text is escaped all the same.
    let mut input = sample("solution", "nb").unwrap();
    (input.template, input.url) = ("own".into(), "https://help.example/t/1?key=a_-_b".into());
    input.customer_email = "kari_n@fjord.no".into();
    input.customer_name = "*Kari*".into();
    input.more = vec![("own-text".into(), "{{ ticket.url }} {{ customer.email }} {{ [customer.name] }}".into())];
    let text = render(&input).unwrap().text;
    assert_eq!(text, "https://help.example/t/1?key=a_-_b kari_n@fjord.no \\['\\*Kari\\*'\\]\n");
    let english = own("en", "{{ nobody }}").unwrap();
    assert_eq!((english.text.as_str(), english.warnings), ("", vec!["There is no value “nobody”.".to_owned()]));
    assert!(own("nb", "{{ customer.first").is_err());
    assert!(own("nb", "{% for a in [0]*9999 %}{% for b in [0]*9999 %}x{% endfor %}{% endfor %}").is_err());
    assert!(own("nb", &format!("{{% for a in [0]*160 %}}{}{{% endfor %}}", "-\n".repeat(9_000))).is_err());
}
