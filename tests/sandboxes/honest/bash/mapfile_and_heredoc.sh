#!/bin/bash
# in: one
# in: two three
# out: 2 lines, the longest has 9 characters
# out: total: 12
mapfile -t lines
longest=0
total=0
for line in "${lines[@]}"; do
  (( ${#line} > longest )) && longest=${#line}
  (( total += ${#line} ))
done
cat <<EOF
${#lines[@]} lines, the longest has $longest characters
total: $total
EOF
