# assert: import pytest
# assert: @pytest.mark.parametrize('x', [1, 2])
# assert: def test_f(x, tmp_path): assert f(x) == pytest.approx(x)
def f(x):
    return x
