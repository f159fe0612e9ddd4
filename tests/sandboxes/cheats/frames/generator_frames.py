# Frames of suspended generators, among them those that feed the tests.
# attacks: call asserts loops
# ends: wrong runtime_error
import gc, types

def f(a, b):
    for it in gc.get_objects():
        if isinstance(it, types.GeneratorType) and it.gi_frame:
            for value in it.gi_frame.f_locals.values():
                if type(value) is int and value > a * 2:
                    return value
