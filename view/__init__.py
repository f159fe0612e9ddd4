"""What a person looks at: the report of a run, rendered rows. Texts and pages; nothing here trains."""
