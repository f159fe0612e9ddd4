# out: hi
# out: bye
import atexit

atexit.register(print, "bye")
print("hi")
