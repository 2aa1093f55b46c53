//! What reads and writes mail, and what writes its words.

use super::{each, mail};
use anyhow::{Context, Result, ensure};
use desk::model::*;
use std::collections::BTreeMap;

#[tokio::test(flavor = "multi_thread")]
async fn an_old_codec_reads_mail_and_writes_it() -> Result<()> {
    each("saker.email", async |piece| {
        let raw = "From: Kari <kari@fjord.no>\r\nSubject: =?utf-8?q?Skriveren_st=C3=A5r?=\r\nMIME-Version: 1.0\r\n\
                   Content-Type: multipart/mixed; boundary=xx\r\n\r\n--xx\r\nContent-Type: text/plain; charset=utf-8\r\n\
                   Content-Transfer-Encoding: quoted-printable\r\n\r\nDen st=C3=A5r.\r\n--xx\r\nContent-Type: image/png\r\n\
                   Content-Disposition: attachment; filename=bilde.png\r\nContent-Transfer-Encoding: base64\r\n\r\n\
                   iVBORw0KGgo=\r\n--xx--\r\n";
        let answer = piece.house.mail("kari@fjord.no", raw).await?;
        ensure!(answer.starts_with("250"), "{answer}");
        let ticket = piece.ticket().await?;
        ensure!(ticket.title == "Skriveren står" && ticket.messages[0].text.trim() == "Den står.", "{ticket:?}");
        let file = ticket.messages[0].attachments.first().context("no file")?;
        ensure!(file.name == "bilde.png" && file.size == 8, "{file:?}");
        ensure!(piece.house.desk.attachment(&piece.eva, &file.id).await?.1.starts_with(b"\x89PNG"));
        let note = piece.house.desk.store_upload("note.txt", "text/plain", b"Slik".to_vec()).await?;
        piece.reply(&ticket, "Try **again**", vec![note]).await?;
        let sent = piece.house.sent().await?;
        let (to, subject, raw) = sent.last().context("nothing left")?;
        ensure!(to == "kari@fjord.no" && subject.contains("Skriveren står"), "{to} {subject}");
        let head: String = raw.split("\r\n\r\n").next().unwrap_or_default().to_lowercase();
        for line in ["message-id: <", "mime-version: 1.0", "content-type: multipart/mixed"] {
            ensure!(head.contains(line), "no {line} in {head}");
        }
        ensure!(raw.contains("<strong>again</strong>") && raw.contains("note.txt"), "{raw}");
        piece.was_called_at(&["parse", "compose"]).await
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_template_is_listed_asks_and_is_rendered() -> Result<()> {
    each("com.example.postcard", async |piece| {
        piece.house.mail("kari@fjord.no", &mail("Skriver *nede*", "Hjelp")).await?;
        let ticket = piece.ticket().await?;
        let desk = &piece.house.desk;
        let cards = desk.templates(&piece.ane).await?;
        let card = cards.iter().find(|card| card.name.ends_with("still-on-it")).context("it is not there")?;
        ensure!(card.title.nb == "Vi holder på ennå" && card.title.en == "We are still on it", "{card:?}");
        ensure!(card.asks.0.iter().any(|asked| asked.name == "days"), "{card:?}");
        let days = BTreeMap::from([("days".to_owned(), "3".to_owned())]);
        for (language, words) in [(Language::Nb, "innen 3 dager"), (Language::En, "within 3 days")] {
            let filled = desk.fill_template(&piece.ane, &ticket.id, &card.name, Some(language), &days).await?;
            ensure!(filled.text.contains(words) && filled.text.contains("Skriver \\*nede\\*"), "{filled:?}");
            ensure!(filled.text.contains("Kari") && filled.text.contains(&ticket.number.to_string()), "{filled:?}");
        }
        piece.was_called_at(&["list-templates", "render"]).await
    })
    .await
}
