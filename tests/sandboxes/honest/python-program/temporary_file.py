# out: 3
import tempfile

with tempfile.TemporaryFile() as file:
    print(file.write(b"abc"))
