# out: [1, 2, 4, 8]
def powers():
    n = 1
    while True:
        yield n
        n *= 2

found, stream = [], powers()
while (n := next(stream)) < 10:
    found.append(n)
print(found)
