# Files in the folder of shared memory.
# attacks: stdio
# ends: runtime_error
# cpu_s: 3
for i in range(100):
    with open(f"/dev/shm/{i}", "wb") as file: file.write(bytes(10 << 20))
