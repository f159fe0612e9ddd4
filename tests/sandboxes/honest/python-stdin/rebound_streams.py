# in: 5
# out: 25
import io, os, sys

sys.stdin = io.TextIOWrapper(io.BytesIO(os.read(0, 1 << 16)))
sys.stdout = io.StringIO()
print(int(input()) ** 2)
os.write(1, sys.stdout.getvalue().encode())
