// in: b 2
// in: a 1
// out: {a=1, b=2}
import java.io.*;
import java.util.*;

class Solution {
    public static void main(String[] args) throws IOException {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
        Map<String, Integer> map = new TreeMap<>();
        for (String line; (line = in.readLine()) != null; ) {
            String[] parts = line.split(" ");
            map.put(parts[0], Integer.parseInt(parts[1]));
        }
        System.out.println(map);
    }
}
