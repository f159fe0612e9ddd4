// out: "end"
process.stdout.write("end");
