// out: DivideByZeroException 3.50
using System;
using System.Globalization;

class Program {
    static void Main() {
        int zero = 0;
        try { Console.WriteLine(1 / zero); }
        catch (DivideByZeroException error) {
            Console.WriteLine(error.GetType().Name + " " + 3.5.ToString("F2", CultureInfo.InvariantCulture));
        }
    }
}
