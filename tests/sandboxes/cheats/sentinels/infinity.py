# As far as any number from all of them.
# attacks: floats stdio
print("inf", "-inf")
