"""`temper serve` and `temper chat` as they are started."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import openai
import pytest

from temper.pipeline.cli import main

COMMAND = [sys.executable, "-m", "temper.pipeline"]
TOKEN = "a-token-of-sixteen-letters"


@pytest.mark.whole
def test_a_server_answers_with_its_token_and_ends_after_what_it_accepted(checkpoint: Path, tmp_path: Path) -> None:
    log = tmp_path / "log.txt"
    words = ["serve", str(checkpoint), "--port", "0", "--name", "mine", "--token-env", "SERVE_TOKEN", "--threads", "1"]
    with log.open("w") as file:
        process = subprocess.Popen([*COMMAND, *words], env={**os.environ, "SERVE_TOKEN": TOKEN}, stderr=file)
    try:
        port = port_of(process, log)
        stranger = openai.OpenAI(base_url=f"http://127.0.0.1:{port}/v1", api_key="other", max_retries=0)
        with stranger, pytest.raises(openai.AuthenticationError, match="token"):
            stranger.models.list()
        with openai.OpenAI(base_url=f"http://127.0.0.1:{port}/v1", api_key=TOKEN, max_retries=0) as client:
            assert [model.id for model in client.models.list()] == ["mine"]
            stream = client.completions.create(model="mine", prompt="3", max_tokens=200, seed=1, stream=True)
            first = next(iter(stream))
            process.send_signal(signal.SIGTERM)
            rest = list(stream)
            assert first.choices and rest[-1].choices[0].finish_reason in ("stop", "length")
        assert process.wait(60) == 0, log.read_text()
    finally:
        process.kill()
        process.wait()


def port_of(process: "subprocess.Popen[bytes]", log: Path) -> int:
    until = time.monotonic() + 120
    while time.monotonic() < until and process.poll() is None:
        if found := re.search(r"serve: http://127\.0\.0\.1:(\d+), mine", log.read_text()):
            return int(found.group(1))
        time.sleep(0.1)
    raise AssertionError(f"no server came up: {log.read_text()}")


@pytest.mark.slow
def test_a_chat_answers_what_a_pipe_says(checkpoint: Path) -> None:
    words = ["chat", str(checkpoint), "--seed", "3", "--max-tokens", "8", "--threads", "1"]
    done = subprocess.run([*COMMAND, *words], input=b"Hello\nAgain\n", capture_output=True, timeout=200, check=False)
    assert done.returncode == 0 and done.stdout.count(b"\n") >= 2 and b"\x1b" not in done.stdout, done.stderr


REFUSED = [
    (["--host", "0.0.0.0"], "there is no token"),
    (["--context", "99999"], "--context: "),
    (["--batch", "0"], "--batch: must be greater than or equal to 1"),
    (["--token-env", "NOT_THERE"], "holds no token"),
]  # fmt: skip


@pytest.mark.parametrize(("words", "what"), REFUSED)
def test_what_cannot_be_served_is_refused_before_it_is_loaded(
    checkpoint: Path, words: list[str], what: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["serve", str(checkpoint), "--port", "0", *words]) == 2
    assert what in capsys.readouterr().err


def test_a_folder_that_is_no_checkpoint_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["chat", str(tmp_path)]) == 2
    assert "neither a checkpoint nor a finished run" in capsys.readouterr().err
