//! Who gets what is being written: To, Cc and Bcc. CRE-1, CRE-2, MSG-8.

use super::{calls, here::here};
use crate::visitor::words;
use desk::model::*;
use leptos::{ev, prelude::*, task::spawn_local};

/// Addresses as people type them, apart by commas, semicolons or spaces.
pub fn addresses(text: &str) -> Vec<String> {
    text.split([',', ';', ' ', '\n', '\t']).filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

/// The three lines, for a reply that goes to `given`; nothing until that is known.
#[component]
pub fn ToWhom(
    ticket: TicketId,
    given: Option<Recipients>,
    /// The `id` of the first line, to lead there.
    id: &'static str,
    changed: Callback<Recipients>,
) -> impl IntoView {
    let (here, w) = (here(), words());
    let lines = RwSignal::new(given);
    let suggested = RwSignal::new(Vec::<String>::new());
    Effect::new(move |_| {
        let ticket = ticket.clone();
        spawn_local(async move {
            match calls::load_recipients(ticket).await {
                Ok((usual, others)) => {
                    suggested.try_set(others);
                    if lines.try_with_untracked(Option::is_none) == Some(true) {
                        lines.set(Some(usual));
                    }
                }
                Err(fault) => here.refused(&fault),
            }
        });
    });
    let change = move |change: &dyn Fn(&mut Recipients)| {
        lines.update(|lines| {
            if let Some(lines) = lines {
                change(lines);
                changed.run(lines.clone());
            }
        });
    };
    // As typed, while it is typed; what is meant is read from it at every key.
    let line = move |id: &'static str, label: &'static str, part: fn(&mut Recipients) -> &mut Vec<String>| {
        let text = RwSignal::new(None::<String>);
        let shown = move || {
            text.get().unwrap_or_else(|| {
                lines.with(|lines| lines.clone().map(|mut lines| part(&mut lines).join(", ")).unwrap_or_default())
            })
        };
        let typed = move |input: ev::Event| {
            let value = event_target_value(&input);
            change(&|lines| *part(lines) = addresses(&value));
            text.set(Some(value));
        };
        view! {
            <label class="cmp-line"><span>{label}</span><input id=id autocomplete="off" autocapitalize="off" spellcheck="false" inputmode="email" prop:value=shown on:input=typed on:blur=move |_| text.set(None)/></label>
        }
        .into_any()
    };
    let add = move |address: String| {
        change(&|lines| lines.cc.push(address.clone()));
        suggested.update(|others| others.retain(|other| *other != address));
    };
    view! {
        <fieldset class="cmp-lines" disabled=move || lines.with(Option::is_none)>
            <legend class="sr">{w.recipients()}</legend>
            {line(id, w.to(), |lines| &mut lines.to)}
            {line("composer-cc", w.copy_to(), |lines| &mut lines.cc)}
            {line("composer-bcc", w.blind_copy(), |lines| &mut lines.bcc)}
            <Show when=move || !suggested.with(Vec::is_empty)>
                <p class="cmp-others"><span class="t3">{w.also_involved()}</span>
                    {move || suggested.get().into_iter().map(|address| {
                        let this = address.clone();
                        view! { <button type="button" class="btn btn-sm" on:click=move |_| add(this.clone())>"+ "{address}</button> }.into_any()
                    }).collect_view()}
                </p>
            </Show>
            <label class="check-row"><input class="check" type="checkbox" prop:checked=move || lines.with(|lines| lines.as_ref().is_none_or(|lines| !lines.apart))
                on:change=move |turned| { let on = event_target_checked(&turned); change(&|lines| lines.apart = !on) }/><span>{w.to_become_contacts()}</span></label>
        </fieldset>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::addresses;

    #[test]
    fn addresses_stand_apart_however_they_are_typed() {
        assert_eq!(addresses(" a@b.no, c@d.no;e@f.no\n "), ["a@b.no", "c@d.no", "e@f.no"]);
        assert!(addresses(" , ; ").is_empty());
    }
}
