"""Verdicts for whoever asks over HTTP: the server, the processes that judge, and clients for other trainers.

`temper gateway` starts it; docs/gateway.md says what it answers and what it refuses.
"""
