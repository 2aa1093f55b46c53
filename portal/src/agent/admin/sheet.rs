//! The sheet of a file that was handed in: who made it, and what it wants, line by line. Nothing of it runs before somebody
//! has answered.

use super::{
    document::{Around, Head, Part, beside, came_back, document},
    typed::Typed,
};
use crate::{ui::Icon, words::Words};
use desk::model::{PinnedPublisher, Plugin, PluginSheet, Want, Wanted};
use leptos::prelude::*;

/// The name that each tick is sent under; its value is the line as JSON.
pub const WANT: &str = "want";
/// The tick that takes a file which nobody signed.
pub const UNSIGNED: &str = "unsigned";

/// `here` is everything that is installed: by it a key is known, and an upgrade shows what was granted before.
pub fn sheet(
    around: &Around,
    sheet: &PluginSheet,
    here: &[Plugin],
    pinned: &[PinnedPublisher],
    typed: &Typed,
) -> String {
    let head = Head {
        part: Part::Plugins,
        title: around.words().both_of(&sheet.name),
        up: Some(("/desk/admin/plugins".to_owned(), around.words().plugins().to_owned())),
        next: None,
    };
    let before = here.iter().find(|plugin| plugin.id == sheet.id);
    document(around, head, |w| {
        let kinds = sheet.kinds.iter().map(|kind| w.plugin_kind(*kind)).collect::<Vec<_>>().join(", ");
        let button = if before.is_some() { w.replace() } else { w.install() };
        view! {
            {came_back(typed, w)}
            <div><p>{w.both_of(&sheet.summary)}</p><p class="sm t3">{format!("{} · {kinds}", sheet.version)}</p></div>
            {before.map(|before| view! { <p class="banner banner-info"><Icon name="info"/><span>{w.replaces(&before.version)}</span></p> })}
            {maker(sheet, here, pinned, w)}
            <form class="sheet" method="post" action=format!("/desk/admin/plugins/sheet/{}", sheet.file)>
                {unsigned(sheet, typed, w)}
                {lines(&sheet.wants, before, typed, w)}
                <div class="flex"><button class="btn btn-primary">{button}</button><a class="btn" href="/desk/admin/plugins">{w.let_be()}</a></div>
            </form>
        }
        .into_any()
    })
}

fn maker(sheet: &PluginSheet, here: &[Plugin], pinned: &[PinnedPublisher], w: Words) -> AnyView {
    let key = sheet.publisher.as_deref();
    let known = here.iter().any(|plugin| plugin.publisher.is_some() && plugin.publisher.as_deref() == key);
    let name =
        pinned.iter().find(|publisher| Some(publisher.key.as_str()) == key).map(|publisher| publisher.name.as_str());
    let icon = if key.is_some() { "shield" } else { "alert" };
    let facts = [(w.author(), &sheet.author), (w.licence(), &sheet.licence)]
        .map(|(name, value)| view! { <dt>{name}</dt><dd>{value.clone()}</dd> }.into_any())
        .into_iter()
        .collect_view();
    view! {
        <section class="card" aria-labelledby="maker">
            <div class="card-head"><h2 class="card-title" id="maker">{w.who_made_it()}</h2></div>
            <div class="card-body">
                <p class="flex standing" class:is-unsigned=key.is_none()><Icon name=icon/><span>{w.standing(key, known, name)}</span></p>
                {key.filter(|key| key.len() > 20).map(|key| view! { <p class="mono xs t3 key">{key.to_owned()}</p> })}
                <dl class="dl">{facts}<dt>{w.file_hash()}</dt><dd class="mono xs key">{sheet.file.clone()}</dd></dl>
            </div>
        </section>
    }
    .into_any()
}

fn unsigned(sheet: &PluginSheet, typed: &Typed, w: Words) -> Option<AnyView> {
    let wrong = typed.why(UNSIGNED).map(|_| "true");
    sheet.publisher.is_none().then(|| view! {
        <div class="card take-unsigned">
            {beside(typed, UNSIGNED)}
            <label class="check-row"><input class="check" type="checkbox" id=UNSIGNED name=UNSIGNED value="yes" checked=typed.text(UNSIGNED) == "yes"
                aria-invalid=wrong aria-describedby=wrong.map(|_| "unsigned-error")/><span>{w.take_unsigned()}</span></label>
        </div>
    }
    .into_any())
}

