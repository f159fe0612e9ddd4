# Prints in every test nearly as much as it may, slowly.
# attacks: stdio
# cpu_s: 5
import time

for _ in range(10):
    print("0" * 90_000, flush=True)
    time.sleep(0.03)
