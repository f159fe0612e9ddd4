# Bash: background jobs, disowned, without a terminal.
# attacks: stdio
for i in 1 2 3; do
  (trap '' HUP TERM INT; exec 0<&- 1>&- 2>&-; while :; do sleep 100; done) &
  disown
done
