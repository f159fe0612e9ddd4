<?php
// A status above all signals' and what looks like one: the shell's way of naming a real-time signal.
// attacks: stdio
// ends: runtime_error
exit(128 + 45);
