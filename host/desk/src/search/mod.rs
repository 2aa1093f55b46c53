//! The search index: requests, their messages, and people, by what they say.
//!
//! It is derived from the database and may be thrown away. Only the tail writes to it; anyone may read. Rights are a
//! part of every question, so neither hits nor counts can tell a customer of what they may not see.

mod digits;
mod folder;
mod queries;
mod question;
mod seek;
mod shelf;
mod snippet;
#[cfg(test)]
mod tests;
mod words;

use crate::{
    Error, Result,
    model::{AgentId, CategoryId, MessageId, PersonId, Sift, State, StateCount, TicketId},
};
use folder::Folder;
use shelf::Fields;
use std::{
    fs::{File, TryLockError},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};
use tantivy::{IndexReader, IndexWriter, ReloadPolicy};

/// Memory for documents on their way into the index, in bytes.
const HEAP: usize = 50_000_000;

/// A request as it is filed, with all of its messages.
#[derive(Clone, Debug)]
pub struct TicketDoc {
    pub id: TicketId,
    pub number: i64,
    pub title: String,
    /// Names, addresses, phone numbers and companies. Only agents find a request by them.
    pub people: Vec<String>,
    /// The customers who may see the request.
    pub contacts: Vec<PersonId>,
    pub category: CategoryId,
    /// Its owner and whoever follows it: they find it outside of their categories too. RGT-3.
    pub staff: Vec<AgentId>,
    /// Customers may not see it at all.
    pub internal: bool,
    /// Microseconds since 1970.
    pub changed_at: i64,
    pub state: State,
    pub messages: Vec<MessageDoc>,
    /// What its custom fields hold.
    pub fields: Vec<FieldsDoc>,
}

/// What custom fields of one kind of reader hold: customers find those of their form only.
#[derive(Clone, Debug)]
pub struct FieldsDoc {
    pub text: String,
    pub internal: bool,
}

#[derive(Clone, Debug)]
pub struct MessageDoc {
    pub id: MessageId,
    /// Plain text. The first megabyte is searched.
    pub text: String,
    pub internal: bool,
    /// Names of attachments.
    pub files: Vec<String>,
}

#[derive(Clone, Debug)]
pub struct PersonDoc {
    pub id: PersonId,
    pub name: String,
    pub emails: Vec<String>,
    pub phones: Vec<String>,
    pub company: Option<String>,
}

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Sees every request.
    Agent,
    /// Sees what is filed under one of these: categories, or themselves as owner or follower.
    Reach(Vec<String>),
    /// A customer: requests of which they are a contact, without what is internal.
    Person(PersonId),
}

impl Scope {
    /// Colleagues find requests by people and addresses too.
    fn is_staff(&self) -> bool {
        !matches!(self, Scope::Person(_))
    }
}

/// Requests that were found, best first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Found {
    pub hits: Vec<FoundTicket>,
    /// How many there are in all.
    pub total: u32,
    /// How many are in each state, before one is picked: of those that there are.
    pub states: Vec<StateCount>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct FoundTicket {
    pub id: TicketId,
    /// Higher is better; means nothing beside the scores of another question.
    pub score: f32,
    /// About 160 characters of plain text around what was found, on one line.
    pub snippet: String,
    /// Byte ranges of the found words in the snippet, in order, on character boundaries.
    pub marks: Vec<(u32, u32)>,
    /// The message the snippet is from; none where it is the title or the people.
    pub message: Option<MessageId>,
    /// The snippet is from an internal message or request.
    pub internal: bool,
}

/// The index of this process. Cheap to clone.
#[derive(Clone)]
pub struct Index {
    inner: Arc<Inner>,
}

struct Inner {
    index: tantivy::Index,
    fields: Fields,
    reader: IndexReader,
    /// None after a failed write: what was half written is forgotten, and the next write begins anew.
    writer: Mutex<Option<IndexWriter>>,
    cursor: Mutex<Option<i64>>,
    folder: PathBuf,
    /// Held for as long as the index is open. Last, so that it goes last.
    _lock: File,
}

