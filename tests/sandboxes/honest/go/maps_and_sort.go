// in: b a b
// out: a:1 b:2
package main

import (
	"bufio"
	"fmt"
	"os"
	"sort"
	"strings"
)

func main() {
	line, _ := bufio.NewReader(os.Stdin).ReadString('\n')
	count := map[string]int{}
	for _, word := range strings.Fields(line) {
		count[word]++
	}
	var parts []string
	for word, n := range count {
		parts = append(parts, fmt.Sprintf("%s:%d", word, n))
	}
	sort.Strings(parts)
	fmt.Println(strings.Join(parts, " "))
}
