# in: b
# in: a
# out: 2: a b
mapfile -t lines
echo "${#lines[@]}: ${lines[1]} ${lines[0]}"
