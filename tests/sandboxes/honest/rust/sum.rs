// in: 3
// in: 1 2 3
// out: 6
use std::io::{self, Read};

fn main() {
    let mut text = String::new();
    io::stdin().read_to_string(&mut text).unwrap();
    let xs: Vec<i64> = text.split_whitespace().map(|x| x.parse().unwrap()).collect();
    println!("{}", xs[1..].iter().sum::<i64>());
}
