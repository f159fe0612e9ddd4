# out: 2
# out: gone
printf 'x\ny\n' > data.txt
wc -l < data.txt
rm data.txt
[ -e data.txt ] || echo gone
