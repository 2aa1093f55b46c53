//! How requests and people are filed: the fields of the index, and the documents in them.

use super::{
    FieldsDoc, MessageDoc, PersonDoc, TicketDoc, digits,
    words::{Filing, Splitter},
};
use crate::model::{PersonId, State, TicketId};
use tantivy::{
    Index, TantivyDocument, Term,
    schema::{
        FAST, Field, INDEXED, IndexRecordOption, STORED, STRING, Schema, SchemaBuilder, TextFieldIndexing, TextOptions,
    },
    tokenizer::TextAnalyzer,
};

/// Raise it when the fields or the words change: indexes of other versions are thrown away.
pub const VERSION: u32 = 4;

/// Bytes of a message that are searched.
const LONGEST: usize = 1_000_000;

/// Every field. A request is one document, and one more for every message; a person is one.
#[derive(Clone, Copy, Debug)]
pub struct Fields {
    /// Id of the request.
    pub ticket: Field,
    /// Number of the request; groups its documents.
    pub number: Field,
    pub changed: Field,
    /// Place of its state among all states.
    pub state: Field,
    /// Id of the message; none in the document of the request itself.
    pub message: Field,
    /// 1 in documents of messages, and of what custom fields hold.
    pub is_message: Field,
    /// 1 where customers may not look.
    pub internal: Field,
    /// The customers who may find this document. None on internal ones: what isn't there can't leak.
    pub reader: Field,
    /// Category, owner and followers: what a colleague's rights are terms of.
    pub staff: Field,
    pub title: Field,
    pub text: Field,
    pub files: Field,
    /// Stems of title, text and files.
    pub stem: Field,
    /// Long numbers in title and text.
    pub digits: Field,
    /// Names, addresses, numbers and companies of the request's people. Agents only, as the next two.
    pub people: Field,
    pub address: Field,
    pub phone: Field,
    /// Id of a person, in the documents of people.
    pub person: Field,
    pub name: Field,
    pub person_address: Field,
    pub person_phone: Field,
}

pub fn schema() -> (Schema, Fields) {
    let mut b = Schema::builder();
    let fields = Fields {
        ticket: b.add_text_field("ticket", STRING | STORED),
        number: b.add_u64_field("number", INDEXED | FAST),
        changed: b.add_i64_field("changed", FAST),
        state: b.add_u64_field("state", FAST),
        message: b.add_text_field("message", STORED),
        is_message: b.add_u64_field("is_message", INDEXED | FAST),
        internal: b.add_u64_field("internal", STORED),
        reader: b.add_text_field("reader", STRING),
        staff: b.add_text_field("staff", STRING),
        title: words(&mut b, "title", true),
        text: words(&mut b, "text", true),
        files: words(&mut b, "files", true),
        stem: b.add_text_field("stem", analysed("stems", IndexRecordOption::WithFreqs)),
        digits: b.add_text_field("digits", STRING),
        people: words(&mut b, "people", true),
        address: b.add_text_field("address", STRING),
        phone: b.add_text_field("phone", STRING),
        person: b.add_text_field("person", STRING | STORED),
        name: words(&mut b, "name", false),
        person_address: b.add_text_field("person_address", STRING),
        person_phone: b.add_text_field("person_phone", STRING),
    };
    (b.build(), fields)
}

fn words(b: &mut SchemaBuilder, name: &str, stored: bool) -> Field {
    let options = analysed("words", IndexRecordOption::WithFreqsAndPositions);
    b.add_text_field(name, if stored { options | STORED } else { options })
}

fn analysed(tokenizer: &str, record: IndexRecordOption) -> TextOptions {
    TextOptions::default()
        .set_indexing_options(TextFieldIndexing::default().set_tokenizer(tokenizer).set_index_option(record))
}

/// Teaches an opened index our words.
pub fn register(index: &Index) {
    index.tokenizers().register("words", TextAnalyzer::from(Splitter(Filing::Plain)));
    index.tokenizers().register("stems", TextAnalyzer::from(Splitter(Filing::Stems)));
}

