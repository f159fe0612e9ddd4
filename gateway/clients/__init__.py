"""Clients of a gateway: `plain` for any program, and one file for each system that people train with.

Each needs the system that it serves and nothing else: no package of ours but this one, and none of the server's.
"""
