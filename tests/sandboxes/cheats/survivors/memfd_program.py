# A program that exists in memory only.
# attacks: stdio
import os

fd = os.memfd_create("x")
os.write(fd, open("/bin/sleep", "rb").read())
if os.fork() == 0:
    os.execve(fd, ["init", "100"], {})
