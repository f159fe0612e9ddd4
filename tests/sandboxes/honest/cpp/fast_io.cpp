// in: 4
// in: 10 20 30 40
// out: 100
#include <bits/stdc++.h>
using namespace std;
int main() {
  ios::sync_with_stdio(false);
  cin.tie(nullptr);
  int n;
  cin >> n;
  vector<long long> xs(n);
  for (auto& x : xs) cin >> x;
  cout << accumulate(xs.begin(), xs.end(), 0LL) << '\n';
}
