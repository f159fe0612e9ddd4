# out: "x"
open("/dev/stdout", "w").write("x")
