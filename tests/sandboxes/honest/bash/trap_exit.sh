# out: work
# out: clean
trap 'echo clean' EXIT
echo work
