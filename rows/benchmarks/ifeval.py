"""IFEval (google/IFEval, 541 rows; arXiv 2311.07911) as problems for `instructions`.

Fields: `key`, `prompt`, `instruction_id_list`, `kwargs` (parallel; the Hub's rows carry every argument, null where it
is not meant). Scoring rule: prompt-level strict, every instruction of the prompt followed (a row's `mode`
says strict or loose). The checks are in `docs/instructions.md`.
Licence: Apache-2.0; training is allowed.
"""

from temper.rows.fields import listed, text
from temper.rows.licences import Licence
from temper.verifiers.rows import RawRow

LICENCE = Licence("Apache-2.0")
HUB = ("google/IFEval",)


def problem(row: RawRow) -> RawRow:
    if not isinstance(row.get("key"), int):
        raise ValueError(f"ifeval: field 'key' must be a number, got {row.get('key')!r:.40}; is this a row of ifeval?")
    return {
        "id": f"ifeval-{row['key']}",
        "prompt": text(row, "prompt", "ifeval"),
        "verifier": "instructions",
        "params": {"instructions": instructions(row, "ifeval")},
    }


def instructions(row: RawRow, of: str) -> list[RawRow]:
    """`{"id", "kwargs"}` of each instruction. Raises ValueError where the two lists are not parallel."""
    ids, kwargs = listed(row, "instruction_id_list", of), listed(row, "kwargs", of)
    if not ids or len(ids) != len(kwargs):
        raise ValueError(
            f"{of}: field 'kwargs' must be parallel to instruction_id_list, got {len(kwargs)} for {len(ids)}; mend it"
        )
    given = [{key: value for key, value in (of_one or {}).items() if value is not None} for of_one in kwargs]
    return [{"id": name, "kwargs": arguments} for name, arguments in zip(ids, given, strict=True)]
