"""`temper verifier new`: what it writes works as it stands; what is no name or is taken is refused; all or nothing."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from temper.pipeline.cli import main
from temper.pipeline.scaffold import MAX_NAME, new_verifier

ROOT = Path(__file__).parents[2]
TABLE = (
    'VERIFIERS: dict[str, str] = {\n    "math": "temper.verifiers.math:Math",\n    "mine": "a:B",\n}\n\nREST = {1: 2}\n'
)


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """As little as makes a clone of this project."""
    root = tmp_path / "clone"
    for folder in ("verifiers", "tests/verifiers", "tests/rlvr"):
        (root / folder).mkdir(parents=True)
    (root / "pyproject.toml").write_text('[project]\nname = "temper-rlvr"\n')
    (root / "verifiers/table.py").write_text(TABLE)
    return root


def files(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


def succeeds(folder: Path, *words: str, **environment: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", *words],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", ["last_line", "a" * MAX_NAME])
def test_in_any_folder_two_files_are_written_that_pass_as_they_stand(name: str, tmp_path: Path) -> None:
    made, spec = new_verifier(name, tmp_path)
    assert spec == f"{name}:{''.join(word.capitalize() for word in name.split('_'))}"
    assert set(files(tmp_path)) == {f"{name}.py", f"test_{name}.py"} == {path.name for path in made}
    for width in ("88", "120"):
        succeeds(
            tmp_path, "ruff", "check", "--isolated", "--line-length", width, "--extend-select=I,B,UP,SIM,RET,N", "."
        )
        succeeds(tmp_path, "ruff", "format", "--check", "--isolated", "--line-length", width, ".")
    succeeds(tmp_path, "pytest", "-W", "error", "-p", "no:cacheprovider", ".")


@pytest.mark.whole
def test_in_a_clone_the_table_names_it_and_lint_types_and_tests_pass(tmp_path: Path) -> None:
    for folder in ("package", "verifiers", "sandboxes"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    shutil.copytree(ROOT / "typings", tmp_path / "typings", symlinks=True)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "tests/verifiers").mkdir(parents=True)
    before = (tmp_path / "verifiers/table.py").read_text()

    name = "a" * MAX_NAME
    made, spec = new_verifier(name, tmp_path / "verifiers")
    assert spec == name
    code, tests, table = made
    assert [code, tests, table] == [
        tmp_path / f"verifiers/{name}.py",
        tmp_path / f"tests/verifiers/test_{name}.py",
        tmp_path / "verifiers/table.py",
    ]
    line = f'    "{name}": "temper.verifiers.{name}:{name.capitalize()}",\n'
    assert table.read_text().replace(line, "") == before
    succeeds(tmp_path, "ruff", "check", "--no-cache", *map(str, made))
    succeeds(tmp_path, "ruff", "format", "--no-cache", "--check", *map(str, made))
    links = tmp_path / "typings/temper"
    succeeds(tmp_path, "mypy", str(links / f"verifiers/{name}.py"), str(links / "verifiers/table.py"), str(tests))
    succeeds(tmp_path, "pytest", str(tests), PYTHONPATH=str(tmp_path / "typings"))


NO_NAMES = ["", "Mine", "my-check", "my check", "1st", "_mine", "mine_", "a__b", "a.b", "../mine", "été", "mine\n"]
TOO_LONG = "a" * (MAX_NAME + 1)
WORDS = ["class", "lambda", "none", "true", "sandbox", "probe", "verdict"]
TAKEN = ["math", "code", "sum", "gate", "row"]
MODULES = ["json", "pytest", "pydantic", "temper", "os"]


@pytest.mark.parametrize(
    "name, why",
    [
        *((name, "expected small letters, digits and single _") for name in [*NO_NAMES, TOO_LONG]),
        *((name, "a word that Python or the verifier's file has a use for") for name in WORDS),
        *((name, "a verifier of that name is there") for name in TAKEN),
        *((name, "a module of that name can be imported") for name in MODULES),
    ],
)
def test_a_name_that_cannot_be_used_is_refused_in_one_line(
    name: str, why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["verifier", "new", name]) == 2
    told = capsys.readouterr().err
    assert told.startswith(f"temper: NAME: {why}") and f"got {name!r}" in told and told.count("\n") == 1
    assert not files(tmp_path)


@pytest.mark.parametrize("there", ["mine.py", "test_mine.py", "mine/part.py"])
def test_what_is_there_is_not_overwritten(there: str, tmp_path: Path) -> None:
    (tmp_path / there).parent.mkdir(exist_ok=True)
    (tmp_path / there).write_text("my own")
    with pytest.raises(ValueError, match=r"mine.* is there, and nothing is overwritten"):
        new_verifier("mine", tmp_path)
    assert files(tmp_path) == {there: "my own"}


def test_a_link_to_nowhere_is_not_written_through(tmp_path: Path) -> None:
    (tmp_path / "mine.py").symlink_to(tmp_path / "elsewhere.py")
    with pytest.raises(ValueError, match="nothing is overwritten"):
        new_verifier("mine", tmp_path)
    assert not files(tmp_path)


@pytest.mark.parametrize(
    "name, there, why",
    [
        ("mine", "", "a verifier of that name is there"),
        ("gate", "", "a verifier of that name is there"),
        ("table", "", "verifiers/table.py is there"),
        ("other", "verifiers/other.py", "verifiers/other.py is there"),
        ("other", "tests/verifiers/test_other.py", "test_other.py is there"),
        ("other", "tests/rlvr/test_other.py", "tests/rlvr/test_other.py is there"),
    ],
)
def test_in_a_clone_nothing_is_overwritten_either(clone: Path, name: str, there: str, why: str) -> None:
    if there:
        (clone / there).write_text("ours")
    before = files(clone)
    with pytest.raises(ValueError, match=why):
        new_verifier(name, clone)
    assert files(clone) == before


def test_the_line_comes_last_in_the_table_and_the_rest_stays(clone: Path) -> None:
    new_verifier("last_line", clone / "tests")
    head, tail = TABLE.split("}\n", 1)
    line = '    "last_line": "temper.verifiers.last_line:LastLine",\n'
    assert (clone / "verifiers/table.py").read_text() == head + line + "}\n" + tail


def test_a_table_that_is_not_as_it_was_is_refused(clone: Path) -> None:
    (clone / "verifiers/table.py").write_text("VERIFIERS = {}\n")
    before = files(clone)
    with pytest.raises(ValueError, match=r"table.py: no .* to add a line to"):
        new_verifier("other", clone)
    assert files(clone) == before


def test_a_file_that_cannot_be_written_leaves_none_behind(clone: Path) -> None:
    (clone / "tests/verifiers").rmdir()
    before = files(clone)
    with pytest.raises(ValueError, match="cannot be written"):
        new_verifier("other", clone)
    assert files(clone) == before


def test_a_table_that_cannot_be_written_leaves_no_file_behind(clone: Path) -> None:
    (clone / f"verifiers/.table.py.{os.getpid()}.tmp").mkdir()  # where the new table would be written first
    before = files(clone)
    with pytest.raises(ValueError, match="cannot be written"):
        new_verifier("other", clone)
    assert files(clone) == before


def test_another_project_with_a_table_is_no_clone(clone: Path) -> None:
    (clone / "pyproject.toml").write_text('[project]\nname = "other"\n')
    made, spec = new_verifier("other", clone)
    assert (spec, {path.parent for path in made}) == ("other:Other", {clone})


def test_the_command_says_what_it_wrote_and_how_a_row_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["verifier", "new", "last_line"]) == 0
    assert capsys.readouterr().out == (
        'wrote last_line.py\nwrote test_last_line.py\nrows name it with "verifier": "last_line:LastLine"\n'
        "rows of a recipe elsewhere may once it lists `verifiers.plugins: [last_line]`\n"
    )
