// in: 3
// in: 1 2 3
// out: 6
using System;
using System.Linq;

class Program {
    static void Main() {
        Console.ReadLine();
        Console.WriteLine(Console.ReadLine().Split(' ').Select(int.Parse).Sum());
    }
}
