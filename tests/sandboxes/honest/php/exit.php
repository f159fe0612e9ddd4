<?php
// out: done
echo "done\n";
exit;
