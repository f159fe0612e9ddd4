# out: 6
space = {}
exec("def f(x): return x * 2", space)
print(eval("f(3)", space))
