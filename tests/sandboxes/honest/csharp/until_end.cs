// in: one
// in: two
// out: 1 one
// out: 2 two
using System;

public static class Program {
    public static int Main(string[] args) {
        int i = 0;
        for (string line; (line = Console.ReadLine()) != null; ) Console.WriteLine($"{++i} {line}");
        return 0;
    }
}
