# Closes the private channel.
# attacks: call
# ends: wrong runtime_error
import os

def f(a, b):
    os.closerange(3, 1024)
    return 0
