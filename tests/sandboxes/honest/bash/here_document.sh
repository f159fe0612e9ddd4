# out: value: 7
# out: $x
x=7
cat <<END
value: $x
END
cat <<'END'
$x
END
