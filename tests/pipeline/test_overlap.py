"""Held-out problems among the examples of SFT are found however they are written, and nothing else is."""

import json
import random
from pathlib import Path
from typing import Any

import pytest

from temper.pipeline.audit import audit
from temper.pipeline.cli import main
from temper.pipeline.loading import load
from temper.pipeline.overlap import Cover, HeldOut, words
from temper.sandboxes.pool import open_sandbox
from temper.verifiers.problem import Message, Problem

PROMPT = "Anna buys 12 apples and eats 3 of them; how many are left for her (in total)?"


def row(text: str, role: str = "user", **message: Any) -> dict[str, Any]:
    return {"messages": [{"role": role, "content": text, **message}, {"role": "assistant", "content": "9"}]}


def held_out(*prompts: str) -> HeldOut:
    return HeldOut([("held_out.0", Problem(id=f"p{i}", prompt=p, verifier="math")) for i, p in enumerate(prompts)])


FOUND = [
    PROMPT,
    PROMPT.upper(),
    f"Solve this.\n\n{PROMPT}\n\nThink step by step.",
    PROMPT.replace(" ", "  \n"),
    PROMPT.replace("12", "１２").replace(";", " ; "),
    "Anna buys 12 apples and eats 3 of them;how many are left for her ( in total ) ?",
]
NOT_FOUND = [
    PROMPT.replace("12", "13"),
    PROMPT.replace("12", "112"),
    PROMPT.replace(";", ":"),
    PROMPT.removesuffix(")?"),
    "buys 12 apples and eats 3 of them; how many are left for her (in total)?",
]


@pytest.mark.parametrize("text", FOUND)
def test_a_prompt_is_found(text: str) -> None:
    assert list(held_out("other?", PROMPT).within(row(text))) == [("held_out.0", "p1")]
    assert list(held_out(PROMPT).within(row(text, role="system")))


@pytest.mark.parametrize("text", NOT_FOUND)
def test_another_text_is_not(text: str) -> None:
    assert not list(held_out(PROMPT).within(row(text)))


def test_a_short_prompt_is_the_whole_message() -> None:
    looked_for = held_out("What is 1 + 1?")
    assert list(looked_for.within(row("what is 1+1 ?")))
    assert not list(looked_for.within(row("What is 1 + 1? And what is 2 + 2?")))


def test_what_the_assistant_writes_and_a_system_message_of_the_problem_do_not_count() -> None:
    messages = [Message(role="system", content="You are kind."), Message(role="user", content=PROMPT)]
    looked_for = HeldOut([("held_out.1", Problem(id="m", prompt=messages, verifier="math"))])
    assert list(looked_for.within(row(PROMPT)))
    quoted = {"messages": [{"role": "user", "content": "?"}, {"role": "assistant", "content": PROMPT}]}
    assert not list(looked_for.within(quoted))


def test_prompts_that_begin_alike_are_told_apart() -> None:
    """Every prompt of a generator's rows is found where it is planted, and no other."""
    draw = random.Random(0)
    prompts = [f"Here is a question for you, as they all begin: {draw.random()} and {i}" for i in range(200)]
    looked_for = held_out(*prompts)
    for place in draw.sample(range(200), 20):
        text = f"{' '.join(draw.choices('abc', k=30))} {prompts[place]} {draw.random()}"
        assert list(looked_for.within(row(text))) == [("held_out.0", f"p{place}")]
        assert words(prompts[place]) == words(prompts[place].swapcase())


STORY = (
    "Ben has 14 red marbles and twice as many blue ones, gives a third of all to his sister Ruth, "
    "and finds 5 more under the bed on Sunday; how many has he then?"
)


@pytest.mark.parametrize(
    ("text", "covered"),
    [
        (STORY, True),
        (f"{STORY} Give the number alone, after a blank line.", True),
        (STORY.replace("on Sunday", "while it rains"), True),
        (STORY.replace("Ben has", "My neighbour, who is called Ben, has"), True),
        (STORY.replace(", gives a third of all to his sister Ruth", ""), True),
        (STORY.replace("finds 5 more", "finds 7 more"), True),
        (" ".join(reversed(STORY.split())), False),
        ("Ben has 14 red marbles and twice as many green ones. How many are there?", False),
        ("On Monday Ruth finds 5 more under the bed, and Ben, who has none, asks how many there were.", False),
    ],
)
def test_a_prompt_reworded_by_a_clause_is_covered_and_another_is_not(text: str, covered: bool) -> None:
    others = [
        f"Here is question {i}, about {i * 7} things that nobody has ever counted before today." for i in range(9)
    ]
    problems = [("h", Problem(id=f"p{i}", prompt=p, verifier="math")) for i, p in enumerate([*others, STORY])]
    found = Cover(problems).overlaps([text])
    assert [(one.source, one.id) for one in found] == ([("h", "p9")] if covered else [])
    assert all(0.5 < one.share <= 1 for one in found)


