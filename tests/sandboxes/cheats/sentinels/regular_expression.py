# A pattern that matches every answer.
# attacks: stdio floats
print(".*")
