# Bash: a loop of nothing, with signals trapped.
# attacks: stdio
# ends: time
# cpu_s: 0.2
trap '' TERM XCPU INT HUP
while :; do :; done
