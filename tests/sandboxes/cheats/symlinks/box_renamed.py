# Moves the box itself, and puts a link in its place.
# attacks: stdio
import os

for old, new in (("/box", "/box2"), ("/tmp", "/tmp2"), (".", "../x")):
    try: os.rename(old, new); os.symlink("/", old); print("renamed")
    except OSError: pass
