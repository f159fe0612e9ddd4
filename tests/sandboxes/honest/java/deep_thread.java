// out: 100000
public class Main {
    static int depth(int n) { return n == 0 ? 0 : 1 + depth(n - 1); }

    public static void main(String[] args) throws Exception {
        Thread thread = new Thread(null, () -> System.out.println(depth(100000)), "deep", 1 << 27);
        thread.start();
        thread.join();
    }
}
