//! One row of criteria as a condition on `ticket t`.

use super::{Bound, Condition, Context, fold, folded, moment};
use crate::{
    Why,
    model::{
        Aspect, Criterion,
        criteria::{Kind, Operator},
    },
    person::escape_like,
};

type Part = Result<String, Why>;

/// The condition of one row; what it needs is bound on the way.
pub fn condition(row: &Criterion, kind: Kind, context: &Context, to: &mut Condition) -> Part {
    match kind {
        Kind::Text => text(row, to),
        Kind::Number => number(row, to),
        Kind::Moment => time(row, context, to),
        Kind::YesNo => yes_no(row, context, to),
        Kind::Choice => choice(row, context, to),
        Kind::Words => words(row, context, to),
    }
}

/// True or false, never unknown: what is not there does not hold, and its negation does.
fn sure(condition: &str, negated: bool) -> String {
    format!("{} (coalesce({condition}, 1 = 0))", if negated { "not" } else { "" })
}

/// Rows that belong to a request, with the column that is compared: `(from, column)`.
fn rows_of(row: &Criterion, to: &mut Condition) -> Option<(String, &'static str)> {
    let (from, column) = match row.aspect {
        Aspect::ContactAddress => {
            ("ticket_contact x join person_email e on e.person_id = x.person_id where x.ticket_id = t.id", "e.address")
        }
        Aspect::ContactName => {
            ("ticket_contact x join person p on p.id = x.person_id where x.ticket_id = t.id", "p.name")
        }
        Aspect::CompanyName => ("company c where c.id = t.company_id", "c.name"),
        Aspect::Agreement => {
            ("company c join agreement g on g.id = c.agreement_id where c.id = t.company_id", "c.agreement_id")
        }
        Aspect::Tag => ("ticket_tag x where x.ticket_id = t.id", "x.tag_id"),
        Aspect::Contact => ("ticket_contact x where x.ticket_id = t.id", "x.person_id"),
        Aspect::Follower => ("follower x where x.ticket_id = t.id", "x.agent_id"),
        Aspect::Custom => {
            let key = to.bind(Bound::Text(row.key.clone()));
            let from = "ticket_field x join field d on d.id = x.field_id where x.ticket_id = t.id and d.key =";
            return Some((format!("{from} {key}"), "coalesce(x.words, x.text)"));
        }
        _ => return None,
    };
    Some((from.to_owned(), column))
}

/// Columns of the request itself.
fn column(aspect: Aspect) -> &'static str {
    match aspect {
        Aspect::Number => "t.number",
        Aspect::Title => "t.title",
        Aspect::State => "t.state",
        Aspect::Status => "t.status_id",
        Aspect::Owner => "t.owner_id",
        Aspect::Category => "t.category_id",
        Aspect::FirstCategory => "t.first_category_id",
        Aspect::Priority => "t.priority_id",
        Aspect::FirstPriority => "t.first_priority_id",
        Aspect::Type => "t.type_id",
        // The main contact's, as it was when the request was closed. CRM-1.
        Aspect::Company => "t.company_id",
        Aspect::Access => "t.access",
        Aspect::Origin => "t.origin",
        Aspect::Read => "t.read",
        Aspect::Sale => "t.sale_id",
        Aspect::Project => "t.project_id",
        Aspect::Account => "t.account_id",
        Aspect::Created => "t.created_at",
        Aspect::Changed => "t.changed_at",
        Aspect::Closed => "t.closed_at",
        Aspect::Replied => "t.replied_at",
        Aspect::Deadline => "t.deadline",
        Aspect::Wakes => "t.wake_at",
        Aspect::Assigned => "t.assigned_at",
        Aspect::Spoken => "t.last_external_at",
        Aspect::Messages => "t.messages",
        Aspect::Replies => "t.replies",
        Aspect::Minutes => "t.minutes",
        Aspect::Charge => "t.charge",
        Aspect::Reopenings => "t.reopenings",
        Aspect::Escalation => "t.escalation_level",
        // Of these there are rows, or a condition of their own.
        _ => "t.id",
    }
}

