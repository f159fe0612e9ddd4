# in: 17 5
# out: 3 2 289 1
read a b
echo $((a / b)) $((a % b)) $((a ** 2)) $((a > b))
