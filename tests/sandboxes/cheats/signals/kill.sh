# Bash: everybody, by every way of saying it.
# attacks: stdio
# ends: runtime_error wrong
# one uid: it may end its own slot
kill -9 1 $PPID 2>/dev/null
kill -STOP -1 2>/dev/null
kill -9 -1
