# out: 1
def main():
    print(1)
    exit(0)

main()
print(2)
