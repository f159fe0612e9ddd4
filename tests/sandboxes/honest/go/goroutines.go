// out: 285
package main

import (
	"fmt"
	"sync"
)

func main() {
	var wait sync.WaitGroup
	results := make(chan int, 10)
	for i := 0; i < 10; i++ {
		wait.Add(1)
		go func(x int) { defer wait.Done(); results <- x * x }(i)
	}
	wait.Wait()
	close(results)
	total := 0
	for x := range results {
		total += x
	}
	fmt.Println(total)
}
