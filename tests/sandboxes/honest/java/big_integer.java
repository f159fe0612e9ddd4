// in: 30
// out: 265252859812191058636308480000000
import java.math.BigInteger;
import java.util.stream.IntStream;

public class Main {
    public static void main(String[] args) throws Exception {
        int n = Integer.parseInt(new String(System.in.readAllBytes()).trim());
        System.out.println(IntStream.rangeClosed(1, n).mapToObj(BigInteger::valueOf).reduce(BigInteger.ONE, BigInteger::multiply));
    }
}
