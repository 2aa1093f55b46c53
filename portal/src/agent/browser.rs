//! What only a browser can do. Natively each of these does nothing, since no effect runs there.

#[cfg(target_family = "wasm")]
pub use in_browser::*;
#[cfg(not(target_family = "wasm"))]
pub use on_server::*;

#[cfg(target_family = "wasm")]
mod in_browser {
    use desk::model::{TicketId, Upload, event::Change};
    use leptos::prelude::{document, window};
    use wasm_bindgen::{JsCast, JsValue, closure::Closure};
    pub use web_sys::File;
    use web_sys::{EventSource, FormData, HtmlElement, MessageEvent, ProgressEvent, XmlHttpRequest};

    /// Kept in this browser over reloads and sign-outs. Nothing where storage is switched off.
    pub fn stored(name: &str) -> Option<String> {
        window().local_storage().ok()??.get_item(name).ok()?
    }

    /// Keeps a text; `None` forgets it. A full or forbidden store is no reason to disturb anybody.
    pub fn store(name: &str, text: Option<&str>) {
        let Some(storage) = window().local_storage().ok().flatten() else {
            return;
        };
        match text {
            Some(text) => storage.set_item(name, text).ok(),
            None => storage.remove_item(name).ok(),
        };
    }

    /// Different each time, in this and all other browsers: marks a draft, so that sending twice is sending once.
    pub fn fresh_key() -> String {
        let part = || (js_sys::Math::random() * 4_294_967_296.0) as u32;
        format!("{:x}-{:08x}{:08x}{:08x}", js_sys::Date::now() as u64, part(), part(), part())
    }

    /// Milliseconds since 1970.
    pub fn now() -> f64 {
        js_sys::Date::now()
    }

    /// The page is in front, and not in a tab behind others.
    pub fn is_in_front() -> bool {
        !document().hidden()
    }

    /// Says something to the desk that is not waited for, also by a page that is going away.
    pub fn say(call: &str, words: &serde_json::Value) {
        let json = web_sys::BlobPropertyBag::new();
        json.set_type("application/json");
        let parts = js_sys::Array::of1(&JsValue::from_str(&words.to_string()));
        if let Ok(words) = web_sys::Blob::new_with_str_sequence_and_options(&parts, &json) {
            window().navigator().send_beacon_with_opt_blob(call, Some(&words)).ok();
        }
    }

    pub fn is_online() -> bool {
        window().navigator().on_line()
    }

    pub fn go(address: &str) {
        window().location().set_href(address).ok();
    }

    pub fn reload() {
        window().location().reload().ok();
    }

    pub fn origin() -> String {
        window().location().origin().unwrap_or_default()
    }

    pub fn copy(text: &str) {
        // Only there on secure pages; without it the address bar still has the link.
        let clipboard = js_sys::Reflect::get(&window().navigator(), &JsValue::from_str("clipboard")).ok();
        let write = clipboard
            .as_ref()
            .and_then(|clipboard| js_sys::Reflect::get(clipboard, &JsValue::from_str("writeText")).ok());
        if let (Some(clipboard), Some(write)) =
            (clipboard, write.and_then(|write| write.dyn_into::<js_sys::Function>().ok()))
        {
            write.call1(&clipboard, &JsValue::from_str(text)).ok();
        }
    }

    /// Brings an element into view, and the focus with it when `focus`.
    pub fn show(id: &str, focus: bool) {
        let Some(element) = document().get_element_by_id(id) else {
            return;
        };
        element.scroll_into_view_with_bool(false);
        if let Some(element) = element.dyn_ref::<HtmlElement>().filter(|_| focus) {
            element.focus().ok();
        }
    }

    /// Whether there is an element with this id.
    pub fn is_there(id: &str) -> bool {
        document().get_element_by_id(id).is_some()
    }

    /// Brings the element that `selector` finds into view without moving what is in view already.
    pub fn reveal(selector: &str) {
        let Some(element) = document().query_selector(selector).ok().flatten() else {
            return;
        };
        let options = web_sys::ScrollIntoViewOptions::new();
        js_sys::Reflect::set(&options, &"block".into(), &"nearest".into()).ok();
        element.scroll_into_view_with_scroll_into_view_options(&options);
    }

