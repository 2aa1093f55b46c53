//! `wit/` as Rust. What a plugin may import is decided by the linker of its kind ([`super::link`]), what it exports is
//! looked for interface by interface, so that a plugin may have any of them.

wasmtime::component::bindgen!({
    path: "../../wit",
    inline: "
        package host:all;
        world everything {
            import saker:plugin/log@0.1.0;
            import saker:plugin/clock@0.1.0;
            import saker:plugin/random@0.1.0;
            import saker:plugin/config@0.1.0;
            import saker:plugin/secrets@0.1.0;
            import saker:plugin/state@0.1.0;
            import saker:plugin/blobs@0.1.0;
            import saker:plugin/http@0.1.0;
            import saker:plugin/presence@0.1.0;
            export saker:plugin/descriptor@0.1.0;
            export saker:plugin/setup@0.1.0;
            export saker:plugin/inbound@0.1.0;
            export saker:plugin/poller@0.1.0;
            export saker:plugin/outbound@0.1.0;
            export saker:plugin/mail-codec@0.1.0;
            export saker:plugin/reply-renderer@0.1.0;
            export saker:plugin/classifier@0.1.0;
            export saker:plugin/enricher@0.1.0;
            export saker:plugin/automation@0.1.0;
        }
    ",
    world: "host:all/everything",
    imports: { default: async | trappable },
    exports: { default: async },
    // A call that failed is kept, and done again where its author sits.
    additional_derives: [serde::Serialize, serde::Deserialize],
});

pub use exports::saker::plugin::{
    automation, classifier, descriptor, enricher, inbound, mail_codec, outbound, poller, reply_renderer, setup,
};
pub use saker::plugin::{blobs, clock, config, http, log, presence, random, secrets, state, types};
