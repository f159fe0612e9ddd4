# A coroutine.
# attacks: call asserts near
# ends: wrong runtime_error
async def f(a, b): return a * b
