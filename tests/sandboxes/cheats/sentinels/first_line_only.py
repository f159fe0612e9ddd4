# Nothing wrong in what it prints, as it prints nothing: a comparison that zips lines accepts.
# attacks: stdio floats
pass
