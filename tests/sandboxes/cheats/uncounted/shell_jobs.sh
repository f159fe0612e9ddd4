# Bash: jobs in the background of subshells that are gone.
# attacks: stdio
# ends: time
# cpu_s: 0.5
read a b
for i in 1 2 3 4 5 6 7 8 9 10; do
  (for ((n = 0; n < 60000; n++)); do :; done; echo >&9) 9> >(cat > /tmp/done.$i) &
  disown
  until [ -s /tmp/done.$i ]; do read -t 0.01 <> <(:); done
done
echo $((a * b))
