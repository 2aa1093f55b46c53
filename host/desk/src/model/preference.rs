//! What agents choose for themselves, and what is chosen for them until they do. Section 20.

use super::{CategoryId, StatusId, Tile, event::text_enum};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

text_enum! {
    /// Who has what an agent registers, unless they say otherwise. CRE-9.
    FirstOwner {
        /// Whoever the category's rules find.
        Automatic = "automatic",
        Unassigned = "unassigned",
        Myself = "myself",
    }
}

text_enum! {
    /// Who decided a value. Appendix C, number 25.
    Source {
        /// The agent.
        Own = "own",
        /// The category of the request.
        Category = "category",
        /// The administrator, for everybody.
        Administrator = "administrator",
        /// Whoever wrote or filled in the form said so.
        Said = "said",
        /// A rule.
        Rule = "rule",
        /// The request's type.
        Type = "type",
        /// The contact.
        Contact = "contact",
        /// The contact's company.
        Company = "company",
        /// The mailbox, or whatever else it came through.
        Door = "door",
        /// What was so before.
        Before = "before",
        /// What its sender's mail or address shows.
        Sender = "sender",
        /// Nobody: Saker's own.
        Saker = "saker",
    }
}

/// Values that are decided in several places: what holds, and what somebody has chosen of it.
macro_rules! choices {
    (
        $(#[$holds:meta])* $all:ident
        $(#[$some:meta])* $chosen:ident
        plain { $($(#[$doc:meta])* $name:ident: $of:ty = $default:expr),* $(,)? }
        optional { $($(#[$odoc:meta])* $oname:ident: $oof:ty),* $(,)? }
    ) => {
        $(#[$holds])*
        #[derive(Clone, Debug, PartialEq, Eq, ::serde::Serialize, ::serde::Deserialize)]
        #[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
        #[serde(default)]
        pub struct $all {
            $($(#[$doc])* pub $name: $of,)*
            $($(#[$odoc])* pub $oname: Option<$oof>,)*
        }

        impl Default for $all {
            fn default() -> Self {
                $all { $($name: $default,)* $($oname: None,)* }
            }
        }

        $(#[$some])*
        #[derive(Clone, Debug, Default, PartialEq, Eq, ::serde::Serialize, ::serde::Deserialize)]
        #[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
        #[serde(default)]
        pub struct $chosen {
            $($(#[$doc])* #[serde(skip_serializing_if = "Option::is_none")] pub $name: Option<$of>,)*
            $($(#[$odoc])* #[serde(skip_serializing_if = "Option::is_none")] pub $oname: Option<$oof>,)*
        }

        impl $all {
            /// These, where nothing else was chosen.
            #[must_use]
            pub fn with(mut self, chosen: &$chosen) -> Self {
                $(if let Some(value) = &chosen.$name { self.$name = value.clone(); })*
                $(if chosen.$oname.is_some() { self.$oname.clone_from(&chosen.$oname); })*
                self
            }
        }

        impl $chosen {
            /// The names of all values, and which of them are decided here.
            pub fn decided(&self) -> Vec<(&'static str, bool)> {
                vec![$((stringify!($name), self.$name.is_some()),)* $((stringify!($oname), self.$oname.is_some()),)*]
            }
        }
    };
}
pub(super) use choices;

choices! {
    /// What holds for one agent.
    Preferences
    /// What somebody has chosen, for themselves or as administrator for everybody; none leaves it open.
    Chosen
    plain {
        /// Lists and their numbers show only one's own categories. FND-1.
        own_categories: bool = false,
        /// Favourites show only open requests. FAV-2.
        open_favourites: bool = false,
        /// Notices of favourites like those of own requests. FAV-1.
        favourite_notices: bool = true,
        /// The last message is quoted in a reply. MSG-3.
        quote: bool = false,
        /// A new request begins in the category that was used last, else in `category`. CRE-9.
        last_category: bool = false,
        /// CRE-9.
        owner: FirstOwner = FirstOwner::Automatic,
        /// How many of the latest messages are shown in full.
        expanded: u8 = 3,
        /// The zone of their clock, such as `Europe/Oslo`.
        zone: String = "Europe/Oslo".to_owned(),
        /// What stands on the dashboard, in order; at most 20. NAV-10.
        tiles: Vec<Tile> = vec![
            Tile::Mine, Tile::Overdue, Tile::Unassigned, Tile::Unresolved, Tile::MyRequests, Tile::Unclaimed,
        ],
        /// The numbers of the week by mail, on Monday mornings. STAT-1.
        weekly: bool = false,
    }
    optional {
        /// The first status of a new request. CRE-8.
        new_status: StatusId,
        /// The status that a reply offers. MSG-5.
        message_status: StatusId,
        /// The first category of a new request. CRE-9.
        category: CategoryId,
    }
}

/// What holds for an agent, and who decided each value. Appendix C, number 25.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Effective {
    pub values: Preferences,
    /// By the names of the values.
    pub from: BTreeMap<String, Source>,
    /// What the agent chose.
    pub own: Chosen,
    /// What the administrator chose for everybody.
    pub defaults: Chosen,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_chosen_stands_over_what_was_chosen_for_everybody() {
        let everybody = Chosen { quote: Some(true), expanded: Some(5), ..Chosen::default() };
        let own = Chosen { expanded: Some(1), ..Chosen::default() };
        let holds = Preferences::default().with(&everybody).with(&own);
        assert!(holds.quote && holds.expanded == 1 && holds.favourite_notices);
        let kept: Chosen = serde_json::from_str(&serde_json::to_string(&own).unwrap()).unwrap();
        assert_eq!(kept, own);
        assert_eq!(serde_json::from_str::<Chosen>("{\"of a later release\":1}").unwrap(), Chosen::default());
    }
}
