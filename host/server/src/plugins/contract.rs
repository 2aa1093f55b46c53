//! `wit/` as Rust. Only what the two kinds of plugin need that are run today.

wasmtime::component::bindgen!({
    path: "../../wit",
    inline: "
        package host:all;
        world everything {
            import saker:plugin/log@0.1.0;
            import saker:plugin/blobs@0.1.0;
            export saker:plugin/mail-codec@0.1.0;
            export saker:plugin/reply-renderer@0.1.0;
        }
    ",
    world: "host:all/everything",
    imports: { default: async | trappable },
    exports: { default: async },
});

pub use exports::saker::plugin::{mail_codec, reply_renderer};
pub use saker::plugin::{blobs, log, outbound, types};
