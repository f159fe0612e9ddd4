// out: 10 340282366920938463463374607431768211455
use std::thread;

fn main() {
    let handles: Vec<_> = (1..=4).map(|i| thread::spawn(move || i)).collect();
    let total: i32 = handles.into_iter().map(|h| h.join().unwrap()).sum();
    println!("{} {}", total, u128::MAX);
}
