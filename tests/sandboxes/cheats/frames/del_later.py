# A finalizer that runs after the call, when the result is about to be judged.
# attacks: call asserts
# ends: wrong runtime_error
import sys

class Late:
    def __del__(self):
        frame = sys._getframe(1)
        while frame:
            if "answer" in frame.f_locals:
                frame.f_locals["answer"]["value"] = 1
            frame = frame.f_back

def f(a, b):
    it = Late()
    it.me = it
    return 0
