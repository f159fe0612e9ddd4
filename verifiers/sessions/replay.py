"""Turns whose calls nobody has made yet: made in a fresh session, in order, when they are judged."""

from temper.sandboxes.job import Sandbox
from temper.verifiers.plugins import NO_PLUGINS, Plugins
from temper.verifiers.problem import Problem
from temper.verifiers.sessions.calling import MAX_CALLS, calls_of, made
from temper.verifiers.sessions.session import BrokeSandboxError, Exchange, Exchanges
from temper.verifiers.sessions.table import session_for


def replayed(problem: Problem, turns: Exchanges, sandbox: Sandbox | None, plugins: Plugins = NO_PLUGINS) -> Exchanges:
    """The turns with the results of their calls, those of unmade turns from a session that is told of the earlier ones.
    Raises SandboxError and SessionError for what is ours; calls that break two sandboxes have no results."""
    if problem.session is None or not any(turn.unmade for turn in turns):
        return turns
    session = session_for(problem, plugins)
    found: list[Exchange] = []
    session.open(problem, sandbox)
    try:
        for turn in turns:
            if turn.unmade:
                found.append(Exchange(turn.text, tuple(made(session, problem, turn.text))))
            else:
                session.again(turn.answered)
                found.append(turn)
    except BrokeSandboxError:
        return (*found, *(Exchange(turn.text) for turn in turns[len(found) :]))
    finally:
        session.close()
    return tuple(found)


def longest_s(problem: Problem, turns: Exchanges, plugins: Plugins = NO_PLUGINS) -> float:
    """Seconds that the calls of unmade turns may honestly take."""
    calls = sum(min(len(calls_of(turn.text)), MAX_CALLS) for turn in turns if turn.unmade)
    return calls * session_for(problem, plugins).longest_s() if calls and problem.session is not None else 0.0
