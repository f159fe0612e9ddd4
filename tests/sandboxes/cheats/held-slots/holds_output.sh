# Bash: somebody in the background keeps its output open in every test.
# attacks: stdio
# cpu_s: 0.1
sleep 100 &
sleep 0.3
echo 0
