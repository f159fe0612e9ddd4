# Another program's binary, copied under a name of a system process.
# attacks: stdio
import os, shutil

shutil.copy("/bin/sleep", "/tmp/kworker")
if os.fork() == 0:
    os.setsid()
    os.execv("/tmp/kworker", ["[kworker/0:1]", "100"])
