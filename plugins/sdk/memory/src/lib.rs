//! The memory of one call. An instance begins with [`FIRST`] bytes of it, so that most calls never ask for more: each time
//! they did, the host would have to open pages to them and close them again.
//!
//! A component says so in one line: `#[global_allocator] static MEMORY: saker_memory::Memory = saker_memory::memory();`.
#![cfg(target_family = "wasm")]

use std::{alloc::Layout, arch::wasm32::memory_grow, mem::MaybeUninit};
use talc::{
    base::{Talc, binning::Binning},
    cell::TalcSyncCell,
    source::Source,
    wasm::WasmBinning,
};

/// The allocator of a component.
pub type Memory = TalcSyncCell<FirstThenMore, WasmBinning>;

/// Bytes that an instance begins with, beside its code's own.
const FIRST: usize = 1 << 20;
/// Bytes of a page of WebAssembly, and pages by which memory grows at least.
const PAGE: usize = 64 << 10;
const STEP: usize = 4;

/// A component's memory: it grows with what is asked for, and ends with the call.
pub const fn memory() -> Memory {
    TalcSyncCell::new_wasm(FirstThenMore { begun: false })
}

/// Where memory comes from.
#[derive(Debug)]
pub struct FirstThenMore {
    begun: bool,
}

// SAFETY: the allocator is only asked to claim memory, and never for the same memory twice.
unsafe impl Source for FirstThenMore {
    fn acquire<B: Binning>(talc: &mut Talc<Self, B>, layout: Layout) -> Result<(), ()> {
        static mut BEGIN: [MaybeUninit<u8>; FIRST] = [MaybeUninit::uninit(); FIRST];
        if !std::mem::replace(&mut talc.source.begun, true) {
            // SAFETY: nothing else has a way to `BEGIN`, and this line is reached once.
            return unsafe { talc.claim((&raw mut BEGIN).cast(), FIRST) }.map(drop).ok_or(());
        }
        // A page more for what the allocator writes beside.
        let asked = layout.size().saturating_add(layout.align()).div_ceil(PAGE) + 1;
        let pages = asked.next_multiple_of(STEP);
        let at = memory_grow::<0>(pages);
        if at == usize::MAX {
            return Err(());
        }
        // SAFETY: these pages did not exist before.
        unsafe { talc.claim((at * PAGE) as *mut u8, pages * PAGE) }.map(drop).ok_or(())
    }
}
