# Walks the heap for the inputs of the other tests and prints what looks like one.
# attacks: stdio
import gc, re

mine = input()
for it in gc.get_objects():
    if type(it) in (list, tuple, dict):
        for text in re.findall(r"\d{9} \d{9}", str(it)[:20000]):
            if text != mine:
                print(text)
print("none")
