//! What somebody looks for: rows of field, operator and value. FND-2, FND-3.

use super::event::text_enum;
use serde::{Deserialize, Serialize};

/// Sets of rows: a request fits when all active rows of any set hold. Without an active row everything fits. FND-2.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Criteria {
    pub sets: Vec<Vec<Criterion>>,
}

impl Criteria {
    /// One set.
    pub fn all(rows: Vec<Criterion>) -> Self {
        Criteria { sets: vec![rows] }
    }
}

/// One row. Its values are words, whatever their kind, as a form or an address carries them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Criterion {
    pub aspect: Aspect,
    /// Of a custom field; empty for all others.
    #[serde(default)]
    pub key: String,
    pub operator: Operator,
    /// Numbers as digits; moments as Unix microseconds or a day `2026-11-24`; choices by id, see [`Aspect`].
    #[serde(default)]
    pub values: Vec<String>,
    /// Kept, but of no effect. FND-2.
    #[serde(default)]
    pub off: bool,
}

impl Criterion {
    pub fn new<T: Into<String>>(aspect: Aspect, operator: Operator, values: impl IntoIterator<Item = T>) -> Self {
        let values = values.into_iter().map(Into::into).collect();
        Criterion { aspect, key: String::new(), operator, values, off: false }
    }

    /// A row about a custom field.
    pub fn custom<T: Into<String>>(key: &str, operator: Operator, values: impl IntoIterator<Item = T>) -> Self {
        Criterion { key: key.to_owned(), ..Criterion::new(Aspect::Custom, operator, values) }
    }

    /// A row whose value was left empty has no effect. FND-2.
    pub fn is_active(&self) -> bool {
        let said = self.values.iter().any(|value| !value.trim().is_empty());
        !self.off && (said || self.operator.needs() == 0)
    }
}

text_enum! {
    /// What kind of operators and values something takes. FND-3.
    Kind {
        Text = "text",
        YesNo = "yes-no",
        Moment = "moment",
        Number = "number",
        Choice = "choice",
        /// Full text: all of the words, anywhere in the request. FND-5.
        Words = "words",
    }
}

text_enum! {
    /// What a row looks at.
    Aspect {
        Number = "number",
        Title = "title",
        /// Name of any contact, or of who wrote.
        ContactName = "contact-name",
        ContactAddress = "contact-address",
        CompanyName = "company-name",
        /// Full text of the request and its messages; the thousand best fits.
        Text = "text",
        State = "state",
        Status = "status",
        /// `me`, `none`, an agent, or `team:` and a team.
        Owner = "owner",
        /// With everything below it in the tree.
        Category = "category",
        FirstCategory = "first-category",
        Priority = "priority",
        /// PRI-4.
        FirstPriority = "first-priority",
        /// `none`, or a type.
        Type = "type",
        Access = "access",
        Origin = "origin",
        Read = "read",
        /// A tag; `none` for requests without any.
        Tag = "tag",
        Contact = "contact",
        Company = "company",
        /// What was agreed with the company; `none` for requests of others. C-11.
        Agreement = "agreement",
        /// `me` or an agent; `none` for requests that nobody follows.
        Follower = "follower",
        Sale = "sale",
        Project = "project",
        /// The mailbox or other door it came through.
        Account = "account",
        Created = "created",
        /// Last message.
        Changed = "changed",
        Closed = "closed",
        Replied = "replied",
        Deadline = "deadline",
        Wakes = "wakes",
        Assigned = "assigned",
        /// Since when somebody outside or inside last said something to the other.
        Spoken = "spoken",
        Messages = "messages",
        Replies = "replies",
        /// Spent.
        Minutes = "minutes",
        /// Minutes to charge.
        Charge = "charge",
        Reopenings = "reopenings",
        Escalation = "escalation",
        /// A message of it is flagged.
        Flagged = "flagged",
        HasFiles = "has-files",
        /// Open, and past its deadline.
        Overdue = "overdue",
        /// Open or not: a deadline of it has passed without being met.
        MissedDeadline = "missed-deadline",
        /// Among the reader's favourites.
        Favourite = "favourite",
        /// The clock stands still for the customer.
        Waiting = "waiting",
        /// A custom field, by its key.
        Custom = "custom",
    }
}

impl Aspect {
    /// None for a custom field: that depends on the field.
    pub fn kind(self) -> Option<Kind> {
        use Aspect::*;
        Some(match self {
            Title | ContactName | ContactAddress | CompanyName => Kind::Text,
            Text => Kind::Words,
            State | Status | Owner | Category | FirstCategory | Priority | FirstPriority | Type | Access | Origin
            | Read | Tag | Contact | Company | Agreement | Follower | Sale | Project | Account => Kind::Choice,
            Created | Changed | Closed | Replied | Deadline | Wakes | Assigned | Spoken => Kind::Moment,
            Number | Messages | Replies | Minutes | Charge | Reopenings | Escalation => Kind::Number,
            Flagged | HasFiles | Overdue | MissedDeadline | Favourite | Waiting => Kind::YesNo,
            Custom => return None,
        })
    }
}

