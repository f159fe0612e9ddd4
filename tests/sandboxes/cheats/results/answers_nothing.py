# Never answers.
# attacks: asserts
# ends: time
# cpu_s: 0.1
import os, time

def f(a, b):
    time.sleep(1000)
