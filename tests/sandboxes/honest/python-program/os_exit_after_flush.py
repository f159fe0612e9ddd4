# out: 1
import os, sys

print(1)
sys.stdout.flush()
os._exit(0)
