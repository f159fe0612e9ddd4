#!/bin/bash
# in: 4
# out: 16
set -eu
pipe=/tmp/pipe.$$
mkfifo "$pipe"
awk '{ print $1 * $1; fflush() }' < "$pipe" &
cat > "$pipe"
wait "$!"
rm "$pipe"
