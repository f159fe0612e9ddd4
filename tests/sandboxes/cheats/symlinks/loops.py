# Links in a circle, and to themselves.
# attacks: stdio
import os

os.symlink("a", "b")
os.symlink("b", "a")
os.symlink("self", "self")
os.symlink("x" * 4000, "/tmp/far")
