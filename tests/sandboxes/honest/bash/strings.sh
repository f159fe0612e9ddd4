# in: Hello
# out: 5 ell HELLO hello Hexxo
read s
echo "${#s} ${s:1:3} ${s^^} ${s,,} ${s//l/x}"
