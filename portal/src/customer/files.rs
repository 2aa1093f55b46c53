//! Choosing files, and those that arrived with an earlier try.

use super::{fields::Notes, live, posted::Posted};
use crate::{ui::Icon, visitor::words};
use desk::model::Upload;
use leptos::{html, prelude::*};

/// Largest file that is taken, in bytes.
pub const LARGEST: i64 = 25 << 20;
/// Most files with one message.
pub const MOST: usize = 10;

/// A file input. Plain HTML sends what is chosen; the module lists it, and says early what is too large.
#[component]
pub fn Files(posted: Posted, label: &'static str) -> impl IntoView {
    let w = words();
    let notes = Notes::of(w, &posted, "files", Some(w.hint_files()));
    let bad = notes.wrong.is_some();
    let notes_view = notes.draw("files");
    let chosen = RwSignal::new(Vec::<(String, i64)>::new());
    let input = NodeRef::<html::Input>::new();
    // A browser may have kept what was chosen before the page woke up.
    Effect::new(move |_| chosen.set(live::chosen_files(input)));
    view! {
        <div class="field" data-bad=bad.then_some("")>
            <label class="label" for="files">{label}" "<i>{w.optional()}</i></label>
            {notes_view}
            // Before those that are chosen now, as in the form: where these are too much, the others have arrived.
            <Kept files=posted.files/>
            <div class="drop">
                <Icon name="clip" size=20/>
                <span class="drop-words">{w.drop_files()}</span>
                <span class="btn" aria-hidden="true">{w.choose_files()}</span>
                <input
                    id="files" name="files" r#type="file" multiple node_ref=input
                    aria-invalid=bad.then_some("true") aria-describedby=notes.described_by
                    on:change=move |_| chosen.set(live::chosen_files(input))
                />
            </div>
            <ul class="ups" aria-live="polite">
                {move || chosen.get().into_iter().map(|(name, size)| {
                    let large = size > LARGEST;
                    view! {
                        <li class="up" data-bad=large.then_some("")>
                            <FileMark name=name.clone()/>
                            <span>
                                <span class="file-name">{name.clone()}</span>
                                <small>{if large { w.file_too_large(&name, size) } else { w.size(size) }}</small>
                            </span>
                        </li>
                    }
                }).collect_view()}
                {move || (chosen.get().len() > MOST).then(|| view! {
                    <li class="error"><Icon name="alert" size=18/>{w.wrong("files", &desk::Why::TooMany { most: MOST as u32 })}</li>
                })}
            </ul>
        </div>
    }
    .into_any()
}

/// Files from an earlier try: a ticked box carries each along, and unticking leaves it out.
#[component]
fn Kept(files: Vec<Upload>) -> impl IntoView {
    let w = words();
    (!files.is_empty()).then(|| {
        view! {
            <p class="hint">{w.kept_files()}</p>
            <ul class="ups">
                {files.into_iter().map(|file| view! {
                    <li><label class="up">
                        <FileMark name=file.name.clone()/>
                        <span>
                            <span class="file-name">{file.name.clone()}</span>
                            <small class="ok"><Icon name="check"/>{w.uploaded()}" · "{w.size(file.size)}</small>
                        </span>
                        <input class="check" r#type="checkbox" name="kept" checked value=serde_json::to_string(&file).unwrap_or_default()/>
                    </label></li>
                }).collect_view()}
            </ul>
        }
    })
}

/// A file's ending, as its picture.
#[component]
pub fn FileMark(name: String) -> impl IntoView {
    let ending = name.rsplit_once('.').map(|(_, ending)| ending).filter(|e| (1..=4).contains(&e.len()) && e.is_ascii());
    match ending {
        Some(ending) => {
            view! { <span class="file-ic" aria-hidden="true">{ending.to_ascii_uppercase()}</span> }.into_any()
        }
        None => view! { <span class="file-ic"><Icon name="file" size=20/></span> }.into_any(),
    }
}
