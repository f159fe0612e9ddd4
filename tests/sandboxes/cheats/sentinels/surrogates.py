# Bytes that are no UTF-8, to break the judge's decoding.
# attacks: stdio floats
import os
os.write(1, b"\xff\xfe\xed\xa0\x80" * 100)
