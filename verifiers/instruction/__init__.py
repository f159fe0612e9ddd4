"""The checks of `instructions`, and what they read a text as: words, sentences, marks."""
