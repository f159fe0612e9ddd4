// in: b a b
// out: a:1 b:2
using System;
using System.Collections.Generic;
using System.Linq;

class Program {
    static void Main() {
        var count = new SortedDictionary<string, int>();
        foreach (var word in Console.ReadLine().Split(' ')) count[word] = count.TryGetValue(word, out var n) ? n + 1 : 1;
        Console.WriteLine(string.Join(" ", count.Select(pair => pair.Key + ":" + pair.Value)));
    }
}
