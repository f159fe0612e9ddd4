// in: one
// in: two
// out: 1 one
// out: 2 two
use std::io::{self, BufRead, Write};

fn main() {
    let out = io::stdout();
    let mut out = out.lock();
    for (i, line) in io::stdin().lock().lines().enumerate() {
        writeln!(out, "{} {}", i + 1, line.unwrap()).unwrap();
    }
}
