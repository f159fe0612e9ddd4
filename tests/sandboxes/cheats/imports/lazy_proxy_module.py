# sys.modules itself is replaced.
# attacks: asserts call
# ends: wrong runtime_error
import sys

class Modules(dict):
    def __getitem__(self, name): return self
    def __getattr__(self, name): return lambda *args: True
    def __contains__(self, name): return True

sys.modules = Modules(sys.modules)

def f(a, b): return 0
