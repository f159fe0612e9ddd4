# in: 3.14159 42
# out: 3.14 0042 2a
read x n
printf '%.2f %04d %x\n' "$x" "$n" "$n"
