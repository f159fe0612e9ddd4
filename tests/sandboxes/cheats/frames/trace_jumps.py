# Sets a trace function on the caller that jumps over the assert.
# attacks: call asserts loops
# ends: wrong runtime_error time
import sys

def jump(frame, event, arg):
    try:
        frame.f_lineno += 1
    except ValueError:
        pass
    return jump

def f(a, b):
    sys.settrace(jump)
    sys._getframe(1).f_trace = jump
    return 0
