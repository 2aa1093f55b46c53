//! Lines for whoever sits at the terminal.

use std::{
    fmt::Arguments,
    io::{Write, stdout},
};

/// Prints a line. Where nobody reads on (`… | head`), the work goes on all the same and says in its end how it went.
pub fn say_line(line: Arguments<'_>) {
    let mut out = stdout().lock();
    let _ = out.write_fmt(line).and_then(|()| out.write_all(b"\n"));
}

/// `println!`, for output that somebody may have stopped reading.
macro_rules! say {
    ($($word:tt)*) => { $crate::author::said::say_line(format_args!($($word)*)) };
}
pub(super) use say;
