//! A new migration is part of the program as soon as its file is there.

fn main() {
    println!("cargo::rerun-if-changed=migrations");
}
