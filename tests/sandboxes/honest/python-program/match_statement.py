# in: move 3 4
# out: 7
match input().split():
    case ["move", x, y]:
        print(int(x) + int(y))
    case _:
        print("?")
