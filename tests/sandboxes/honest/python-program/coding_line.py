# -*- coding: latin-1 -*-
# out: Ã¼
print("ü")
