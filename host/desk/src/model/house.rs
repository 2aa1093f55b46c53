//! What an administrator decides for the whole house. Section 20.

use super::{Access, AccountId, Source, preference::choices};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

choices! {
    /// How the house does things.
    HouseRules
    /// What an administrator has chosen of it; none leaves it to Saker.
    ChosenHouseRules
    plain {
        /// Whoever writes a mail and is not known becomes a contact. Off, their request keeps the address and has no
        /// contact. CRM-6, section 12.2.
        contacts: bool = true,
        /// Whoever is new gets no mail by themselves: no acknowledgement of the first request. AUT-2.
        silent_to_new: bool = false,
        /// The access level of a request that is registered by hand, unless somebody says otherwise.
        access: Access = Access::External,
    }
    optional {
        /// For so many minutes all mails of one contact go to whoever has the one before, whatever the category: 1 to
        /// 10,080. None leaves it to the categories. ASG-5.
        same_owner: i64,
        /// The mailbox that mail leaves from where a request did not come by one. None is the first. OUT-2.
        sender: AccountId,
    }
}

/// The longest time for which mails of one contact stay together: a week of minutes.
const LONGEST_TOGETHER: i64 = 7 * 24 * 60;

impl ChosenHouseRules {
    /// Whether anybody can mean it.
    pub fn is_sound(&self) -> bool {
        self.same_owner.is_none_or(|minutes| (1..=LONGEST_TOGETHER).contains(&minutes))
    }
}

/// What holds for the house, and who decided each value. Appendix C, number 25.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct EffectiveHouseRules {
    pub values: HouseRules,
    /// By the names of the values.
    pub from: BTreeMap<String, Source>,
    /// What an administrator chose.
    pub chosen: ChosenHouseRules,
}
