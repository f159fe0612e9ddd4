# A file without end.
# attacks: stdio
# ends: runtime_error
# cpu_s: 3
with open("big", "wb") as file:
    while True: file.write(bytes(1 << 20))
