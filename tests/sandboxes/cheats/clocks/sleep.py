# Uses wall time only.
# attacks: asserts
# ends: time
# cpu_s: 0.1
import time
time.sleep(1000)
