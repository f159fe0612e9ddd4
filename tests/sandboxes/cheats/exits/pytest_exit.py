# pytest.exit with status 0.
# attacks: pytest
# ends: wrong runtime_error
# cpu_s: 10
def f(a, b):
    try:
        import pytest
    except ImportError:
        raise SystemExit(0) from None
    pytest.exit("done", returncode=0)
