//! Where in the workspace an address leads. Every list and every request has one.

use desk::model::List;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// A list, with or without one of its requests beside it.
    List {
        list: List,
        number: Option<i64>,
    },
    /// A request by its number, beside the list that was open last.
    Request(i64),
    New,
    /// The caller log.
    Calls,
    Search,
    Settings,
    Unknown,
}

/// The kinds of page. Going from row to row stays on the same one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Page {
    Lists,
    New,
    Calls,
    Search,
    Settings,
    Unknown,
}

impl Place {
    /// From a path such as `/desk/mine/1042`.
    pub fn read(path: &str) -> Self {
        let mut steps = path.trim_matches('/').split('/').skip(1);
        let (first, second, rest) = (steps.next().unwrap_or_default(), steps.next(), steps.next());
        let number = second.map(|number| number.trim_start_matches('#').parse::<i64>());
        if rest.is_some() {
            return Place::Unknown;
        }
        match (first, number) {
            ("", None) => Place::List { list: List::Unassigned, number: None },
            ("r", Some(Ok(number))) => Place::Request(number),
            ("new", None) => Place::New,
            ("calls", None) => Place::Calls,
            ("search", None) => Place::Search,
            ("settings", None) => Place::Settings,
            (list, None) => list.parse().map_or(Place::Unknown, |list| Place::List { list, number: None }),
            (list, Some(Ok(number))) => {
                list.parse().map_or(Place::Unknown, |list| Place::List { list, number: Some(number) })
            }
            (_, Some(Err(_))) => Place::Unknown,
        }
    }

    pub fn page(self) -> Page {
        match self {
            Place::List { .. } | Place::Request(_) => Page::Lists,
            Place::New => Page::New,
            Place::Calls => Page::Calls,
            Place::Search => Page::Search,
            Place::Settings => Page::Settings,
            Place::Unknown => Page::Unknown,
        }
    }

    pub fn number(self) -> Option<i64> {
        match self {
            Place::List { number, .. } => number,
            Place::Request(number) => Some(number),
            _ => None,
        }
    }

    /// A request with its customer beside it, as against a quick look in the queue.
    pub fn is_full(self) -> bool {
        match self {
            Place::List { list, number } => number.is_some() && list != List::Unassigned,
            Place::Request(_) => true,
            _ => false,
        }
    }
}

/// The pages of administrators, which the server draws: no place of this program.
pub const ADMINISTRATION: &str = "/desk/admin/plugins";

/// The caller log.
pub const CALLER_LOG: &str = "/desk/calls";

/// `/desk/mine`
pub fn list_address(list: List) -> String {
    format!("/desk/{list}")
}

/// `/desk/mine/1042`
pub fn row_address(list: List, number: i64) -> String {
    format!("/desk/{list}/{number}")
}

/// `/desk/r/1042`
pub fn ticket_address(number: i64) -> String {
    format!("/desk/r/{number}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_lead_where_they_say() {
        assert_eq!(Place::read("/desk"), Place::List { list: List::Unassigned, number: None });
        assert_eq!(Place::read("/desk/mine/"), Place::List { list: List::Mine, number: None });
        assert_eq!(Place::read(&row_address(List::Open, 1042)), Place::List { list: List::Open, number: Some(1042) });
        assert_eq!(Place::read(&ticket_address(7)), Place::Request(7));
        assert_eq!(Place::read("/desk/new"), Place::New);
        assert_eq!(Place::read(CALLER_LOG), Place::Calls);
    }

    #[test]
    fn garbage_leads_nowhere() {
        for path in ["/desk/nothing", "/desk/mine/x", "/desk/r", "/desk/mine/1/2", "/desk/r/99999999999999999999"] {
            assert_eq!(Place::read(path), Place::Unknown, "{path}");
        }
    }
}
