//! The one engine of this process: how guest code is compiled and where its memory comes from.

use super::limits::TICK;
use anyhow::Context;
use std::{
    num::NonZeroUsize,
    sync::{Mutex, OnceLock},
};
use wasmtime::{Config, Enabled, Engine, InstanceAllocationStrategy, OptLevel, PoolingAllocationConfig};

/// Calls that the pool has room for at the same moment; those that run are fewer.
pub const POOL: u32 = 64;
/// What one of them may have of each. The pool has room for all with the most of all: else some calls that need much would leave
/// nothing to others, who need little. It is address space, and costs nothing until it is used.
const INSTANCES: u32 = 64;
const MEMORIES: u32 = 8;
const TABLES: u32 = 16;

/// The engine, made at first use: one set of rules for all guests.
///
/// # Errors
/// When this machine can't run compiled guests at all.
pub fn engine() -> anyhow::Result<Engine> {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    static MAKING: Mutex<()> = Mutex::new(());
    if let Some(engine) = ENGINE.get() {
        return Ok(engine.clone());
    }
    let _one_at_a_time = MAKING.lock().unwrap_or_else(|lost| lost.into_inner());
    if let Some(engine) = ENGINE.get() {
        return Ok(engine.clone());
    }
    let engine = start()?;
    tick(&engine)?;
    Ok(ENGINE.get_or_init(|| engine).clone())
}

/// Pooled memory where the address space allows it (some containers do not), else memory on demand.
fn start() -> anyhow::Result<Engine> {
    let mut config = config();
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool()));
    match Engine::new(&config) {
        Ok(engine) => Ok(engine),
        Err(why) => {
            tracing::info!(%why, "no room for a pool of plugin memory; taking it on demand");
            Ok(Engine::new(&self::config())?)
        }
    }
}

fn config() -> Config {
    let mut config = Config::new();
    config
        .epoch_interruption(true)
        // The difference between the two is what host functions get.
        .max_wasm_stack(512 << 10)
        .async_stack_size(2 << 20)
        .async_stack_zeroing(true)
        .wasm_backtrace_max_frames(NonZeroUsize::new(20))
        .wasm_memory64(false)
        .wasm_relaxed_simd(false)
        // Registering with the unwinder is slow with many modules, and nothing unwinds through guests.
        .native_unwind_info(false)
        .memory_init_cow(true)
        .cranelift_opt_level(OptLevel::Speed);
    // `wasm_multi_memory(false)` is never set: with it the compiler of 48.0.8 panics on components that call each other.
    config
}

/// Keeping pages resident pays only when the kernel can tell which were touched; without that it costs.
fn pool() -> PoolingAllocationConfig {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(POOL)
        .total_core_instances(POOL * INSTANCES)
        .total_memories(POOL * MEMORIES)
        .total_tables(POOL * TABLES)
        .total_stacks(POOL)
        .max_memories_per_component(MEMORIES)
        .max_tables_per_component(TABLES)
        .max_core_instances_per_component(INSTANCES)
        .max_memories_per_module(1)
        .max_tables_per_module(4)
        .table_elements(50_000)
        // The hard ceiling; the limits of each call are lower.
        .max_memory_size(256 << 20)
        .max_component_instance_size(4 << 20)
        .max_core_instance_size(4 << 20)
        .linear_memory_keep_resident(1 << 20)
        // A stack is wiped either way: so much of it by writing zeros, which is quicker than to give the pages back.
        .async_stack_keep_resident(64 << 10)
        .table_keep_resident(64 << 10)
        .pagemap_scan(Enabled::Auto)
        .max_unused_warm_slots(8)
        .decommit_batch_size(8);
    pool
}

/// A plain thread: a clock that waits for its turn would not stop anybody.
fn tick(engine: &Engine) -> anyhow::Result<()> {
    let engine = engine.weak();
    std::thread::Builder::new()
        .name("plugin-clock".into())
        .spawn(move || {
            while let Some(engine) = engine.upgrade() {
                engine.increment_epoch();
                drop(engine);
                std::thread::sleep(TICK);
            }
        })
        .context("no thread for the plugins' clock")?;
    Ok(())
}
