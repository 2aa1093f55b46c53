//! Said in the workspace.

use super::words;

words! {
    take: "Overta saken", "Take request";
}
