# out: done
import sys

print("debugging " * 100, file=sys.stderr)
print("done")
