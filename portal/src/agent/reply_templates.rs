//! Replies that one writes beforehand, for oneself or for all. Section 13.2.

use super::{calls, here::here};
use crate::{
    Fault,
    ui::{Dialog, Icon, menu::focus},
    visitor::words,
};
use desk::{Error, model::*};
use leptos::{ev, prelude::*, task::spawn_local};

/// All that one may use, and the way to write another.
#[component]
pub fn ReplyTemplates() -> impl IntoView {
    let (here, w) = (here(), words());
    let all = RwSignal::new(None::<Vec<ReplyTemplate>>);
    let load = Callback::new(move |()| {
        spawn_local(async move {
            match calls::load_reply_templates().await {
                Ok(found) => drop(all.try_set(Some(found))),
                Err(fault) => here.refused(&fault),
            }
        });
    });
    Effect::new(move |_| load.run(()));
    let slip = Slip::new();
    let rows = move || {
        let found = all.get()?;
        let none = found.is_empty().then(|| view! { <li class="t3 sm">{w.no_own_templates()}</li> });
        let row = |template: ReplyTemplate| {
            let may = template.mine || here.is_administrator();
            let whose = match (template.shared, template.mine) {
                (false, _) => w.only_you().to_owned(),
                (true, true) => w.for_everybody().to_owned(),
                (true, false) => w.for_everybody_by(&template.by),
            };
            let name = template.name.clone();
            let change = may.then(|| view! {
                <button type="button" class="btn btn-sm" aria-label=format!("{}: {name}", w.change()) on:click=move |_| slip.show(Some(&template))>{w.change()}</button>
            });
            view! { <li><span class="grow clip" dir="auto">{name}</span><span class="sm t3">{whose}</span>{change}</li> }.into_any()
        };
        Some(
            view! { <ul class="key-list key-list-wide">{none}{found.into_iter().map(row).collect_view()}</ul> }
                .into_any(),
        )
    };
    view! {
        <section class="card" aria-labelledby="reply-templates">
            <div class="card-head"><h2 class="card-title grow" id="reply-templates">{w.own_templates()}</h2>
                <button type="button" class="btn btn-sm" id="new-reply-template" on:click=move |_| slip.show(None)><Icon name="plus"/>{w.new_template()}</button>
            </div>
            <div class="card-body card-fields"><p class="hint">{w.own_templates_lead()}</p>{rows}</div>
        </section>
        <Form slip load/>
    }
    .into_any()
}

/// One of them while it is written.
#[derive(Clone, Copy)]
struct Slip {
    id: RwSignal<Option<ReplyTemplateId>>,
    new: RwSignal<NewReplyTemplate>,
    /// Whether it is one's own: what is taken back would be.
    mine: RwSignal<bool>,
    /// What is wrong, and with which field.
    wrong: RwSignal<Option<(String, String)>>,
    shown: RwSignal<bool>,
}

impl Slip {
    fn new() -> Self {
        Self {
            id: RwSignal::default(),
            new: RwSignal::default(),
            mine: RwSignal::default(),
            wrong: RwSignal::default(),
            shown: RwSignal::default(),
        }
    }

    fn show(self, template: Option<&ReplyTemplate>) {
        self.id.set(template.map(|template| template.id.clone()));
        self.new.set(template.map(as_written).unwrap_or_default());
        self.mine.set(template.is_none_or(|template| template.mine));
        self.wrong.set(None);
        self.shown.set(true);
    }

    /// What is wrong with a field.
    fn flaw(self, field: &'static str) -> Signal<Option<String>> {
        Signal::derive(move || self.wrong.get().filter(|(of, _)| of == field).map(|(_, why)| why))
    }
}

fn as_written(template: &ReplyTemplate) -> NewReplyTemplate {
    NewReplyTemplate {
        name: template.name.clone(),
        shared: template.shared,
        nb: template.nb.clone(),
        en: template.en.clone(),
    }
}

