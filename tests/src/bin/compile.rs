//! The child that compiles plugins, for stories about what does not compile.

fn main() -> anyhow::Result<()> {
    server::plugins::compile_here()
}
