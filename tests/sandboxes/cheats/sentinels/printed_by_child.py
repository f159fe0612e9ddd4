# A child that prints after the parent ended, when the output was read.
# attacks: stdio
import os, time

if os.fork() == 0:
    time.sleep(0.1)
    os.write(1, b"66676996364899451\n")
