# The uid next to its own: that of the tests.
# attacks: stdio asserts
import os

def f(a, b):
    for uid in (os.getuid() + 1, os.getuid() - 1, 65534):
        try: os.setresuid(uid, uid, uid); print("became", uid)
        except (OSError, OverflowError): pass
    return 0

f(1, 2)
