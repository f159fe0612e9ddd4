# out: kept
file=$(mktemp)
echo kept > "$file"
cat "$file"
