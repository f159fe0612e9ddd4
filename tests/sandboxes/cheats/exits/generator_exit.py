# GeneratorExit, which closes whatever iterates.
# attacks: call asserts loops
# ends: wrong runtime_error
def f(a, b): raise GeneratorExit
