//! One's own settings.

use super::{
    browser, calls,
    command::{Command, KEYS},
    here::here,
    keyboard::KEYS_SETTING,
    nav::NavButton,
    reply_templates::ReplyTemplates,
};
use crate::{
    ui::Icon,
    visitor::{theme, words},
    words::Clock,
};
use desk::model::Language;
use leptos::{prelude::*, task::spawn_local};
use leptos_meta::Title;

#[component]
pub fn Settings() -> impl IntoView {
    let w = words();
    view! {
        <Title text=w.page_title(w.settings())/>
        <section class="pane p-thread page" aria-label=w.settings()>
            <div class="head head-line"><NavButton/><h1 class="grow big">{w.settings()}</h1></div>
            <div class="scroll"><div class="page-body page-narrow"><Me/><ReplyTemplates/><Look/><Keys/></div></div>
        </section>
    }
    .into_any()
}

#[component]
fn Me() -> impl IntoView {
    let (here, w) = (here(), words());
    let saved = here.profile.get_untracked();
    let (name, language, signature) =
        (RwSignal::new(saved.name), RwSignal::new(saved.language), RwSignal::new(saved.signature));
    let busy = RwSignal::new(false);
    let changed = move || {
        here.profile.with(|profile| {
            profile.name != name.get() || profile.language != language.get() || profile.signature != signature.get()
        })
    };
    let save = move |submit: leptos::ev::SubmitEvent| {
        submit.prevent_default();
        let (new_name, new_language, new_signature) =
            (name.get_untracked(), language.get_untracked(), signature.get_untracked());
        let other_language = new_language != here.profile.with_untracked(|profile| profile.language);
        busy.set(true);
        spawn_local(async move {
            match calls::save_profile(new_name.clone(), new_language, new_signature.clone()).await {
                Ok(()) => {
                    here.profile.update(|profile| {
                        profile.name = new_name;
                        profile.language = new_language;
                        profile.signature = new_signature;
                    });
                    here.toasts.done(w.saved());
                    if other_language {
                        browser::reload();
                    }
                }
                Err(fault) => here.refused(&fault),
            }
            busy.try_set(false);
        });
    };
    view! {
        <form class="card" on:submit=save>
            <div class="card-head"><h2 class="card-title">{w.about_you()}</h2></div>
            <div class="card-body card-fields">
                <div class="field"><label class="label" for="name">{w.name()}</label>
                    <input class="input" id="name" autocomplete="name" maxlength="120" required prop:value=move || name.get() on:input=move |input| name.set(event_target_value(&input))/>
                </div>
                <div class="field"><label class="label" for="language">{w.language()}</label>
                    <select class="select" id="language" on:change=move |change| language.set(Language::from_tag(&event_target_value(&change)).unwrap_or_default())>
                        <option value="nb" lang="nb" selected=move || language.get() == Language::Nb>"Norsk bokmål"</option>
                        <option value="en" lang="en" selected=move || language.get() == Language::En>"English"</option>
                    </select>
                </div>
                <div class="field"><label class="label" for="signature">{w.signature()}</label>
                    <textarea class="textarea" id="signature" rows="4" dir="auto" prop:value=move || signature.get() on:input=move |input| signature.set(event_target_value(&input))></textarea>
                    <p class="hint">{w.signature_hint()}</p>
                </div>
            </div>
            <div class="card-foot">
                <button class="btn btn-primary" disabled=move || !changed() aria-busy=move || busy.get().then_some("true")>{w.save()}</button>
            </div>
        </form>
    }
    .into_any()
}

/// Plain forms: the server keeps the choice in a cookie, so that the first paint has it.
#[component]
fn Look() -> impl IntoView {
    let (w, theme) = (words(), theme());
    let choices =
        [("light", "sun", w.theme_light()), ("dark", "moon", w.theme_dark()), ("system", "sliders", w.theme_system())];
    let clocks = [(Clock::Day, w.clock_of_day()), (Clock::HalfDay, w.clock_of_half_day())];
    view! {
        <section class="card" aria-labelledby="look">
            <div class="card-head"><h2 class="card-title" id="look">{w.theme()}</h2></div>
            <form class="card-body flex wrap" method="post" action="/theme">
                <input type="hidden" name="back" value="/desk/settings"/>
                {choices.into_iter().map(|(value, icon, name)| view! { <button class="btn" name="theme" value=value aria-pressed=(value == theme).to_string()><Icon name=icon/>{name}</button> }.into_any()).collect_view()}
            </form>
        </section>
        <section class="card" aria-labelledby="clock">
            <div class="card-head"><h2 class="card-title" id="clock">{w.clock_format()}</h2></div>
            <form class="card-body flex wrap" method="post" action="/clock">
                <input type="hidden" name="back" value="/desk/settings"/>
                {clocks.into_iter().map(|(clock, name)| view! { <button class="btn" name="clock" value=clock.mark().unwrap_or("24") aria-pressed=(w.1 == clock).to_string()>{name}</button> }.into_any()).collect_view()}
            </form>
        </section>
    }
    .into_any()
}

#[component]
fn Keys() -> impl IntoView {
    let w = words();
    let on = RwSignal::new(true);
    Effect::new(move |_| on.set(browser::stored(KEYS_SETTING).as_deref() != Some("off")));
    let turn = move |change: leptos::ev::Event| {
        let wanted = event_target_checked(&change);
        on.set(wanted);
        browser::store(KEYS_SETTING, (!wanted).then_some("off"));
    };
    view! {
        <section class="card" aria-labelledby="keys">
            <div class="card-head"><h2 class="card-title grow" id="keys">{w.shortcuts()}</h2>
                <label class="flex sm"><input class="switch" type="checkbox" role="switch" prop:checked=move || on.get() on:change=turn/>{w.single_keys()}</label>
            </div>
            <div class="card-body"><KeyList/></div>
        </section>
    }
    .into_any()
}

/// Every command and its keys.
#[component]
pub fn KeyList() -> impl IntoView {
    let w = words();
    let administers = here().is_administrator();
    let mine = |(command, _): &&(Command, _)| administers || *command != Command::Administration;
    let rows = KEYS.iter().filter(mine).map(|(command, keys)| view! {
        <li><span class="grow">{command.words(w)}</span><span class="keys">{keys.iter().map(|key| view! { <kbd>{*key}</kbd> }).collect_view()}</span></li>
    }.into_any()).collect_view();
    view! {
        <ul class="key-list">
            {rows}
            <li><span class="grow">{w.send_key()}</span><span class="keys"><kbd>"Ctrl"</kbd><kbd>"↵"</kbd></span></li>
            <li><span class="grow">{w.send_and_close_key()}</span><span class="keys"><kbd>"Ctrl"</kbd><kbd>"⇧"</kbd><kbd>"↵"</kbd></span></li>
        </ul>
    }
    .into_any()
}
