// in: 30
// out: 265252859812191058636308480000000
using System;
using System.Numerics;

class Program {
    static void Main() {
        BigInteger product = 1;
        for (int n = int.Parse(Console.ReadLine()); n > 1; n--) product *= n;
        Console.WriteLine(product);
    }
}
