"""Whose failure it was: an endpoint or a sandbox that breaks may be asked elsewhere, a verifier that raises may not."""

import pytest

from temper.rlvr.judge import Judge
from temper.verifiers.doubles import Answer, says, scripted_endpoint
from temper.verifiers.problem import Problem
from temper.verifiers.verdict import Verdict
from temper.verifiers.verifier import Sandbox, SandboxError, Verifier


class BreaksTheSandbox(Verifier):
    def verify(self, problem: Problem, completion: str, sandbox: Sandbox | None = None) -> Verdict:
        raise SandboxError("gone")


@pytest.mark.parametrize(
    ("answer", "error", "retryable"),
    [
        (Answer(b"busy", 503), "endpoint: http://", True),
        (says("no verdict"), "endpoint: http://", True),
        (Answer(b"who?", 401), "verifier: VerifierError: http://", False),
    ],
)
def test_an_endpoint_that_fails_is_infrastructure_and_one_that_refuses_is_not(
    answer: Answer, error: str, retryable: bool
) -> None:
    with scripted_endpoint(lambda n, body: answer) as endpoint:
        params = {"rubric": "r", "endpoint": endpoint.url, "model": "m", "retries": 0}
        (judgement,) = Judge(None).judge([(Problem(id="p", prompt="q", verifier="judge", params=params), "x")])
    assert judgement.verdict is None and judgement.retryable is retryable
    assert judgement.error.startswith(error)


def test_a_sandbox_that_breaks_may_be_asked_elsewhere() -> None:
    problem = Problem(id="p", prompt="q", verifier=f"{__name__}:BreaksTheSandbox")
    (judgement,) = Judge(None).judge([(problem, "x")])
    assert judgement.verdict is None and judgement.retryable
    assert judgement.error == "sandbox: gone"
