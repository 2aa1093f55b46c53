//! A plugin's face.

use crate::ui::Icon;
use desk::model::{PluginId, PluginState};
use leptos::prelude::*;

/// Its own picture, or the usual one. A drawing: its name stands beside it.
pub fn picture(id: &PluginId, there: bool) -> AnyView {
    match there {
        true => view! { <img class="plugin-face" src=format!("/desk/admin/plugins/{id}/picture") alt="" width="40" height="40"/> }.into_any(),
        false => view! { <span class="plugin-face" aria-hidden="true"><Icon name="puzzle" size=18/></span> }.into_any(),
    }
}

/// Whether it runs: a shape, a word and a colour.
pub fn state(state: PluginState, w: crate::words::Words) -> AnyView {
    let (class, icon) = match state {
        PluginState::On => ("chip chip-ok", "check"),
        PluginState::Off => ("chip", "pause"),
        PluginState::Tripped => ("chip chip-bad", "alert"),
    };
    view! { <span class=class><Icon name=icon/>{w.plugin_state(state)}</span> }.into_any()
}