/// What is new first; then what was asked before, as it was answered.
fn lines(wants: &[Wanted], before: Option<&Plugin>, typed: &Typed, w: Words) -> AnyView {
    let asked = |want: &Want| before.is_some_and(|plugin| plugin.wants.iter().any(|old| old.want == *want));
    let of = |wanted: &dyn Fn(&Wanted) -> bool| -> Vec<(usize, Wanted)> {
        wants.iter().cloned().enumerate().filter(|(_, line)| wanted(line)).collect()
    };
    let fresh = of(&|line| !line.granted && !asked(&line.want));
    let granted = of(&|line| line.granted);
    let denied = of(&|line| !line.granted && asked(&line.want));
    let first = before.is_none();
    let lead = if !first && fresh.is_empty() { w.nothing_new() } else { w.sheet_lead() };
    let title = if first { w.what_it_wants() } else { w.new_in_this() };
    view! {
        <section class="card" aria-labelledby="wants">
            <div class="card-head"><h2 class="card-title" id="wants">{title}</h2></div>
            <p class="card-body sm t2">{lead}</p>
            {(!fresh.is_empty()).then(|| view! { <ul class="caps">{ticks(fresh, typed, w)}</ul> })}
        </section>
        {group(w.denied_before(), denied, typed, w)}
        {group(w.granted_before(), granted, typed, w)}
        <section class="card" aria-labelledby="not">
            <div class="card-head"><h2 class="card-title" id="not">{w.it_can_not()}</h2></div>
            <ul class="caps"><li class="cap"><span class="cap-ic"><Icon name="shield"/></span><span class="grow">{w.what_it_can_not()}</span></li></ul>
        </section>
    }
    .into_any()
}

fn group(title: &'static str, lines: Vec<(usize, Wanted)>, typed: &Typed, w: Words) -> Option<AnyView> {
    (!lines.is_empty()).then(|| view! {
        <section class="card"><div class="card-head"><h2 class="card-title">{title}</h2></div><ul class="caps">{ticks(lines, typed, w)}</ul></section>
    }
    .into_any())
}

/// Lines to tick. What was sent stands; before anything was sent, what was granted.
pub(super) fn ticks(lines: Vec<(usize, Wanted)>, typed: &Typed, w: Words) -> AnyView {
    let refused = typed.why("granted").is_some();
    // What is missing first is where the page begins.
    let mut found = false;
    lines
        .into_iter()
        .map(|(place, line)| {
            let value = serde_json::to_string(&line.want).unwrap_or_default();
            let on = match &typed.fields {
                Some(_) => typed.all(WANT).any(|sent| sent == value),
                None => line.granted,
            };
            let id = format!("want-{place}");
            let missing = line.needed && !on && refused;
            let first = missing && !found;
            found |= missing;
            view! {
                <li class="cap">
                    <span class="cap-ic"><Icon name=icon(&line.want)/></span>
                    <label class="check-row grow" for=id.clone()><input class="check" type="checkbox" id=id.clone() name=WANT value=value checked=on autofocus=first
                        aria-invalid=missing.then_some("true") aria-describedby=missing.then(|| format!("{id}-error"))/>
                        <span class="grow">{w.want(&line.want, &line.names)}
                            {line.why.as_ref().map(|why| view! { <span class="hint">{w.both_of(why)}</span> })}</span></label>
                    <span class="flex">
                        {line.grave.then(|| view! { <span class="chip chip-warn"><Icon name="alert"/>{w.look_twice()}</span> })}
                        {line.needed.then(|| view! { <span class="chip chip-line">{w.it_needs_this()}</span> })}
                    </span>
                    {missing.then(|| view! { <p class="error" id=format!("{id}-error")><Icon name="alert" size=14/>{w.tick_this()}</p> })}
                </li>
            }
            .into_any()
        })
        .collect_view()
        .into_any()
}

fn icon(want: &Want) -> &'static str {
    match want {
        Want::Receive => "inbox",
        Want::Send => "send",
        Want::Mail => "mail",
        Want::Render => "file",
        Want::Classify => "flag",
        Want::Enrich => "user",
        Want::Automate => "zap",
        Want::Reach { .. } => "globe",
        Want::Secret { .. } => "lock",
        Want::SeeSecret { .. } => "eye",
        Want::Remember { .. } => "book",
        Want::BeCalled { .. } => "phone",
        Want::ShowPages => "eye",
        Want::Presence => "user",
        Want::Look { .. } => "clock",
        Want::Use { .. } => "sliders",
        Want::Take { .. } => "clock",
    }
}

/// The lines that were ticked. What is no line is left for the desk to refuse: it is none of the sheet's.
pub fn ticked(typed: &Typed) -> Vec<Want> {
    typed.all(WANT).filter_map(|sent| serde_json::from_str(sent).ok()).collect()
}
