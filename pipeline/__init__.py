"""The recipe, its stages and their ledger, the cluster and the command line."""
