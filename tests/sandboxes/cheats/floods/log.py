# The logs of the machine.
# attacks: stdio
# cpu_s: 1
import socket, syslog

for _ in range(1000): syslog.syslog("x" * 1000)
for path in ("/dev/log", "/run/systemd/journal/socket", "/dev/kmsg", "/dev/console"):
    try: open(path, "w").write("x" * 1000)
    except OSError: pass
print(0)
