//! What stands round every mail of a category. Section 8.1, OUT-3.

use super::CategoryId;
use serde::{Deserialize, Serialize};

/// An organisation's own frame. In both forms `{{ body }}` is the mail that goes into it; `{{ organisation }}`,
/// `{{ ticket.category }}`, `{{ ticket.number }}`, `{{ customer.first }}` and `{{ agent.name }}` may stand there, too.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
#[serde(default)]
pub struct HouseStyle {
    /// Empty leaves mails as their own template has them. At most 50,000 characters.
    pub html: String,
    /// The same for the plain text.
    pub text: String,
    /// Also for the categories below that have none of their own.
    pub below: bool,
}

/// The longest, in characters.
pub const LONGEST_STYLE: usize = 50_000;

/// How mails of a category look.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
#[serde(default)]
pub struct CategoryStyle {
    /// Its own; none is that of a category above that is for those below, too.
    pub own: Option<HouseStyle>,
    /// Whose is put round its mails; none where they go out as they are.
    pub from: Option<CategoryId>,
}

/// How mails of a category are to look; none leaves it to the categories above.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
#[serde(default)]
pub struct StyleChoice {
    pub own: Option<HouseStyle>,
}