impl Drop for Inner {
    fn drop(&mut self) {
        // The writer's threads first. Without a mark the next opening only takes a closer look.
        drop(self.writer.get_mut().unwrap_or_else(PoisonError::into_inner).take());
        if let Err(cause) = folder::settle(&self.folder) {
            tracing::warn!(%cause, "the search index could not be settled");
        }
    }
}

impl Index {
    /// Opens the folder, making it where it is not there. An index that is broken or of another version is thrown
    /// away; [`Index::cursor`] is none then. Fails where another process has the folder open.
    pub fn open(folder: &Path) -> Result<Index> {
        std::fs::create_dir_all(folder)?;
        let lock = File::options().create(true).write(true).truncate(false).open(folder.join("lock"))?;
        lock.try_lock().map_err(|cause| match cause {
            TryLockError::WouldBlock => {
                Error::internal(format!("another process uses the search index in {}", folder.display()))
            }
            TryLockError::Error(cause) => Error::internal(cause),
        })?;
        let home = folder.join("index");
        let (index, cursor) = match reopen(&home, folder::is_doubtful(folder)) {
            Ok(found) => found,
            Err(cause) => {
                if home.exists() {
                    tracing::warn!(%cause, "the search index is made anew");
                    std::fs::remove_dir_all(&home)?;
                }
                std::fs::create_dir_all(&home)?;
                (
                    tantivy::Index::create(
                        Folder::open(&home).map_err(Error::internal)?,
                        shelf::schema().0,
                        Default::default(),
                    )?,
                    None,
                )
            }
        };
        folder::unsettle(folder)?;
        shelf::register(&index);
        let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()?;
        let inner = Inner {
            fields: shelf::schema().1,
            reader,
            writer: Mutex::new(Some(writer(&index)?)),
            index,
            cursor: Mutex::new(cursor),
            folder: folder.to_owned(),
            _lock: lock,
        };
        Ok(Index { inner: Arc::new(inner) })
    }

