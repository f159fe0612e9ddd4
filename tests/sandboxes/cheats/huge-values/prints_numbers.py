# Prints half a million numbers where two were to be compared.
# attacks: stdio floats
# cpu_s: 3
print("0 " * 500_000)
