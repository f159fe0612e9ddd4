# out: 2,3
comm -12 <(printf '1\n2\n3\n') <(printf '2\n3\n4\n') | paste -sd,
