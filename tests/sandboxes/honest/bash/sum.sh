# in: 3
# in: 1 2 3
# out: 6
read n
read -a xs
total=0
for x in "${xs[@]}"; do total=$((total + x)); done
echo $total