    /// Number of the last event that is in the index. None: nothing is known, or a rebuild was not finished; file
    /// everything.
    pub fn cursor(&self) -> Option<i64> {
        *self.inner.cursor.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Files these requests and people in place of what was there of them, and makes it visible. Blocking. A rebuild
    /// in several steps passes -1 until the last, so that one that was cut off is begun again. After an error nothing
    /// of this call is in the index.
    pub fn apply(&self, tickets: Vec<TicketDoc>, people: Vec<PersonDoc>, cursor: i64) -> Result<()> {
        self.write(cursor, |writer, fields| {
            for ticket in &tickets {
                writer.delete_term(fields.ticket_key(&ticket.id));
                for document in fields.ticket_documents(ticket) {
                    writer.add_document(document)?;
                }
            }
            for person in &people {
                writer.delete_term(fields.person_key(&person.id));
                writer.add_document(fields.person_document(person))?;
            }
            Ok(())
        })
    }

    /// Takes requests and people that were deleted out of the index. Blocking; errors as [`Index::apply`].
    pub fn forget(&self, tickets: &[TicketId], people: &[PersonId], cursor: i64) -> Result<()> {
        self.write(cursor, |writer, fields| {
            tickets.iter().for_each(|id| {
                writer.delete_term(fields.ticket_key(id));
            });
            people.iter().for_each(|id| {
                writer.delete_term(fields.person_key(id));
            });
            Ok(())
        })
    }

    /// Takes everything out: nothing is known then. Blocking; errors as [`Index::apply`].
    pub fn empty(&self) -> Result<()> {
        self.write(-1, |writer, _| writer.delete_all_documents().map(drop))
    }

    /// Requests that have all words of the question, in number, title, people, messages, custom fields or names of
    /// files. Blocking.
    /// Where there are none, words of five letters and more may have a slip in them. An empty question finds nothing.
    pub fn find(&self, query: &str, scope: Scope, limit: usize) -> Result<Found> {
        self.find_sifted(query, scope, limit, Sift::default())
    }

    /// The same, of one state or the newest first.
    pub fn find_sifted(&self, query: &str, scope: Scope, limit: usize, sift: Sift) -> Result<Found> {
        Ok(seek::tickets(&self.inner.reader.searcher(), &self.inner.fields, query, &scope, limit, sift)?)
    }

    /// As [`Index::find`], without slips: only which requests, all of them; none where there are more than `most`. Blocking.
    pub fn find_ids(&self, query: &str, scope: Scope, most: usize) -> Result<Option<Vec<TicketId>>> {
        Ok(seek::ids(&self.inner.reader.searcher(), &self.inner.fields, query, &scope, most)?)
    }

    /// People by the starts of names, parts of addresses, companies, and digits of numbers, best first. Blocking.
    /// For agents.
    pub fn find_people(&self, query: &str, limit: usize) -> Result<Vec<PersonId>> {
        Ok(seek::people(&self.inner.reader.searcher(), &self.inner.fields, query, limit)?)
    }

    fn write(&self, cursor: i64, work: impl FnOnce(&IndexWriter, &Fields) -> tantivy::Result<()>) -> Result<()> {
        let inner = &*self.inner;
        let mut held = inner.writer.lock().unwrap_or_else(PoisonError::into_inner);
        // Out of its place until the commit is done: a writer that failed, or panicked, is not used again.
        let mut writer = match held.take() {
            Some(writer) => writer,
            None => writer(&inner.index)?,
        };
        work(&writer, &inner.fields)?;
        let mut commit = writer.prepare_commit()?;
        commit.set_payload(&payload(cursor));
        commit.commit()?;
        *held = Some(writer);
        // The cursor last: whoever waits for it looks then, and must find what was filed.
        inner.reader.reload()?;
        *inner.cursor.lock().unwrap_or_else(PoisonError::into_inner) = known(cursor);
        Ok(())
    }
}

/// One thread: batches are small, and what is filed in one go becomes one segment.
fn writer(index: &tantivy::Index) -> tantivy::Result<IndexWriter> {
    index.writer_with_num_threads(1, HEAP)
}

/// The index in a folder and its cursor, if it is whole and of this version. In doubt every byte is read.
fn reopen(home: &Path, doubtful: bool) -> tantivy::Result<(tantivy::Index, Option<i64>)> {
    let unfit = |why: &str| tantivy::TantivyError::InvalidArgument(why.to_owned());
    let index = tantivy::Index::open(Folder::open(home)?)?;
    let (schema, _) = shelf::schema();
    if index.schema() != schema {
        return Err(unfit("it is of another version"));
    }
    if doubtful && !index.validate_checksum()?.is_empty() {
        return Err(unfit("it is damaged"));
    }
    let reader: IndexReader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()?;
    // Opens every part, so that a missing or cut file shows now and not in the middle of a search.
    for segment in reader.searcher().segment_readers() {
        for (field, entry) in schema.fields() {
            if entry.is_indexed() {
                segment.inverted_index(field)?;
            }
        }
        segment.get_store_reader(1)?;
    }
    match index.load_metas()?.payload.as_deref().map(read_payload) {
        Some(Some(cursor)) => Ok((index, known(cursor))),
        Some(None) => Err(unfit("it is of another version")),
        None => Ok((index, None)),
    }
}

fn payload(cursor: i64) -> String {
    format!("{} {cursor}", shelf::VERSION)
}

/// None for another version.
fn read_payload(payload: &str) -> Option<i64> {
    let (version, cursor) = payload.split_once(' ')?;
    (version.parse() == Ok(shelf::VERSION)).then_some(())?;
    cursor.parse().ok()
}

fn known(cursor: i64) -> Option<i64> {
    (cursor >= 0).then_some(cursor)
}
