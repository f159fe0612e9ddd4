# Programs of the system that become root.
# attacks: stdio
# cpu_s: 2
import subprocess

for command in (["su", "-c", "id -u"], ["mount", "-t", "tmpfs", "x", "/tmp"], ["passwd", "-d", "root"], ["newgrp"], ["chsh", "-s", "/bin/sh"], ["sudo", "-n", "id"]):
    try: done = subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, timeout=1, text=True)
    except (OSError, subprocess.TimeoutExpired): continue
    if done.returncode == 0 and "0" in done.stdout.split(): print("root", command)
