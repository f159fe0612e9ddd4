# out: True
import random

random.seed(7)
first = random.random()
random.seed(7)
print(random.random() == first)
