import pytest

from temper.rlvr.doubles import ScriptedEngine, ScriptedVerifiers
from temper.rlvr.evaluate import evaluate
from temper.rlvr.rollout import Sampling
from temper.verifiers.judging import Judgement
from temper.verifiers.problem import Problem
from temper.verifiers.verdict import abstained, scored

PROBLEMS = [Problem(id=f"p{i}", prompt="?", verifier="math", answer="1") for i in range(3)]
SAMPLING = Sampling(1.0, 8)


def test_the_score_is_the_mean_of_problem_means_with_its_standard_error() -> None:
    # Problem means 1, 0.5 and 0: score 0.5, std of the means 0.5, stderr 0.5 / sqrt(3).
    engine = ScriptedEngine(lambda i: (["1", "1", "1", "0", "0", "0"][i], i != 5))
    verifiers = ScriptedVerifiers(lambda p, text: Judgement(scored(float(text))))
    score, groups = evaluate(PROBLEMS, 2, SAMPLING, lambda p: (1,), engine, verifiers, seed=0)
    assert (score.score, score.n, score.unscored) == (0.5, 3, 0)
    assert score.stderr == pytest.approx(0.5 / 3**0.5)
    assert score.truncated == pytest.approx(1 / 6)
    assert [group.problem.id for group in groups] == ["p0", "p1", "p2"]


def test_what_has_no_verdict_leaves_the_score_and_is_counted() -> None:
    verdicts = [Judgement(scored(1.0)), Judgement(None, "sandbox: gone"), Judgement(abstained("no key"))]
    engine = ScriptedEngine(lambda i: (str(i), True))
    verifiers = ScriptedVerifiers(lambda p, text: verdicts[int(text)])
    score, _ = evaluate(PROBLEMS, 1, SAMPLING, lambda p: (1,), engine, verifiers, seed=0)
    assert (score.score, score.n, score.unscored, score.errors) == (1.0, 1, 2, 1)
