<?php
// out: 3
// out: text
echo 1 + 2, "\n" ?>
text
