// in: 3
// in: 1 2 3
// out: 6
package main

import "fmt"

func main() {
	var n, total int
	fmt.Scan(&n)
	for i := 0; i < n; i++ {
		var x int
		fmt.Scan(&x)
		total += x
	}
	fmt.Println(total)
}
