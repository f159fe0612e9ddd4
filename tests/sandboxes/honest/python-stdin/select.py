# in: ready
# out: ready
import select, sys

if select.select([sys.stdin], [], [], 1)[0]:
    print(sys.stdin.readline(), end="")
