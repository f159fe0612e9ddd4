// out: 265252859812191058636308480000000
// out: recovered index
package main

import (
	"fmt"
	"math/big"
)

func main() {
	fmt.Println(new(big.Int).MulRange(1, 30))
	defer func() {
		if recover() != nil {
			fmt.Println("recovered index")
		}
	}()
	xs := []int{}
	i := 5
	fmt.Println(xs[i])
}