/// `compare` says what must hold of a column; it holds of the request, or of any of its rows.
fn any(row: &Criterion, negated: bool, to: &mut Condition, compare: impl Fn(&str) -> String) -> String {
    match rows_of(row, to) {
        Some((from, name)) => {
            let found = format!("exists (select 1 from {from} and {})", compare(name));
            // Whoever wrote without being known has a name too.
            let found = match row.aspect {
                Aspect::ContactName => format!("({found} or {})", compare("t.sender")),
                _ => found,
            };
            format!("{} {found}", if negated { "not" } else { "" })
        }
        None => sure(&compare(column(row.aspect)), negated),
    }
}

/// Whether there is a value at all.
fn there(row: &Criterion, to: &mut Condition) -> String {
    let empty = matches!(row.aspect.kind(), None | Some(Kind::Text));
    any(row, row.operator == Operator::NotSet, to, |name| match empty {
        true => format!("({name} is not null and {name} <> '')"),
        false => format!("{name} is not null"),
    })
}

fn text(row: &Criterion, to: &mut Condition) -> Part {
    use Operator::*;
    if matches!(row.operator, Set | NotSet) {
        return Ok(there(row, to));
    }
    let value = row.values.first().ok_or(Why::Missing)?.trim().replace('\0', "");
    if value.chars().count() > 500 {
        return Err(Why::TooLong { most: 500 });
    }
    let negated = matches!(row.operator, NotStartsWith | NotContains | NotEndsWith | NotEquals | IsNotExactly);
    let escaped = escape_like(&value);
    let (exact, pattern) = match row.operator {
        StartsWith | NotStartsWith => (false, format!("{escaped}%")),
        EndsWith | NotEndsWith => (false, format!("%{escaped}")),
        Contains | NotContains => (false, format!("%{escaped}%")),
        Equals | NotEquals => (false, escaped),
        _ => (true, value),
    };
    let place = to.bind(Bound::Text(if exact { pattern } else { fold(&pattern) }));
    Ok(any(row, negated, to, |name| match exact {
        true => format!("{name} = {place}"),
        false => format!("{} like {} escape '!'", folded(name), place),
    }))
}

fn number(row: &Criterion, to: &mut Condition) -> Part {
    use Operator::*;
    if matches!(row.operator, Set | NotSet) {
        return Ok(there(row, to));
    }
    let mut places = vec![];
    for text in row.values.iter().take(row.operator.needs()) {
        let text = text.trim().replace(',', ".");
        let value: f64 = text.parse().map_err(|_| Why::NotANumber)?;
        if !value.is_finite() {
            return Err(Why::NotANumber);
        }
        places.push(to.bind(Bound::Real(value)));
    }
    if places.len() < row.operator.needs() {
        return Err(Why::Missing);
    }
    let custom = row.aspect == Aspect::Custom;
    Ok(any(row, row.operator == NotEquals, to, |name| {
        let name = if custom { "x.number" } else { name };
        let sign = match row.operator {
            Less => "<",
            Greater => ">",
            AtMost => "<=",
            AtLeast => ">=",
            Between => return format!("{name} between {} and {}", places[0], places[1]),
            _ => "=",
        };
        format!("{name} {sign} {}", places[0])
    }))
}

fn time(row: &Criterion, context: &Context, to: &mut Condition) -> Part {
    if matches!(row.operator, Operator::Set | Operator::NotSet) {
        return Ok(there(row, to));
    }
    let (from, until) = moment::range(row.operator, &row.values, context.now, &context.zone)?;
    let custom = row.aspect == Aspect::Custom;
    let value = |at: i64| if custom { Bound::Real(at as f64) } else { Bound::Int(at) };
    let from = from.map(|at| to.bind(value(at)));
    let until = until.map(|at| to.bind(value(at)));
    Ok(any(row, false, to, |name| {
        let name = if custom { "x.number" } else { name };
        match (&from, &until) {
            (Some(from), Some(until)) => format!("({name} >= {from} and {name} < {until})"),
            (Some(from), None) => format!("{name} >= {from}"),
            (None, Some(until)) => format!("{name} < {until}"),
            (None, None) => format!("{name} is not null"),
        }
    }))
}

