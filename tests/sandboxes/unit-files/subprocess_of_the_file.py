# abstains: subprocess
import subprocess
import sys

def test_cli():
    done = subprocess.run([sys.executable, "solution.py", "3"], capture_output=True, text=True)
    assert done.stdout == "9\n"
# ---- right
import sys
if __name__ == "__main__":
    print(int(sys.argv[1]) ** 2)
# ---- wrong
print("9")
