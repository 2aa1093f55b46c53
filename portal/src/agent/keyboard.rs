//! Single keys, while nobody is typing. They can be switched off (WCAG 2.1.4).

use super::{browser, command::Command, here::Here};
use leptos::{ev, prelude::*};

/// Where the choice is kept: `off`, or nothing.
pub const KEYS_SETTING: &str = "saker.keys";
/// The longest time between G and the key after it, in milliseconds.
const CHORD: f64 = 1_200.0;

/// To be called once by the frame. Runs in the browser only.
pub fn listen(here: Here) {
    let pressed_g = StoredValue::new(0.0_f64);
    Effect::new(move |_| {
        window_event_listener(ev::keydown, move |key| {
            if key.default_prevented() || key.is_composing() {
                return;
            }
            if (key.ctrl_key() || key.meta_key()) && key.key().eq_ignore_ascii_case("k") {
                key.prevent_default();
                here.command(Command::Palette);
                return;
            }
            let in_dialog = here.palette.get_untracked() || here.shortcuts.get_untracked();
            if key.ctrl_key() || key.meta_key() || key.alt_key() || in_dialog {
                return;
            }
            if browser::is_typing() {
                if key.key() == "Escape" {
                    browser::stop_typing();
                }
                return;
            }
            let after_g = browser::now() - pressed_g.get_value() < CHORD;
            pressed_g.set_value(if key.key().eq_ignore_ascii_case("g") { browser::now() } else { 0.0 });
            let plain = matches!(key.key().as_str(), "Escape" | "ArrowDown" | "ArrowUp");
            if !plain && browser::stored(KEYS_SETTING).as_deref() == Some("off") {
                return;
            }
            if let Some(command) = Command::from_key(&key.key(), after_g) {
                key.prevent_default();
                here.command(command);
            }
        });
    });
}
