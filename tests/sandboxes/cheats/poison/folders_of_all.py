# Takes the folders of all programs away from them, where they are its own.
# attacks: stdio
# one uid: broke_the_sandbox
import os

for folder in ("/tmp", "/dev/shm", "/box"):
    try: os.chmod(folder, 0)
    except OSError: pass
