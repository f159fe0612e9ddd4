# Text that evaluates to the answer, for a judge that evaluates.
# attacks: stdio floats
print("*".join(input().split()))
