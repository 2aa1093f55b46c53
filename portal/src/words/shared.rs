//! Said in the portal and in the workspace.

use super::words;

words! {
    product: "Saker", "Saker";
}
