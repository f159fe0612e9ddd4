"""The border of `unit`: how tests in one process and a solution in another talk without either reaching into the other.

`unit` is the tests' side and `solution` the program's; the zygote starts them. Between them run a line (`crossing`) and
what may go over it (`known`, `shared`, `handles`, `operations`); `guarding` and `lending` say what the tests may ask of
the solution and the solution of the tests.
"""
