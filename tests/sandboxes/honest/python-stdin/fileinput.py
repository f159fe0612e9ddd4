# in: one
# in: two
# out: one
# out: two
import fileinput

for line in fileinput.input():
    print(line, end="")
