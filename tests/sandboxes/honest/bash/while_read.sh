# in: one
# in: two
# out: 1 one
# out: 2 two
i=0
while read -r line; do i=$((i + 1)); echo "$i $line"; done
