# out: 7
open("x.txt", "w").write("7")
print(open("x.txt").read())
