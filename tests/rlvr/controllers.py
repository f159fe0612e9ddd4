"""Controllers that a test made; each is closed behind it (`conftest`)."""

from temper.rlvr.controller import Controller

MADE: list[Controller] = []
