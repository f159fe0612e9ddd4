# out: 2568
# out: 1
import math

print(len(str(math.factorial(1000))))
print(pow(3, 10**18, 2))
