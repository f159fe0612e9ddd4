# out: 3 c b a
xs=(a b c)
for ((i = ${#xs[@]} - 1; i >= 0; i--)); do back+=("${xs[i]}"); done
echo "${#xs[@]} ${back[*]}"
