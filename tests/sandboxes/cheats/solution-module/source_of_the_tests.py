# A file with the tests' name that a traceback would read and parse: it nests deeper than a parser likes.
# attacks: asserts imported_unittest imported_pytest
# cpu_s: 10
# ends: wrong runtime_error
for name in ("test_solution.py", "/tmp/test_solution.py", "prelude.py"):
    open(name, "w").write("(" * 100_000)

def f(a, b): return 0
