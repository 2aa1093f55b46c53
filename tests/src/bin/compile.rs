//! The child that compiles plugins, for stories about what does not compile. With two numbers it gets that many seconds, and
//! mebibytes of memory, in place of a server's share.

fn main() -> anyhow::Result<()> {
    let mut share = std::env::args().skip(1).filter_map(|word| word.parse().ok());
    match (share.next(), share.next()) {
        (Some(seconds), Some(mebibytes)) => server::plugins::compile_within(seconds, mebibytes << 20),
        _ => server::plugins::compile_here(),
    }
}
