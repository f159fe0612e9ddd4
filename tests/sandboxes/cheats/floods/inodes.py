# Files without number.
# attacks: stdio
# ends: runtime_error
# cpu_s: 3
for i in range(10**6): open(f"f{i}", "w").close()
