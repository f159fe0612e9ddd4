# Only blanks.
# attacks: stdio floats
print("\n \t \r\n" * 100)
