# out: 1
# out: 2
(echo 1) &
wait
echo 2
