# Sticky, setuid and immutable files, access lists and extended attributes.
# attacks: stdio
import array, fcntl, os

os.mkdir("d", 0o1777)
open("d/f", "w").close()
os.chmod("d/f", 0o6777)
os.chmod("d", 0o1000)
fd = os.open("f", os.O_CREAT | os.O_RDWR)
for attributes in (0x10, 0x20):
    try: fcntl.ioctl(fd, 0x40086602, array.array("L", [attributes]))
    except OSError: pass
for name in ("user.x", "trusted.x", "security.capability", "system.posix_acl_access"):
    try: os.setxattr("f", name, b"x" * 20)
    except OSError: pass
