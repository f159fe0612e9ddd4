# abstains: pickle
import pickle
from solution import Settings

def test_pickle():
    assert pickle.loads(Settings("x").dump()).name == "x"
# ---- right
import pickle
class Settings:
    def __init__(self, name): self.name = name
    def dump(self): return pickle.dumps(self)
# ---- wrong
class Settings:
    def __init__(self, name): self.name = name
    def dump(self): return b"cos\nsystem\n(S'true'\ntR."
