# out: 5
# out: 
import subprocess, sys

print(subprocess.run([sys.executable, "-c", "print(5)"], capture_output=True, text=True).stdout)
