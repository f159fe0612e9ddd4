// in: 4 3
// in: 1 2 3 4
// in: 2 1 4
// in: 1 2 10
// in: 2 2 3
// out: 24
// out: 30
#include <bits/stdc++.h>
using namespace std;
using ll = long long;

constexpr ll MOD = 1'000'000'007;

struct Mint {
  ll v;
  Mint(ll x = 0) : v((x % MOD + MOD) % MOD) {}
  Mint operator*(const Mint& o) const { return Mint(v * o.v); }
};

template <class T, class F>
class SegTree {
  int n;
  vector<T> t;
  T id;
  F f;

 public:
  SegTree(int n, T id, F f) : n(n), t(2 * n, id), id(id), f(f) {}
  void set(int i, T x) {
    for (t[i += n] = x; i > 1; i >>= 1) t[i >> 1] = f(t[i & ~1], t[i | 1]);
  }
  T get(int l, int r) const {
    T a = id, b = id;
    for (l += n, r += n; l < r; l >>= 1, r >>= 1) {
      if (l & 1) a = f(a, t[l++]);
      if (r & 1) b = f(t[--r], b);
    }
    return f(a, b);
  }
};

int main() {
  cin.tie(0)->sync_with_stdio(0);
  int n, q;
  cin >> n >> q;
  SegTree tree(n, Mint(1), [](const Mint& a, const Mint& b) { return a * b; });
  for (int i = 0; i < n; i++) {
    ll x;
    cin >> x;
    tree.set(i, x);
  }
  while (q--) {
    int kind, a, b;
    cin >> kind >> a >> b;
    if (kind == 1)
      tree.set(a - 1, b);
    else
      cout << tree.get(a - 1, b).v << "\n";
  }
}
