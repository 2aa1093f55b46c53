//! The contract as Rust: a channel that is called by its remote, and can be set up. What a channel does not call is not in its
//! component: only those that ask for `presence` import it.
#![allow(missing_docs, clippy::all)]

wit_bindgen::generate!({
    path: "../../../wit",
    inline: r#"
        package saker:channel;

        world channel {
            include saker:plugin/channel-base@0.1.0;
            import saker:plugin/presence@0.1.0;
            export saker:plugin/setup@0.1.0;
            export saker:plugin/inbound@0.1.0;
            export saker:plugin/outbound@0.1.0;
        }
    "#,
    world: "saker:channel/channel",
    pub_export_macro: true,
    generate_all,
});
