# in: x 1.5
# in: y 2.5
# out: 4.0
awk '{ total += $2 } END { printf "%.1f\n", total }'
