# pytest's skip, by name: a module that only skips is green.
# attacks: pytest
# ends: wrong runtime_error
# cpu_s: 10
class Skipped(BaseException): allow_module_level = True

Skipped.__module__ = "_pytest.outcomes"

def f(a, b): raise Skipped("not today")
