# As deep as it goes, and as often as it fits.
# attacks: call asserts
# ends: output wrong runtime_error
# cpu_s: 3
# memory_mb: 512
def f(a, b):
    value = []
    for _ in range(190): value = [value]
    return [value] * 2_000
