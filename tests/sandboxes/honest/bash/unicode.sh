# in: ñ€
# out: 2
read s
echo ${#s}
