"""Benchmarks, one file each: fields, scoring rule, source and licence in its docstring; a raw row -> our problem."""
