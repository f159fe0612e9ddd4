// The compiler's recursion, by templates.
// attacks: stdio
// ends: compile_error
template <int N> struct Deep { using type = typename Deep<N + 1>::type; };
int main() { Deep<0>::type x; }
