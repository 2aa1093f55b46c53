//! Who else has a request on their screen. C-1.

use super::{AgentCard, event::text_enum};
use serde::{Deserialize, Serialize};

text_enum! {
    /// What somebody does with a request that is on their screen.
    Attention {
        Viewing = "viewing",
        /// An answer or a comment is being written.
        Writing = "writing",
        /// The screen shows something else now.
        Gone = "gone",
    }
}

/// A colleague who has the request on a screen just now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Viewer {
    pub agent: AgentCard,
    pub writing: bool,
}

/// A screen says every so many seconds that it is still there.
pub const VIEWER_BEAT: i64 = 20;
