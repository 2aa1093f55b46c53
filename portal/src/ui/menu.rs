//! A button that opens a list of choices. Arrow keys, Home, End, Enter and Esc do what they do everywhere.

use leptos::{ev, html, prelude::*, wasm_bindgen::JsCast, web_sys};

/// The choices are direct children with the class `menu-item`; choosing one closes the menu.
#[component]
pub fn Menu(
    /// Names the button for those who don't see it; the face shows its present value.
    #[prop(into)]
    label: Signal<String>,
    /// Different from all other ids on the page.
    #[prop(into)]
    id: String,
    #[prop(default = "btn btn-ghost btn-sm")] class: &'static str,
    /// `menu-end`, `menu-up`, or both: where the list opens.
    #[prop(optional)]
    place: &'static str,
    /// For those who also open it by other means.
    #[prop(default = RwSignal::new(false))]
    open: RwSignal<bool>,
    #[prop(optional, into)] disabled: Signal<bool>,
    /// What is on the button.
    #[prop(into)]
    face: ViewFn,
    children: ChildrenFn,
) -> impl IntoView {
    let wrap = NodeRef::<html::Div>::new();
    let (button, list) = (format!("{id}-button"), format!("{id}-list"));
    let (first, back) = (list.clone(), button.clone());
    Effect::new(move |_| {
        if open.get() {
            let list = first.clone();
            request_animation_frame(move || enter(&list));
        }
    });
    let children = StoredValue::new(children);
    let controls = list.clone();
    let keys = move |key: ev::KeyboardEvent| {
        if !open.get_untracked() {
            return;
        }
        match key.key().as_str() {
            "ArrowDown" => step(1),
            "ArrowUp" => step(-1),
            "Home" => edge(true),
            "End" => edge(false),
            "Escape" => {
                open.set(false);
                focus(&back);
            }
            _ => return,
        }
        key.prevent_default();
        key.stop_propagation();
    };
    let left = move |gone: ev::FocusEvent| {
        let next = gone.related_target().and_then(|target| target.dyn_into::<web_sys::Node>().ok());
        let inside = wrap.get_untracked().is_some_and(|wrap| wrap.contains(next.as_ref()) && next.is_some());
        if !inside {
            open.set(false);
        }
    };
    view! {
        <div class=format!("menu-wrap {place}") node_ref=wrap on:keydown=keys on:focusout=left>
            <button type="button" id=button class=class aria-haspopup="menu" aria-label=label title=label disabled=disabled
                aria-expanded=move || if open.get() { "true" } else { "false" } aria-controls=controls
                on:click=move |_| open.update(|open| *open = !*open)>
                {face.run()}
            </button>
            <Show when=move || open.get()>
                <div class="menu pop" id=list.clone() role="menu" aria-label=label tabindex="-1" on:click=move |_| open.set(false)>
                    {children.with_value(|children| children())}
                </div>
            </Show>
        </div>
    }
    .into_any()
}

/// Puts the focus on an element by its id.
pub fn focus(id: &str) {
    if let Some(element) =
        document().get_element_by_id(id).and_then(|element| element.dyn_into::<web_sys::HtmlElement>().ok())
    {
        // An element that can't take focus leaves it where it was.
        element.focus().ok();
    }
}

/// Goes to the choice that is made, else to the first. Also for whose choices come after the list was opened.
pub fn enter(list: &str) {
    let Some(list) = document().get_element_by_id(list) else {
        return;
    };
    let found = list
        .query_selector("[aria-checked=true]")
        .ok()
        .flatten()
        .or_else(|| list.query_selector(".menu-item").ok().flatten());
    put(found);
}

fn step(by: i32) {
    let Some(mut at) = document().active_element() else {
        return;
    };
    loop {
        let next = if by > 0 { at.next_element_sibling() } else { at.previous_element_sibling() };
        match next {
            Some(next) if next.class_list().contains("menu-item") => return put(Some(next)),
            Some(next) => at = next,
            None => return,
        }
    }
}

fn edge(first: bool) {
    let Some(list) = document().active_element().and_then(|item| item.closest(".menu").ok().flatten()) else {
        return;
    };
    put(if first { list.query_selector(".menu-item").ok().flatten() } else { list.last_element_child() });
}

fn put(element: Option<web_sys::Element>) {
    if let Some(element) = element.and_then(|element| element.dyn_into::<web_sys::HtmlElement>().ok()) {
        element.focus().ok();
    }
}
