# in: a,b,c
# in: d,e,f
# out: c f
cut -d, -f3 | paste -sd' '
