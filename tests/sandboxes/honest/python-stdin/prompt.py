# in: 4
# out: "number? 16\n"
n = int(input("number? "))
print(n * n)