fn yes_no(row: &Criterion, context: &Context, to: &mut Condition) -> Part {
    let negated = row.operator == Operator::No;
    let holds = match row.aspect {
        Aspect::Flagged => {
            "exists (select 1 from message x where x.ticket_id = t.id and x.flagged_at is not null and x.taken_back_at is null)"
                .to_owned()
        }
        Aspect::HasFiles => "t.files > 0".to_owned(),
        Aspect::Overdue => {
            let now = to.bind(Bound::Int(context.now));
            format!("(t.state = 'open' and t.deadline < {now})")
        }
        Aspect::MissedDeadline => {
            "exists (select 1 from event e where e.ticket_id = t.id and e.kind = 'deadline-missed')".to_owned()
        }
        Aspect::Favourite => {
            let me = to.bind(Bound::Text(context.me.clone().map(|id| id.0).unwrap_or_default()));
            format!("exists (select 1 from favourite x where x.ticket_id = t.id and x.agent_id = {me})")
        }
        Aspect::Waiting => "t.waiting_since is not null".to_owned(),
        _ => return Ok(any(row, negated, to, |name| format!("{name} in ('yes', 'true', '1')"))),
    };
    Ok(sure(&holds, negated))
}

fn choice(row: &Criterion, context: &Context, to: &mut Condition) -> Part {
    if matches!(row.operator, Operator::Set | Operator::NotSet) {
        return Ok(there(row, to));
    }
    let mut wanted: Vec<String> = vec![];
    let mut nothing = false;
    for value in row.values.iter().map(|value| value.trim()).filter(|value| !value.is_empty()) {
        match (row.aspect, value) {
            (Aspect::State, word) => {
                word.parse::<crate::model::State>().map_err(|_| Why::NotAChoice)?;
                wanted.push(word.to_owned());
            }
            (_, "none") => nothing = true,
            (Aspect::Owner | Aspect::Follower, "me") => wanted.extend(context.me.clone().map(|id| id.0)),
            (Aspect::Owner | Aspect::Follower, value) => match value.strip_prefix("team:") {
                Some(team) => wanted.extend(context.members_of(team)),
                None => wanted.push(value.to_owned()),
            },
            (Aspect::Contact | Aspect::Company | Aspect::Custom, value) => wanted.push(context.now(value)),
            (Aspect::Category | Aspect::FirstCategory, value) => wanted.extend(context.below(value)),
            (_, value) => wanted.push(value.to_owned()),
        }
    }
    let places: Vec<String> = wanted.into_iter().map(|value| to.bind(Bound::Text(value))).collect();
    // An empty team has nobody's requests.
    let list = if places.is_empty() { "''".to_owned() } else { places.join(", ") };
    let found = any(row, false, to, |name| format!("{name} in ({list})"));
    let found = match nothing {
        true => {
            let none = Criterion { operator: Operator::NotSet, ..row.clone() };
            format!("({found} or {})", there(&none, to))
        }
        false => format!("({found})"),
    };
    Ok(if row.operator == Operator::NotOneOf { format!("not {found}") } else { found })
}

fn words(row: &Criterion, context: &Context, to: &mut Condition) -> Part {
    let asked = row.values.first().ok_or(Why::Missing)?;
    let found = context.found.get(asked).map(Vec::as_slice).unwrap_or_default();
    let places: Vec<String> = found.iter().map(|id| to.bind(Bound::Text(id.clone()))).collect();
    let list = if places.is_empty() { "''".to_owned() } else { places.join(", ") };
    let not = if row.operator == Operator::NotContains { "not " } else { "" };
    Ok(format!("t.id {not}in ({list})"))
}
