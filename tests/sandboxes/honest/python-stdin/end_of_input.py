# in: one
# in: two
# out: one
# out: two
while True:
    try:
        print(input())
    except EOFError:
        break
