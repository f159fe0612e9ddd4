# out: 2
x = 1

def f():
    def g():
        global x
        x += 1
    g()

f()
print(x)
