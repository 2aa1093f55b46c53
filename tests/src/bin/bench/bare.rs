//! The least that the runtime can do with a plugin: no limits, no clock, no thread of its own, nobody who keeps account.

use anyhow::Result;
use contract::exports::saker::plugin::descriptor::GuestIndices;
use wasmtime::{
    Config, Enabled, Engine, InstanceAllocationStrategy, PoolingAllocationConfig, Store,
    component::{Component, InstancePre, Linker},
};

mod contract {
    wasmtime::component::bindgen!({
        path: "../wit",
        inline: "package bench:bare; world bare { export saker:plugin/descriptor@0.1.0; }",
        world: "bench:bare/bare",
    });
}

pub struct Bare {
    engine: Engine,
    pre: InstancePre<()>,
    door: GuestIndices,
}

impl Bare {
    /// Compiles a component, and gives it none of its imports.
    pub fn new(bytes: &[u8]) -> Result<Bare> {
        let mut pool = PoolingAllocationConfig::new();
        pool.linear_memory_keep_resident(1 << 20).table_keep_resident(64 << 10).pagemap_scan(Enabled::Auto);
        let mut config = Config::new();
        config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
        let engine = Engine::new(&config)?;
        let component = Component::new(&engine, bytes)?;
        let mut linker = Linker::new(&engine);
        linker.define_unknown_imports_as_traps(&component)?;
        let pre = linker.instantiate_pre(&component)?;
        let door = GuestIndices::new(&pre)?;
        Ok(Bare { engine, pre, door })
    }

    /// Asks who it is, in an instance of its own, which is gone when this returns.
    pub fn describe(&self) -> Result<()> {
        let mut store = Store::new(&self.engine, ());
        let instance = self.pre.instantiate(&mut store)?;
        let description = self.door.load(&mut store, &instance)?.call_describe(&mut store)?;
        std::hint::black_box(description);
        Ok(())
    }
}