#[component]
fn Form(slip: Slip, load: Callback<()>) -> impl IntoView {
    let (here, w) = (here(), words());
    let busy = RwSignal::new(false);
    let title = Signal::derive(move || {
        let is_new = slip.id.with(Option::is_none);
        if is_new { w.new_template() } else { w.change_template() }.to_owned()
    });
    let save = move |submit: ev::SubmitEvent| {
        submit.prevent_default();
        busy.set(true);
        spawn_local(async move {
            let saved = calls::save_reply_template(slip.id.get_untracked(), slip.new.get_untracked()).await;
            busy.try_set(false);
            match saved {
                Ok(_) => {
                    slip.shown.try_set(false);
                    here.toasts.done(w.saved());
                    load.try_run(());
                }
                Err(Fault::Desk(Error::Invalid { field, why })) if ["name", "nb", "en"].contains(&field.as_str()) => {
                    focus(&format!("template-{field}"));
                    slip.wrong.try_set(Some((field, w.why(&why))));
                }
                Err(fault) => here.refused(&fault),
            }
        });
    };
    let delete = move |_| {
        let Some(id) = slip.id.get_untracked() else { return };
        let (gone, mine) = (slip.new.get_untracked(), slip.mine.get_untracked());
        slip.shown.set(false);
        spawn_local(async move {
            match calls::delete_reply_template(id).await {
                Ok(()) => {
                    load.try_run(());
                    if !mine {
                        return here.toasts.done(w.template_deleted());
                    }
                    here.toasts.offer(w.template_deleted(), w.undo(), move || {
                        let again = gone.clone();
                        spawn_local(async move {
                            match calls::save_reply_template(None, again).await {
                                Ok(_) => drop(load.try_run(())),
                                Err(fault) => here.refused(&fault),
                            }
                        });
                    });
                }
                Err(fault) => here.refused(&fault),
            }
        });
    };
    let name = move |input| slip.new.update(|new| new.name = event_target_value(&input));
    let shared = move |change| slip.new.update(|new| new.shared = event_target_checked(&change));
    view! {
        <Dialog title open=slip.shown wide=true back="new-reply-template">
            <form novalidate on:submit=save>
                <div class="dialog-body">
                    <div class="field"><label class="label" for="template-name">{w.template_name()}</label>
                        <input class="input" id="template-name" maxlength="100" autocomplete="off" dir="auto" autofocus=true prop:value=move || slip.new.with(|new| new.name.clone())
                            aria-invalid=move || slip.flaw("name").get().map(|_| "true") aria-describedby="template-name-flaw" on:input=name/>
                        <Flaw id="template-name-flaw".to_owned() of=slip.flaw("name")/>
                    </div>
                    <Text slip field="nb" label=w.template_nb() language="nb"/>
                    <Text slip field="en" label=w.template_en() language="en"/>
                    <p class="hint" id="template-places">{w.template_places()}</p>
                    <label class="check-row" for="template-shared"><input class="check" type="checkbox" id="template-shared" prop:checked=move || slip.new.with(|new| new.shared) on:change=shared/><span>{w.template_shared()}</span></label>
                </div>
                <div class="dialog-foot">
                    {move || slip.id.with(Option::is_some).then(|| view! { <button type="button" class="btn btn-ghost" on:click=delete><Icon name="trash"/>{w.delete()}</button> })}
                    <button type="button" class="btn" on:click=move |_| slip.shown.set(false)>{w.cancel()}</button>
                    <button type="submit" class="btn btn-primary" aria-busy=move || busy.get().then_some("true")>{w.save()}</button>
                </div>
            </form>
        </Dialog>
    }
    .into_any()
}

/// Its text in one language.
#[component]
fn Text(slip: Slip, field: &'static str, label: &'static str, language: &'static str) -> impl IntoView {
    let (id, told) = (format!("template-{field}"), format!("template-{field}-flaw"));
    let flaw = slip.flaw(field);
    let value = move || slip.new.with(|new| if field == "nb" { new.nb.clone() } else { new.en.clone() });
    let write = move |input| {
        let text = event_target_value(&input);
        slip.new.update(|new| if field == "nb" { new.nb = text } else { new.en = text });
    };
    view! {
        <div class="field"><label class="label" for=id.clone()>{label}<span class="needed">{words().optional()}</span></label>
            <textarea class="textarea" id=id rows="6" dir="auto" lang=language maxlength="20000" prop:value=value aria-invalid=move || flaw.get().map(|_| "true") aria-describedby=format!("{told} template-places") on:input=write></textarea>
            <Flaw id=told.clone() of=flaw/>
        </div>
    }
    .into_any()
}

#[component]
fn Flaw(id: String, of: Signal<Option<String>>) -> impl IntoView {
    view! {
        <div id=id>{move || of.get().map(|why| view! { <p class="error" role="alert"><Icon name="alert"/>{why}</p> }.into_any())}</div>
    }
    .into_any()
}
