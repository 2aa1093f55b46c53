//! From clauses to hits. A request is found when each clause is met somewhere in it: by its head or by any message.

use super::{
    Found, FoundTicket, Scope, digits,
    queries::Asker,
    question::{self, Clause, Way},
    shelf::Fields,
    snippet::Marker,
};
use crate::model::{MessageId, PersonId, Sift, State, StateCount, TicketId};
use std::{
    collections::{HashMap, HashSet},
    hash::{BuildHasherDefault, Hasher},
};
use tantivy::{
    DocAddress, DocId, Score, Searcher, SegmentOrdinal, SegmentReader, TantivyDocument,
    collector::{Collector, SegmentCollector, TopDocs},
    columnar::Column,
    schema::{Field, Value},
};

/// Hits that one call may have.
const MOST: usize = 200;
/// Up to this many requests are named in the next clause's query; more are sifted afterwards.
const NAMED: usize = 1000;
/// Microseconds in 30 days, after which a request's recency has halved.
const MONTH: f32 = 30.0 * 86_400e6;

type Set = HashSet<u64, BuildHasherDefault<Mix>>;
type Map<T> = HashMap<u64, T, BuildHasherDefault<Mix>>;

/// The requests that answer a question.
pub fn tickets(
    searcher: &Searcher,
    fields: &Fields,
    query: &str,
    scope: &Scope,
    limit: usize,
    sift: Sift,
) -> tantivy::Result<Found> {
    let clauses = question::read(query);
    if clauses.is_empty() {
        return Ok(Found::default());
    }
    let mut asker = Asker { fields, scope, slips: false };
    let limit = limit.min(MOST);
    let mut ranked = candidates(searcher, &asker, &clauses, limit, sift)?;
    if ranked.states.is_empty() && clauses.iter().any(Clause::may_slip) {
        asker.slips = true;
        ranked = candidates(searcher, &asker, &clauses, limit, sift)?;
    }
    let Ranked { total, states, best } = ranked;
    let total = u32::try_from(total).unwrap_or(u32::MAX);
    let marker = Marker::new(&clauses, asker.slips);
    let hits = best.iter().map(|found| load(searcher, &asker, &marker, found)).collect::<tantivy::Result<_>>()?;
    Ok(Found { hits, total, states })
}

/// All requests that answer a question, best first, without what they say; none where there are more than `most`.
pub fn ids(
    searcher: &Searcher,
    fields: &Fields,
    query: &str,
    scope: &Scope,
    most: usize,
) -> tantivy::Result<Option<Vec<TicketId>>> {
    let clauses = question::read(query);
    if clauses.is_empty() {
        return Ok(Some(Vec::new()));
    }
    let asker = Asker { fields, scope, slips: false };
    let ranked = candidates(searcher, &asker, &clauses, most, Sift::default())?;
    if ranked.total > most {
        return Ok(None);
    }
    let mut found = Vec::with_capacity(ranked.total);
    for candidate in ranked.best {
        let doc: TantivyDocument = searcher.doc(candidate.best)?;
        found.extend(doc.get_first(fields.ticket).and_then(|v| v.as_str()).map(TicketId::from));
    }
    Ok(Some(found))
}

/// What of all that was found is wanted.
#[derive(Default)]
struct Ranked {
    /// How many there are, of the state that was picked.
    total: usize,
    /// How many there are of each state.
    states: Vec<StateCount>,
    /// The first of them, in order.
    best: Vec<Candidate>,
}

/// A request that meets every clause so far.
struct Candidate {
    score: Score,
    changed: i64,
    state: u64,
    /// The document to show: the best message, else the head.
    best: DocAddress,
    best_rank: (u64, Score),
}

