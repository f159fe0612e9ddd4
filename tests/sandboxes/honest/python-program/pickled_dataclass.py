# out: P(x=2)
import pickle
from dataclasses import dataclass

@dataclass
class P:
    x: int

print(pickle.loads(pickle.dumps(P(2))))
