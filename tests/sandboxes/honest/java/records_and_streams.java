// out: [Point[x=1, y=2], Point[x=3, y=0]]
// out: 3.50
import java.util.*;

public class Main {
    record Point(int x, int y) {}

    public static void main(String[] args) {
        List<Point> points = new ArrayList<>(List.of(new Point(3, 0), new Point(1, 2)));
        points.sort(Comparator.comparingInt(Point::x));
        System.out.println(points);
        System.out.printf(Locale.ROOT, "%.2f%n", 7 / 2.0);
    }
}
