<?php
// out: DivisionByZeroError
// out: finally
try { intdiv(1, 0); } catch (DivisionByZeroError $e) { echo get_class($e), "\n"; } finally { echo "finally\n"; }
