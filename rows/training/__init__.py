"""Training sets of the report, one file each: fields, scoring rule, source and licence; a raw row -> our problem."""
