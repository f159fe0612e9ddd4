# out: first
# out: second
import sys

print("first", flush=True)
sys.stdout.buffer.write(b"second\n")