    /// To the foot of a scrolling pane.
    pub fn scroll_to_end(id: &str) {
        if let Some(pane) = document().get_element_by_id(id) {
            pane.set_scroll_top(pane.scroll_height());
        }
    }

    /// Makes a frame as tall as what is in it, once that is loaded.
    pub fn fit_frame(id: &str) {
        let Some(frame) =
            document().get_element_by_id(id).and_then(|frame| frame.dyn_into::<web_sys::HtmlIFrameElement>().ok())
        else {
            return;
        };
        // A page is never shorter than its window, so the window goes first.
        frame.style().set_property("height", "0").ok();
        let height = frame.content_document().and_then(|page| page.document_element()).map(|page| page.scroll_height());
        match height.filter(|height| *height > 0) {
            Some(height) => frame.style().set_property("height", &format!("{height}px")).ok(),
            None => frame.style().remove_property("height").ok().map(drop),
        };
    }

    /// The focus is where text is typed, so single keys are letters and not commands.
    pub fn is_typing() -> bool {
        document().active_element().is_some_and(|element| {
            matches!(element.tag_name().as_str(), "INPUT" | "TEXTAREA" | "SELECT")
                && !matches!(element.get_attribute("type").as_deref(), Some("checkbox" | "radio" | "button"))
                || element.has_attribute("contenteditable")
        })
    }

    pub fn stop_typing() {
        if let Some(element) = document().active_element().and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
            element.blur().ok();
        }
    }

    /// Puts text where the caret is in a text field, in a paragraph of its own, and answers the whole text.
    pub fn insert(id: &str, text: &str) -> Option<String> {
        let field = document().get_element_by_id(id)?.dyn_into::<web_sys::HtmlTextAreaElement>().ok()?;
        field.focus().ok();
        let (from, to) = (field.selection_start().ok().flatten()?, field.selection_end().ok().flatten()?);
        let before: Vec<u16> = field.value().encode_utf16().take(from as usize).collect();
        let before = String::from_utf16_lossy(&before);
        let gap = match before.trim_end_matches([' ', '\t']) {
            "" => "",
            before if before.ends_with("\n\n") => "",
            before if before.ends_with('\n') => "\n",
            _ => "\n\n",
        };
        let text = &format!("{gap}{text}");
        field.set_range_text_with_start_and_end(text, from, to).ok()?;
        // Offsets count UTF-16 units.
        let end = from + text.encode_utf16().count() as u32;
        field.set_selection_range(end, end).ok();
        Some(field.value())
    }

    /// Follows the desk's live stream for as long as the page lives. The browser connects again by itself.
    pub fn follow(
        on_change: impl Fn(Change) + 'static,
        on_viewers: impl Fn(TicketId) + 'static,
        on_rang: impl Fn() + 'static,
        on_line: impl Fn(bool) + 'static,
    ) {
        let Ok(stream) = EventSource::new(&crate::visitor::live_address()) else {
            return;
        };
        let heard = Closure::<dyn Fn(MessageEvent)>::new(move |message: MessageEvent| {
            let data = message.data().as_string().unwrap_or_default();
            if let Ok(change) = serde_json::from_str(&data) {
                on_change(change);
            }
        });
        stream.add_event_listener_with_callback("change", heard.as_ref().unchecked_ref()).ok();
        heard.forget();
        let seen = Closure::<dyn Fn(MessageEvent)>::new(move |message: MessageEvent| {
            on_viewers(TicketId(message.data().as_string().unwrap_or_default()));
        });
        stream.add_event_listener_with_callback("viewers", seen.as_ref().unchecked_ref()).ok();
        seen.forget();
        let rings = Closure::<dyn Fn(MessageEvent)>::new(move |_: MessageEvent| on_rang());
        stream.add_event_listener_with_callback("rang", rings.as_ref().unchecked_ref()).ok();
        rings.forget();
        let on_line = std::rc::Rc::new(on_line);
        let up = on_line.clone();
        let opened = Closure::<dyn Fn()>::new(move || up(true));
        stream.set_onopen(Some(opened.as_ref().unchecked_ref()));
        opened.forget();
        let lost = Closure::<dyn Fn()>::new(move || on_line(false));
        stream.set_onerror(Some(lost.as_ref().unchecked_ref()));
        lost.forget();
        // Kept alive by the page; dropping the handle does not close it.
        std::mem::forget(stream);
    }

    /// The files a person chose in a field or dropped on it.
    pub fn chosen_files(event: &web_sys::Event) -> Vec<File> {
        let list = event
            .target()
            .and_then(|target| target.dyn_into::<web_sys::HtmlInputElement>().ok())
            .and_then(|input| input.files());
        collect(list)
    }

    pub fn dropped_files(event: &web_sys::DragEvent) -> Vec<File> {
        collect(event.data_transfer().and_then(|transfer| transfer.files()))
    }

    pub fn pasted_files(event: &web_sys::ClipboardEvent) -> Vec<File> {
        collect(event.clipboard_data().and_then(|data| data.files()))
    }

    fn collect(list: Option<web_sys::FileList>) -> Vec<File> {
        list.map_or_else(Vec::new, |list| (0..list.length()).filter_map(|at| list.get(at)).collect())
    }

    /// Sends one file to `/upload`. `progress` is told hundredths, `done` the file's ticket or the server's words.
    pub fn upload(
        file: &File,
        progress: impl Fn(u32) + 'static,
        done: impl FnOnce(Result<Upload, Option<crate::Fault>>) + 'static,
    ) {
        let (Ok(request), Ok(form)) = (XmlHttpRequest::new(), FormData::new()) else {
            return done(Err(None));
        };
        form.append_with_blob_and_filename("file", file, &file.name()).ok();
        if request.open("POST", "/upload").is_err() {
            return done(Err(None));
        }
        let moved = Closure::<dyn Fn(ProgressEvent)>::new(move |event: ProgressEvent| {
            if event.total() > 0.0 {
                progress((event.loaded() / event.total() * 100.0) as u32);
            }
        });
        if let Ok(upload) = request.upload() {
            upload.set_onprogress(Some(moved.as_ref().unchecked_ref()));
        }
        moved.forget();
        let answer = request.clone();
        let ended = Closure::once_into_js(move || {
            let body = answer.response_text().ok().flatten().unwrap_or_default();
            done(match answer.status() {
                Ok(200..300) => serde_json::from_str(&body).map_err(|_| None),
                _ => Err(serde_json::from_str(&body).ok()),
            });
        });
        request.set_onloadend(Some(ended.unchecked_ref()));
        request.send_with_opt_form_data(Some(&form)).ok();
    }
}

