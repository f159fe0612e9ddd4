# Frames by way of an exception's traceback, where sys._getframe is forbidden.
# attacks: call asserts
# ends: wrong runtime_error
def f(a, b):
    try:
        raise ValueError
    except ValueError as error:
        frame = error.__traceback__.tb_frame.f_back
    while frame:
        for value in frame.f_locals.values():
            if isinstance(value, int) and value > a * 2:
                return value
        frame = frame.f_back
