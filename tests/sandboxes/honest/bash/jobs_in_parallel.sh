#!/bin/bash
# out: 285
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
for i in {0..9}; do
  ( sleep 0.0$((RANDOM % 3)); echo $((i * i)) > "$folder/$i" ) &
done
wait
cat "$folder"/* | awk '{ total += $1 } END { print total }'
