// out: TypeError true
try { null.x; } catch (error) { console.log(error.name, error instanceof TypeError); } finally { console.error("log"); }