text_enum! {
    /// How a row compares. FND-3. Text compares without regard to case, except by *is exactly*.
    Operator {
        StartsWith = "starts-with",
        Contains = "contains",
        EndsWith = "ends-with",
        Equals = "equals",
        IsExactly = "is-exactly",
        NotStartsWith = "not-starts-with",
        NotContains = "not-contains",
        NotEndsWith = "not-ends-with",
        NotEquals = "not-equals",
        IsNotExactly = "is-not-exactly",
        Yes = "yes",
        No = "no",
        Less = "less",
        Greater = "greater",
        AtMost = "at-most",
        AtLeast = "at-least",
        /// Both ends are part of it; for days up to the end of the last.
        Between = "between",
        /// Before a moment, or before a day begins.
        Before = "before",
        /// After a moment, or after a day has ended.
        After = "after",
        Today = "today",
        Yesterday = "yesterday",
        Tomorrow = "tomorrow",
        BeforeToday = "before-today",
        AfterToday = "after-today",
        /// Weeks begin on Monday.
        ThisWeek = "this-week",
        NextWeek = "next-week",
        PreviousWeek = "previous-week",
        ThisMonth = "this-month",
        NextMonth = "next-month",
        PreviousMonth = "previous-month",
        ThisYear = "this-year",
        NextYear = "next-year",
        PreviousYear = "previous-year",
        /// At least this many minutes ago.
        OlderThan = "older-than",
        /// At most this many minutes ago.
        WithinLast = "within-last",
        /// At most this many minutes ahead.
        WithinNext = "within-next",
        OneOf = "one-of",
        NotOneOf = "not-one-of",
        /// There is a value.
        Set = "set",
        NotSet = "not-set",
    }
}

impl Operator {
    /// How many values it needs at least.
    pub fn needs(self) -> usize {
        use Operator::*;
        match self {
            Between => 2,
            Yes | No | Today | Yesterday | Tomorrow | BeforeToday | AfterToday | ThisWeek | NextWeek | PreviousWeek
            | ThisMonth | NextMonth | PreviousMonth | ThisYear | NextYear | PreviousYear | Set | NotSet => 0,
            _ => 1,
        }
    }

    /// Whether values of this kind are compared by it.
    pub fn fits(self, kind: Kind) -> bool {
        use Operator::*;
        match kind {
            Kind::Text => matches!(
                self,
                StartsWith
                    | Contains
                    | EndsWith
                    | Equals
                    | IsExactly
                    | NotStartsWith
                    | NotContains
                    | NotEndsWith
                    | NotEquals
                    | IsNotExactly
                    | Set
                    | NotSet
            ),
            Kind::YesNo => matches!(self, Yes | No),
            Kind::Number => {
                matches!(self, Equals | NotEquals | Less | Greater | AtMost | AtLeast | Between | Set | NotSet)
            }
            Kind::Choice => matches!(self, OneOf | NotOneOf | Set | NotSet),
            Kind::Words => matches!(self, Contains | NotContains),
            Kind::Moment => {
                matches!(self, Before | After | Equals | Between | OlderThan | WithinLast | WithinNext | Set | NotSet)
                    || self.needs() == 0 && !matches!(self, Yes | No)
            }
        }
    }
}

text_enum! {
    /// The headings that a list can be sorted by. FND-4, FND-7.
    Heading {
        Number = "number",
        Title = "title",
        Created = "created",
        Changed = "changed",
        Closed = "closed",
        Owner = "owner",
        Category = "category",
        Contact = "contact",
        Company = "company",
        Status = "status",
        Priority = "priority",
        Type = "type",
        Deadline = "deadline",
        Read = "read",
        Messages = "messages",
        Minutes = "minutes",
        /// A custom field: words, figures, days and names in their order, choices in the order in which they are offered.
        Custom = "custom",
    }
}

/// What an agent last looked for. FND-2.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct LastSearch {
    pub criteria: Criteria,
    pub sort: Sort,
}

/// Rows without a value come last in both directions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Sort {
    pub by: Heading,
    /// Of a custom field; empty for all other headings.
    #[serde(default)]
    pub key: String,
    pub descending: bool,
}

impl Sort {
    /// Under a heading that every request has.
    pub fn new(by: Heading, descending: bool) -> Self {
        Sort { by, key: String::new(), descending }
    }
}

impl Default for Sort {
    fn default() -> Self {
        Sort::new(Heading::Changed, true)
    }
}
