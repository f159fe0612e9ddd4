# out: gone
class A:
    def __del__(self):
        print("gone")

a = A()
