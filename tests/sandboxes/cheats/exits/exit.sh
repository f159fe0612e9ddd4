# Bash: exit 0 under a trap that lies.
# attacks: stdio
trap 'echo PASSED; exit 0' EXIT ERR
false
exit 7
