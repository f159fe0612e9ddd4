# in: añ€😀
# out: 😀€ña
print(input()[::-1])
