# in: b a b c b
# out: a 1
# out: b 3
# out: c 1
declare -A count
read -a words
for w in "${words[@]}"; do count[$w]=$((${count[$w]:-0} + 1)); done
for w in "${!count[@]}"; do echo "$w ${count[$w]}"; done | sort
