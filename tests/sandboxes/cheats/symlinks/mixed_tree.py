# Links within folders within folders, each of mode 0.
# attacks: stdio
import os

for i in range(30):
    os.mkdir("d")
    os.symlink("..", "d/up")
    os.symlink("/usr", "d/usr")
    os.chdir("d")
for _ in range(30):
    os.chmod(".", 0o300)
    os.chdir("..")
