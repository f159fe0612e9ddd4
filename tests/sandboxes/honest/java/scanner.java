// in: 3
// in: 1 2 3
// out: 6
import java.util.Scanner;

public class Main {
    public static void main(String[] args) {
        Scanner in = new Scanner(System.in);
        int n = in.nextInt(), total = 0;
        while (n-- > 0) total += in.nextInt();
        System.out.println(total);
    }
}
