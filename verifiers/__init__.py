"""Programs that judge completions: `Problem` in, `Verdict` out, one file a verifier."""
