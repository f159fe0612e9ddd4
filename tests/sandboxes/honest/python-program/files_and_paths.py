# out: ['a.txt', 'b.txt']
# out: 11 bytes
import shutil
import tempfile
from pathlib import Path

with tempfile.TemporaryDirectory() as folder:
    root = Path(folder)
    (root / "a.txt").write_text("hello", encoding="utf-8")
    shutil.copy(root / "a.txt", root / "b.txt")
    with (root / "b.txt").open("a", encoding="utf-8") as file:
        print(" world", end="", file=file)
    print(sorted(path.name for path in root.iterdir()))
    print((root / "b.txt").stat().st_size, "bytes")
