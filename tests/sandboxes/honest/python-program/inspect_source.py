# out: def f(): pass
# out: 
import inspect

def f(): pass

print(inspect.getsource(f))
