# Folders of mode 0 in folders of mode 0.
# attacks: stdio
import os

for i in range(50):
    os.mkdir("d")
    open("d/f", "w").close()
    if i < 49: os.chdir("d")
for i in range(50):
    os.chmod("d", 0)
    os.chdir("..") if i < 49 else None