/// The requests that meet every clause.
fn candidates(
    searcher: &Searcher,
    asker: &Asker<'_>,
    clauses: &[Clause],
    most: usize,
    sift: Sift,
) -> tantivy::Result<Ranked> {
    // The rarest first: what it leaves is all that the others are asked about.
    let mut order: Vec<(u64, &Clause)> =
        clauses.iter().map(|c| Ok((asker.estimate(searcher, c)?, c))).collect::<tantivy::Result<_>>()?;
    order.sort_by_key(|(estimate, _)| *estimate);
    let collector = Hits { number: asker.fields.number };
    let mut left: Option<Set> = None;
    let mut rounds: Vec<Vec<Hit>> = Vec::new();
    for (_, clause) in order {
        let among = left.as_ref().filter(|left| left.len() <= NAMED);
        let mut hits = searcher.search(&*asker.scoped(clause, among.map(|left| left.iter().copied())), &collector)?;
        if let Some(left) = &left {
            hits.retain(|hit| left.contains(&hit.number));
        }
        if hits.is_empty() {
            return Ok(Ranked::default());
        }
        left = Some(hits.iter().map(|hit| hit.number).collect());
        rounds.push(hits);
    }
    let left = left.unwrap_or_default();
    let mut documents: Map<(u64, Score)> = Map::default();
    let mut scores: Map<Score> = Map::default();
    for hits in &rounds {
        let mut best: Map<Score> = Map::default();
        for hit in hits.iter().filter(|hit| left.contains(&hit.number)) {
            let top = best.entry(hit.number).or_insert(0.0);
            *top = top.max(hit.score);
            documents.entry(packed(hit.doc)).or_insert((hit.number, 0.0)).1 += hit.score;
        }
        best.into_iter().for_each(|(number, score)| *scores.entry(number).or_insert(0.0) += score);
    }
    rank(searcher, asker.fields, &documents, &scores, most, sift)
}

/// Puts documents together by request, and the first of the requests in order; with how many there were.
fn rank(
    searcher: &Searcher,
    fields: &Fields,
    documents: &Map<(u64, Score)>,
    scores: &Map<Score>,
    most: usize,
    sift: Sift,
) -> tantivy::Result<Ranked> {
    let schema = searcher.schema();
    let mut columns: Vec<(Column<u64>, Column<i64>, Column<u64>)> = Vec::new();
    for segment in searcher.segment_readers() {
        let fast = segment.fast_fields();
        columns.push((
            fast.u64(schema.get_field_name(fields.is_message))?,
            fast.i64(schema.get_field_name(fields.changed))?,
            fast.u64(schema.get_field_name(fields.state))?,
        ));
    }
    let mut candidates: Map<Candidate> = Map::default();
    for (&doc, &(number, score)) in documents {
        let doc = unpacked(doc);
        let (is_message, changed, state) = &columns[doc.segment_ord as usize];
        let rank = (is_message.first(doc.doc_id).unwrap_or(0), score);
        let candidate = candidates.entry(number).or_insert_with(|| Candidate {
            score: scores.get(&number).copied().unwrap_or(0.0),
            changed: changed.first(doc.doc_id).unwrap_or(0),
            state: state.first(doc.doc_id).unwrap_or(0),
            best: doc,
            best_rank: rank,
        });
        if rank > candidate.best_rank || (rank == candidate.best_rank && doc > candidate.best) {
            candidate.best = doc;
            candidate.best_rank = rank;
        }
    }
    let mut ranked: Vec<Candidate> = candidates.into_values().collect();
    let count = |(at, state): (usize, &State)| StateCount {
        state: *state,
        count: ranked.iter().filter(|found| found.state == at as u64).count() as u32,
    };
    let states: Vec<StateCount> = State::ALL.iter().enumerate().map(count).filter(|state| state.count > 0).collect();
    ranked.retain(|found| sift.state.is_none_or(|state| State::ALL.get(found.state as usize) == Some(&state)));
    let newest = ranked.iter().map(|c| c.changed).max().unwrap_or(0);
    for candidate in &mut ranked {
        let age = newest.saturating_sub(candidate.changed) as f32 / MONTH;
        // One message with all words is worth more than the same words here and there; recency decides between equals.
        candidate.score = (candidate.score + 0.25 * candidate.best_rank.1) * (0.85 + 0.15 / (1.0 + age));
    }
    let total = ranked.len();
    let better = |a: &Candidate, b: &Candidate| {
        let by_score = b.score.total_cmp(&a.score);
        let by_change = b.changed.cmp(&a.changed);
        let both = if sift.newest { by_change.then(by_score) } else { by_score.then(by_change) };
        both.then(b.best.cmp(&a.best))
    };
    // Of what is found in a quarter of a million requests nobody sees more than the first page.
    if total > most {
        ranked.select_nth_unstable_by(most, better);
        ranked.truncate(most);
    }
    ranked.sort_by(better);
    Ok(Ranked { total, states, best: ranked })
}

