//! Files on their way into a message.

use super::browser;
use crate::{Fault, ui::Icon, visitor::words, words::Words};
use desk::model::Upload;
use leptos::prelude::*;

/// Bytes. What the desk takes per file; said here before anything is sent.
const MOST: f64 = 25_000_000.0;

#[derive(Clone, Debug, PartialEq)]
struct Going {
    id: u32,
    name: String,
    hundredths: u32,
    failed: Option<String>,
}

/// Files that are being sent, and where those that arrived are put.
#[derive(Clone, Copy)]
pub struct Attaching {
    words: Words,
    going: RwSignal<Vec<Going>>,
    last: StoredValue<u32>,
    done: Callback<Upload>,
}

impl Attaching {
    pub fn new(done: impl Fn(Upload) + Send + Sync + 'static) -> Self {
        Self { words: words(), going: RwSignal::default(), last: StoredValue::new(0), done: Callback::new(done) }
    }

    /// Something is still under way, so nothing may be sent yet.
    pub fn is_busy(self) -> bool {
        self.going.with_untracked(|going| going.iter().any(|file| file.failed.is_none()))
    }

    pub fn take_chosen(self, event: &leptos::web_sys::Event) {
        for file in browser::chosen_files(event) {
            self.send(file);
        }
    }

    pub fn take_dropped(self, event: &leptos::web_sys::DragEvent) {
        for file in browser::dropped_files(event) {
            self.send(file);
        }
    }

    /// Pictures from the clipboard. Pasted text stays text.
    pub fn take_pasted(self, event: &leptos::web_sys::ClipboardEvent) {
        for file in browser::pasted_files(event) {
            self.send(file);
        }
    }

    fn send(self, file: browser::File) {
        let w = self.words;
        let id = self.last.get_value() + 1;
        self.last.set_value(id);
        let failed = (file.size() > MOST).then(|| w.why(&desk::Why::TooLarge { megabytes: 25 }));
        let stop = failed.is_some();
        self.going.update(|going| going.push(Going { id, name: file.name(), hundredths: 0, failed }));
        if stop {
            return;
        }
        browser::upload(
            &file,
            move |hundredths| self.change(id, |file| file.hundredths = hundredths),
            move |answer| match answer {
                Ok(upload) => {
                    self.drop(id);
                    self.done.try_run(upload);
                }
                Err(fault) => {
                    let why = fault.map_or_else(|| w.line_broken().to_owned(), |fault: Fault| w.fault(&fault));
                    self.change(id, |file| file.failed = Some(why));
                }
            },
        );
    }

    fn change(self, id: u32, change: impl FnOnce(&mut Going)) {
        self.going.try_update(|going| going.iter_mut().find(|file| file.id == id).map(change));
    }

    fn drop(self, id: u32) {
        self.going.try_update(|going| going.retain(|file| file.id != id));
    }
}

/// The files of a message that is being written, with those still under way.
#[component]
pub fn Files(
    attaching: Attaching,
    #[prop(into)] files: Signal<Vec<Upload>>,
    on_remove: Callback<String>,
) -> impl IntoView {
    let w = words();
    let there = move || {
        files.get().into_iter().map(|file| {
            let (name, blob) = (file.name.clone(), file.blob);
            view! {
                <li class="file">
                    <span class="file-ic"><Icon name="file" size=18/></span>
                    <span class="clip"><span class="file-name clip" dir="auto">{file.name}</span><small>{w.size(file.size)}</small></span>
                    <button type="button" class="btn btn-icon btn-ghost btn-sm" aria-label=w.remove_file(&name) on:click=move |_| on_remove.run(blob.clone())><Icon name="x"/></button>
                </li>
            }
            .into_any()
        }).collect_view()
    };
    let under_way = move || {
        attaching.going.get().into_iter().map(|file| {
            let (id, bad) = (file.id, file.failed.is_some());
            let about = match file.failed {
                Some(why) => view! { <small>{why}</small> }.into_any(),
                None => view! { <progress class="bar" max="100" value=file.hundredths aria-label=w.sending_file(&file.name)></progress> }.into_any(),
            };
            view! {
                <li class="file" class:file-bad=bad role=bad.then_some("alert")>
                    <span class="file-ic"><Icon name=if bad { "alert" } else { "file" } size=18/></span>
                    <span class="clip"><span class="file-name clip" dir="auto">{file.name.clone()}</span>{about}</span>
                    {bad.then(|| view! {
                        <button type="button" class="btn btn-icon btn-ghost btn-sm" aria-label=w.remove_file(&file.name) on:click=move |_| attaching.drop(id)><Icon name="x"/></button>
                    })}
                </li>
            }
            .into_any()
        }).collect_view()
    };
    view! {
        <Show when=move || !files.with(Vec::is_empty) || !attaching.going.with(Vec::is_empty)>
            <ul class="cmp-files">{there}{under_way}</ul>
        </Show>
    }
    .into_any()
}
