# in: hello world
# out: HELLO w0rld
sed -E 's/^hello/HELLO/; s/o/0/'
