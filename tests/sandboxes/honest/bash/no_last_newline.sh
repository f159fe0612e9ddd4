# in: "one\ntwo"
# out: one
# out: two
while read -r line || [ -n "$line" ]; do echo "$line"; done
