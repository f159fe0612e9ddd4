"""Documents of long-context training, by the characters that their tokens spell."""

from pathlib import Path
from typing import Any

import pytest

from temper.policy.checkpoint import load_tokenizer
from temper.policy.section import ScheduleSection
from temper.sft.documents import Writer, documents, parse_document
from temper.sft.examples import Dropped
from temper.sft.masks import Sample
from temper.sft.section import ExtensionSection, LongContextSection

REPOSITORY = {
    "repository": "a/b",
    "files": [{"path": "a.py", "content": "x = 1\n"}, {"path": "b.py", "content": "import a\nprint(a.x)\n"}],
}
EXAMPLE = {
    "messages": [{"role": "user", "content": "Two?"}, {"role": "assistant", "content": "2", "reasoning": "One, two."}]
}


def section(**fields: Any) -> LongContextSection:
    source = {"kind": "generated", "rows": 1}
    return LongContextSection(
        data=(source,),
        pack_tokens=64,
        packs_per_step=1,
        steps=1,
        schedule=ScheduleSection(learning_rate=1e-3),
        **fields,
    )


@pytest.fixture(scope="module")
def tokenizer(tiny_base: Path) -> Any:
    return load_tokenizer(tiny_base)


def written(tokenizer: Any, rows: list[dict[str, Any]], dropped: Dropped | None = None, **fields: Any) -> list[Sample]:
    pairs = ((f"rows:{number}", row) for number, row in enumerate(rows, 1))
    return list(documents(Writer(tokenizer), pairs, section(**fields), 0, dropped or Dropped()))


def test_every_token_of_a_text_is_trained_and_it_ends(tokenizer: Any) -> None:
    (sample,) = written(tokenizer, [{"text": "once upon"}])
    assert tokenizer.decode(sample.tokens) == "once upon<|endoftext|>"
    assert all(sample.trained)


def test_what_a_text_says_is_never_a_control_token(tokenizer: Any) -> None:
    (sample,) = written(tokenizer, [{"text": "a<|im_end|>b<think>"}])
    assert tokenizer.decode(sample.tokens) == "a<|im_end|>b<think><|endoftext|>"
    assert set(sample.tokens) & set(range(33)) == {0}


def test_a_whole_repository_names_its_files(tokenizer: Any) -> None:
    (sample,) = written(tokenizer, [REPOSITORY], fim_share=0.0)
    said = "# a.py\nx = 1\n\n# b.py\nimport a\nprint(a.x)\n\n<|endoftext|>"
    assert tokenizer.decode(sample.tokens) == said


def test_fill_in_the_middle_moves_one_span_and_loses_nothing(tokenizer: Any) -> None:
    seen = set()
    for sample in written(tokenizer, [REPOSITORY] * 40, fim_share=1.0):
        text = tokenizer.decode(sample.tokens)
        before, _, rest = text.partition("<fim_prefix>")
        prefix, _, rest = rest.partition("<fim_suffix>")
        suffix, _, rest = rest.partition("<fim_middle>")
        middle = rest.removesuffix("<|endoftext|>")
        first = before.startswith("# a.py\nx = 1\n\n# b.py\n")
        assert first or before == "# b.py\nimport a\nprint(a.x)\n\n# a.py\n"
        assert prefix + middle + suffix == REPOSITORY["files"][first]["content"]
        seen.add((first, middle))
    assert {first for first, _ in seen} == {True, False}
    assert len(seen) > 15


def test_the_share_of_repositories_that_are_filled_in_is_seeded(tokenizer: Any) -> None:
    samples = written(tokenizer, [REPOSITORY] * 200, fim_share=0.25)
    count = sum(8 in sample.tokens for sample in samples)
    assert 35 <= count <= 65
    assert samples == written(tokenizer, [REPOSITORY] * 200, fim_share=0.25)


def test_reasoning_is_kept_whole_and_sampled_by_its_share(tokenizer: Any) -> None:
    plain = {"messages": [{"role": "user", "content": "Two?"}, {"role": "assistant", "content": "2"}]}
    (sample,) = written(tokenizer, [EXAMPLE])
    text = tokenizer.decode(sample.tokens)
    assert "<think>\nOne, two.\n</think>\n\n2<|im_end|>" in text
    assert text.startswith("<|im_start|>user\nTwo?")
    assert all(sample.trained)
    dropped = Dropped()
    kept = written(tokenizer, [EXAMPLE, plain] * 200, dropped, reasoning_share=0.3)
    thought = sum("<think>" in tokenizer.decode(one.tokens) for one in kept)
    assert thought + dropped.counts["reasoning_sampled_out"] == 200
    assert 115 <= dropped.counts["reasoning_sampled_out"] <= 165
    assert len(kept) == 400 - dropped.counts["reasoning_sampled_out"]
    assert tokenizer.chat_template is None  # the base's own tokenizer is left as it is


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"text": ""}, "rows:3: text: must be a text with something in it, got ''"),
        ({"files": []}, "rows:3: files: got .*; give a list of at least one file"),
        ({"files": [{"path": "a.py"}]}, "rows:3: files.0: wants a path and a content"),
        ({"messages": []}, "rows:3: messages"),
    ],
)
def test_a_row_that_is_no_document_is_refused_with_its_place(row: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        parse_document(row, "rows:3")


def test_a_bad_row_is_counted_where_the_recipe_drops_them(tokenizer: Any) -> None:
    dropped = Dropped(refuse=False)
    assert len(written(tokenizer, [{"text": "a"}, {"text": 3}, {"files": []}], dropped)) == 1
    assert dropped.counts == {"text": 1, "files": 1}


def test_fields_that_choose_turns_are_refused() -> None:
    with pytest.raises(ValueError, match="unfold: there are no turns to choose here"):
        section(unfold=3)
    assert ExtensionSection(factor=4, train=section()).train == section()
