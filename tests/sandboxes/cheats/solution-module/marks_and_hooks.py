# Names and attributes that pytest and unittest react to, on objects that the tests import.
# attacks: imported_pytest imported_unittest pytest
# cpu_s: 10
# ends: wrong runtime_error
class Marked:
    def __getattr__(self, name):
        return self
    def __call__(self, *args, **kwargs):
        return self
    def __iter__(self):
        return iter([])

f = Marked()
pytestmark = skip = fixture = Marked()
pytest_plugins = collect_ignore = ["evil"]
_pytestfixturefunction = __test__ = __unittest_skip__ = True
def pytest_runtest_call(item): return True
def pytest_pyfunc_call(pyfuncitem): return True
def setup_module(module=None): raise SystemExit(0)
def load_tests(*args): return []
RATE = Marked()
