"""Rows of public datasets and benchmarks, one file each, as our problems and examples."""