/// A state as the index has it.
fn state_number(state: State) -> u64 {
    State::ALL.iter().position(|one| *one == state).unwrap_or_default() as u64
}

impl Fields {
    pub fn ticket_key(&self, ticket: &TicketId) -> Term {
        Term::from_field_text(self.ticket, ticket.as_str())
    }

    pub fn person_key(&self, person: &PersonId) -> Term {
        Term::from_field_text(self.person, person.as_str())
    }

    /// The document of the request itself, then those of its messages and of what its custom fields hold.
    pub fn ticket_documents(&self, ticket: &TicketDoc) -> Vec<TantivyDocument> {
        let mut head = self.frame(ticket, ticket.internal);
        head.add_u64(self.is_message, 0);
        head.add_text(self.title, &ticket.title);
        head.add_text(self.stem, &ticket.title);
        self.add_numbers(&mut head, &ticket.title);
        for who in &ticket.people {
            head.add_text(self.people, who);
            if who.contains('@') {
                head.add_text(self.address, who.trim().to_lowercase());
            } else if !who.chars().any(char::is_alphabetic) {
                digits::ends(who).iter().for_each(|end| head.add_text(self.phone, end));
            }
        }
        let messages = ticket.messages.iter().map(|message| self.message_document(ticket, message));
        let held = ticket.fields.iter().map(|fields| self.fields_document(ticket, fields));
        std::iter::once(head).chain(messages).chain(held).collect()
    }

    /// Found and shown like a message, but it is none.
    fn fields_document(&self, ticket: &TicketDoc, fields: &FieldsDoc) -> TantivyDocument {
        let mut doc = self.frame(ticket, ticket.internal || fields.internal);
        doc.add_u64(self.is_message, 1);
        self.add_words(&mut doc, &fields.text);
        doc
    }

    fn add_words(&self, doc: &mut TantivyDocument, text: &str) {
        let text = &text[..text.floor_char_boundary(LONGEST)];
        doc.add_text(self.text, text);
        doc.add_text(self.stem, text);
        self.add_numbers(doc, text);
    }

    fn message_document(&self, ticket: &TicketDoc, message: &MessageDoc) -> TantivyDocument {
        let mut doc = self.frame(ticket, ticket.internal || message.internal);
        doc.add_u64(self.is_message, 1);
        doc.add_text(self.message, message.id.as_str());
        self.add_words(&mut doc, &message.text);
        for file in &message.files {
            doc.add_text(self.files, file);
            doc.add_text(self.stem, file);
        }
        doc
    }

    /// What all documents of a request have, rights included.
    fn frame(&self, ticket: &TicketDoc, internal: bool) -> TantivyDocument {
        let mut doc = TantivyDocument::default();
        doc.add_text(self.ticket, ticket.id.as_str());
        doc.add_u64(self.number, u64::try_from(ticket.number).unwrap_or(0));
        doc.add_i64(self.changed, ticket.changed_at);
        doc.add_u64(self.state, state_number(ticket.state));
        doc.add_u64(self.internal, u64::from(internal));
        doc.add_text(self.staff, ticket.category.as_str());
        ticket.staff.iter().for_each(|agent| doc.add_text(self.staff, agent.as_str()));
        if !internal {
            ticket.contacts.iter().for_each(|person| doc.add_text(self.reader, person.as_str()));
        }
        doc
    }

    fn add_numbers(&self, doc: &mut TantivyDocument, text: &str) {
        digits::numbers_in(text).iter().for_each(|(_, number)| doc.add_text(self.digits, number));
    }

    pub fn person_document(&self, person: &PersonDoc) -> TantivyDocument {
        let mut doc = TantivyDocument::default();
        doc.add_text(self.person, person.id.as_str());
        doc.add_text(self.name, &person.name);
        for email in &person.emails {
            doc.add_text(self.name, email);
            doc.add_text(self.person_address, email.trim().to_lowercase());
        }
        person.company.iter().for_each(|company| doc.add_text(self.name, company));
        person.phones.iter().flat_map(|phone| digits::ends(phone)).for_each(|end| doc.add_text(self.person_phone, end));
        doc
    }
}
