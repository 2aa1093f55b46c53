//! What a browser loads to wake up the agent pages.

/// Called by the page once the module is there.
#[cfg(target_family = "wasm")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    portal::agent::hydrate();
}
