# Bash: the shortest one.
# attacks: stdio
# ends: processes time wrong runtime_error memory
# cpu_s: 2
:() { : | : & }; :; wait
