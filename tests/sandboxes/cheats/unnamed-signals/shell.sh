# Bash: every signal that has no name, the last of them at last.
# attacks: stdio
# ends: runtime_error
for number in 32 33 35 50 63 64; do
  bash -c "kill -$number \$\$" 2>/dev/null
done
kill -63 $$
