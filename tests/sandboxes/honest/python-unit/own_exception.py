# assert: try: f()
# assert: except No as error: assert str(error) == 'x'
# assert: else: raise AssertionError
class No(ValueError):
    pass

def f():
    raise No("x")
