# Another first line, with a code object of its own for the next test.
# attacks: call stdio
# ends: wrong runtime_error
import marshal, os

line = '{"compiled": "%s"}\n' % marshal.dumps(compile("def f(a, b): return 0\nprint(0)", "x", "exec")).hex()
try: os.write(3, line.encode())
except OSError: pass

def f(a, b): return 0

print(1)
