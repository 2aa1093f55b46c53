//! Plugins that mean harm, each made here in a few lines, built, installed and called as any other: none gets out, none
//! is felt by others, none keeps the house's memory, and whoever looks at the plugins' page reads why it was stopped.
//!
//! A program of its own: resident memory and waiting times are those of a process.

mod answers;
mod computing;
mod crossing;
mod files;
mod flooding;
mod guest;
mod later;
mod lay;
mod names;
mod network;
mod recording;
mod remembering;
mod stand;
mod upgrade;
mod waiting;
