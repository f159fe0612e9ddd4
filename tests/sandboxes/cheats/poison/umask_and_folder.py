# A umask and a working folder that cannot be used.
# attacks: stdio call
import os

os.mkdir("gone")
os.umask(0o777)
os.chdir("gone")
os.rmdir("../gone")

def f(a, b): return 0