def test_a_short_prompt_is_never_told_by_a_part_of_it() -> None:
    prompt = "one two three four five six seven eight nine ten eleven twelve"
    assert not Cover([("h", Problem(id="p", prompt=prompt, verifier="math"))]).overlaps([prompt + " more"])


@pytest.mark.parametrize(
    ("held", "train", "shown"),
    [
        (STORY, STORY.replace("on Sunday", "while it rains"), "while it rains"),
        ("How many legs do seven spiders have in all?", "Think. How many legs do seven spiders have in all?", "Think"),
    ],
    ids=["a clause", "short, contained"],
)
def test_a_reworded_leak_stops_the_audit_which_names_both_rows(
    held: str, train: str, shown: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def problem(name: str, prompt: str) -> dict[str, Any]:
        return {"id": name, "prompt": prompt, "verifier": "math", "answer": "1"}

    rows = {"held": [problem("h1", held)], "train": [problem("t1", train)]}
    for name, of in rows.items():
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(one) + "\n" for one in of))
    (tmp_path / "mine.yaml").write_text(
        "extends: temper:tiny/instruct\nname: mine\nsandbox: {kind: local}\n"
        "rlvr: {data: [{kind: file, path: train.jsonl}]}\nheld_out: [{kind: file, path: held.jsonl}]\n"
    )
    assert main(["audit", str(tmp_path / "mine.yaml"), "--out", str(tmp_path / "rows.jsonl")]) == 1
    assert "1 of 1 held-out prompts also stand in train, more than audit.max_shared_share 0; first 'h1', as 't1'" in (
        capsys.readouterr().out
    )
    (found,) = [json.loads(line) for line in (tmp_path / "rows.jsonl").read_text().splitlines()]
    assert (found["id"], found["in_train"]) == ("h1", "t1") and shown in found["text"]


@pytest.mark.whole
def test_a_reworded_leak_stops_the_run_before_any_stage(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    reworded = STORY.replace("on Sunday", "while it rains")
    for name, prompt in (("h1", STORY), ("t1", reworded)):
        line = json.dumps({"id": name, "prompt": prompt, "verifier": "math", "answer": "1"})
        (tmp_path / f"{name}.jsonl").write_text(line + "\n")
    (tmp_path / "mine.yaml").write_text(
        "extends: temper:tiny/instruct\nname: mine\nsandbox: {kind: local}\nheld_out: [{kind: file, path: h1.jsonl}]\n"
        "rlvr: {data: [{kind: file, path: t1.jsonl}], max_prompt_tokens: 280}\n"
    )
    assert main(["run", str(tmp_path / "mine.yaml"), "--out", str(tmp_path / "out")]) == 2
    assert "more than audit.max_shared_share 0; first 'h1', as 't1'" in capsys.readouterr().err
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["audits"]


def test_the_audit_refuses_a_recipe_that_trains_on_its_held_out_problems(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    problems = [
        {
            "id": f"h{i}",
            "prompt": f"Say how many apples {i} and {i + 1} are together.",
            "verifier": "math",
            "answer": "1",
        }
        for i in range(6)
    ]
    examples = [row(f"Please: {p['prompt']}") for p in problems[:4]] + [row("Say hello.")]
    trained = [{"id": "t", "prompt": "1 + 1?", "verifier": "math", "answer": "2"}]
    for name, rows in (("held", problems), ("sft", examples), ("train", trained)):
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(one) + "\n" for one in rows))
    (tmp_path / "mine.yaml").write_text(
        "extends: temper:tiny/instruct\nname: mine\nsandbox: {kind: local}\n"
        "sft: {data: [{kind: file, path: sft.jsonl}]}\nrlvr: {data: [{kind: file, path: train.jsonl}]}\n"
        "held_out: [{kind: file, path: held.jsonl}]\n"
    )
    assert main(["audit", str(tmp_path / "mine.yaml"), "--out", str(tmp_path / "rows.jsonl")]) == 1
    said = capsys.readouterr().out
    assert (
        "4 of 6 held-out prompts also stand in train, more than audit.max_shared_share 0; first 'h0' at sft.data.0: "
        in said
    )
    found = [json.loads(line) for line in (tmp_path / "rows.jsonl").read_text().splitlines()]
    assert [one["in_sft"].rpartition(":")[2] for one in found if "in_sft" in one] == ["1", "2", "3", "4"]


@pytest.mark.parametrize("name", ["temper:tiny/instruct", "temper:tiny/thinking"])
def test_the_shipped_recipes_hold_none(name: str) -> None:
    loaded = load(name, ["sandbox.kind=local", "audit.rows=1"])
    sandbox = open_sandbox(loaded.recipe.sandbox)
    try:
        assert audit(loaded.recipe, sandbox, 1).shared == []
    finally:
        sandbox.close()
