# assert: try: f()
# assert: except KeyError as error: assert error.args == ('k',)
# assert: else: raise AssertionError
def f():
    raise KeyError("k")