fn load(searcher: &Searcher, asker: &Asker<'_>, marker: &Marker, found: &Candidate) -> tantivy::Result<FoundTicket> {
    let fields = asker.fields;
    let doc: TantivyDocument = searcher.doc(found.best)?;
    let one = |field: Field| doc.get_first(field).and_then(|v| v.as_str()).unwrap_or_default();
    let several =
        |field: Field, between: &str| doc.get_all(field).filter_map(|v| v.as_str()).collect::<Vec<_>>().join(between);
    let message = doc.get_first(fields.message).and_then(|v| v.as_str()).map(MessageId::from);
    let is_fields = message.is_none() && !one(fields.text).is_empty();
    let (first, second) = match (&message, asker.scope) {
        _ if is_fields => (one(fields.text), String::new()),
        (Some(_), _) => (one(fields.text), several(fields.files, " · ")),
        (None, Scope::Person(_)) => (one(fields.title), String::new()),
        (None, _) => (one(fields.title), several(fields.people, " · ")),
    };
    let snippet = marker.snippet(first, &second);
    Ok(FoundTicket {
        id: TicketId::from(one(fields.ticket)),
        score: found.score,
        snippet: snippet.text,
        marks: snippet.marks,
        message,
        internal: doc.get_first(fields.internal).and_then(|v| v.as_u64()).unwrap_or(1) != 0,
    })
}

/// The people who answer a question.
pub fn people(searcher: &Searcher, fields: &Fields, query: &str, limit: usize) -> tantivy::Result<Vec<PersonId>> {
    let limit = limit.min(MOST);
    let mut asker = Asker { fields, scope: &Scope::Agent, slips: false };
    let number = query.split_whitespace().all(digits::is_number) && digits::digits(query).len() >= 3;
    let clauses = match number {
        true => vec![Clause { ways: vec![Way::Digits(digits::variants(&query.chars().take(40).collect::<String>()))] }],
        false => question::read(query),
    };
    if clauses.is_empty() || limit == 0 {
        return Ok(Vec::new());
    }
    let top = TopDocs::with_limit(limit).order_by_score();
    let mut hits = searcher.search(&*asker.people(&clauses), &top)?;
    if hits.is_empty() {
        asker.slips = true;
        hits = searcher.search(&*asker.people(&clauses), &top)?;
    }
    let mut found = Vec::with_capacity(hits.len());
    for (_, address) in hits {
        let doc: TantivyDocument = searcher.doc(address)?;
        found.extend(doc.get_first(fields.person).and_then(|v| v.as_str()).map(PersonId::from));
    }
    Ok(found)
}

/// One document that meets a clause.
struct Hit {
    number: u64,
    doc: DocAddress,
    score: Score,
}

/// Collects every document with the number of its request.
struct Hits {
    number: Field,
}

struct SegmentHits {
    segment: SegmentOrdinal,
    number: Column<u64>,
    hits: Vec<Hit>,
}

impl Collector for Hits {
    type Fruit = Vec<Hit>;
    type Child = SegmentHits;

    fn for_segment(&self, segment: SegmentOrdinal, reader: &SegmentReader) -> tantivy::Result<SegmentHits> {
        let number = reader.fast_fields().u64(reader.schema().get_field_name(self.number))?;
        Ok(SegmentHits { segment, number, hits: Vec::new() })
    }

    fn requires_scoring(&self) -> bool {
        true
    }

    fn merge_fruits(&self, segments: Vec<Vec<Hit>>) -> tantivy::Result<Vec<Hit>> {
        Ok(segments.into_iter().flatten().collect())
    }
}

impl SegmentCollector for SegmentHits {
    type Fruit = Vec<Hit>;

    fn collect(&mut self, doc: DocId, score: Score) {
        if let Some(number) = self.number.first(doc) {
            self.hits.push(Hit { number, doc: DocAddress::new(self.segment, doc), score });
        }
    }

    fn harvest(self) -> Vec<Hit> {
        self.hits
    }
}

/// A document's place as one number, which needs no strong hash either.
fn packed(doc: DocAddress) -> u64 {
    u64::from(doc.segment_ord) << 32 | u64::from(doc.doc_id)
}

fn unpacked(doc: u64) -> DocAddress {
    DocAddress::new((doc >> 32) as u32, doc as u32)
}

/// Numbers of requests are small and nobody's to choose, so they need no strong hash.
#[derive(Default)]
struct Mix(u64);

impl Hasher for Mix {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|&b| self.write_u64(u64::from(b)));
    }

    fn write_u64(&mut self, n: u64) {
        self.0 = (self.0.rotate_left(5) ^ n).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 ^= self.0 >> 32;
    }
}