#[cfg(not(target_family = "wasm"))]
mod on_server {
    use desk::model::{TicketId, Upload, event::Change};

    /// Files exist in browsers only.
    pub struct File;

    impl File {
        pub fn name(&self) -> String {
            String::new()
        }
        pub fn size(&self) -> f64 {
            0.0
        }
    }

    pub fn stored(_: &str) -> Option<String> {
        None
    }
    pub fn store(_: &str, _: Option<&str>) {}
    pub fn fresh_key() -> String {
        String::new()
    }
    pub fn now() -> f64 {
        0.0
    }
    pub fn is_in_front() -> bool {
        true
    }
    pub fn say(call: &str, words: &serde_json::Value) {
        let _ = (call, words);
    }
    pub fn is_online() -> bool {
        true
    }
    pub fn go(_: &str) {}
    pub fn reload() {}
    pub fn origin() -> String {
        String::new()
    }
    pub fn copy(_: &str) {}
    pub fn show(_: &str, _: bool) {}
    pub fn is_there(_: &str) -> bool {
        false
    }

    pub fn reveal(_: &str) {}
    pub fn scroll_to_end(_: &str) {}
    pub fn fit_frame(_: &str) {}
    pub fn is_typing() -> bool {
        false
    }
    pub fn stop_typing() {}
    pub fn insert(_: &str, _: &str) -> Option<String> {
        None
    }
    pub fn follow(
        _: impl Fn(Change) + 'static,
        _: impl Fn(TicketId) + 'static,
        _: impl Fn() + 'static,
        _: impl Fn(bool) + 'static,
    ) {
    }
    pub fn chosen_files<E>(_: &E) -> Vec<File> {
        Vec::new()
    }
    pub fn dropped_files<E>(_: &E) -> Vec<File> {
        Vec::new()
    }
    pub fn pasted_files<E>(_: &E) -> Vec<File> {
        Vec::new()
    }
    pub fn upload(_: &File, _: impl Fn(u32) + 'static, _: impl FnOnce(Result<Upload, Option<crate::Fault>>) + 'static) {
    }
}
