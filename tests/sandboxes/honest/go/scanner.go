// in: one
// in: two
// out: 2 [one two]
package main

import (
	"bufio"
	"fmt"
	"os"
)

func main() {
	var lines []string
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		lines = append(lines, in.Text())
	}
	fmt.Println(len(lines), lines)
}
