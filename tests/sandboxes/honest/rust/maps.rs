// in: b a b
// out: {"a": 1, "b": 2}
use std::collections::BTreeMap;

fn main() {
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).unwrap();
    let mut count: BTreeMap<&str, usize> = BTreeMap::new();
    for word in line.split_whitespace() {
        *count.entry(word).or_insert(0) += 1;
    }
    println!("{:?}", count);
}
