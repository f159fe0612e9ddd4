# out: handled
false || echo handled
grep -q x /dev/null || true
