"""What an alarm does to a run beside its line: the driver leaves a file, which the controller reads before a batch.

    OUT/NAME/paused.json    `pause`: no further step until the file is deleted; `stop`: the stage ends by `StoppedError`

A file, so that whoever looks at the folder sees it, and deletes it where he may write. The same command started again
takes the alarms that it knows as seen, and goes on from the last checkpoint.
"""

import contextlib
import json
import logging
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from temper.pipeline import pulse
from temper.pipeline.mistakes import StoppedError
from temper.policy.atomic import write_atomic

log = logging.getLogger(__name__)

LOOK_S = 0.5


@dataclass(frozen=True)
class Hold:
    """Picklable: the driver's and the controller's."""

    path: Path

    def set(self, does: Literal["pause", "stop"], text: str) -> None:
        write_atomic(self.path, json.dumps({"does": does, "text": text}) + "\n")

    def release(self) -> None:
        self.path.unlink(missing_ok=True)

    def wait(self) -> None:
        """Returns where nothing holds the run, or no longer does. Raises StoppedError."""
        found = self._read()
        if not found:
            return
        log.warning("paused: %s; delete %s to go on", found.get("text"), self.path)
        with pulse.doing(f"is paused by an alarm ({found.get('text')}); delete {self.path} to go on"):
            while found:
                if found.get("does") == "stop":
                    raise StoppedError(
                        f"rlvr.on_alarm: stopped by an alarm: {found.get('text')}; look at the run (temper view "
                        f"{self.path.parent}), then mend its reward, or start the same command to go on"
                    )
                time.sleep(LOOK_S)
                found = self._read()

    def _read(self) -> dict[str, str]:
        # A file that a person emptied or half wrote holds nothing.
        with contextlib.suppress(OSError, ValueError):
            found = json.loads(self.path.read_bytes())
            return found if isinstance(found, dict) else {}
        return {}
