# in: b
# in: a
# in: b
# out: 1 a
# out: 2 b
import subprocess
import sys

sort = subprocess.Popen(["sort"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
uniq = subprocess.Popen(["uniq", "-c"], stdin=sort.stdout, stdout=subprocess.PIPE, text=True)
assert sort.stdin and sort.stdout and uniq.stdout
sort.stdout.close()
sort.stdin.write(sys.stdin.read())
sort.stdin.close()
for line in uniq.stdout:
    print(*line.split())
assert (sort.wait(), uniq.wait()) == (0, 0)
