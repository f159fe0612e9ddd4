# The compiler's time, by constants that are folded.
# attacks: stdio
# ends: time compile_error
# cpu_s: 0.3
x = 3**4**5
y = [(9**9**5, 9**9**5 + 1, 9**9**5 + 2, 9**9**5 + 3, 9**9**5 + 4) for _ in range(9) if 7**7**7]
z = 9**9**9
