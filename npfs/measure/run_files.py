"""Run files are numbered, never overwritten and never half written."""

import json
import os
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any


class RunNumber:
    """The next free number of a folder, held until the run is saved or given up.

    The claim is a file that only one process can create, so that two commands at once in one folder
    take different numbers.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.started = datetime.now(UTC)
        self.value = self._claim()

    def _claim(self) -> int:
        number = 1 + max((_number(path) for path in self.folder.iterdir()), default=0)
        while True:
            self._claimed = self.folder / f"{number:04d}.claim"
            try:
                with self._claimed.open("x") as file:
                    file.write(str(os.getpid()))
            except FileExistsError:
                number += 1
                continue
            if any(self.folder.glob(f"{number:04d}_*.json")):  # saved since the folder was read
                self.release()
                number += 1
                continue
            return number

    def save(self, document: Mapping[str, Any]) -> Path:
        """Write the run file by rename, release the number, and return the path."""
        path = self.folder / f"{self.value:04d}_{self.started:%Y%m%dT%H%M%SZ}.json"
        write_whole(path, json.dumps(document, default=str))
        self.release()
        return path

    def release(self) -> None:
        """Give the number up; saved runs keep theirs."""
        self._claimed.unlink(missing_ok=True)


def write_whole(path: Path, text: str) -> None:
    """Write ``text`` to ``path`` so that a reader finds all of it or what was there before."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _number(path: Path) -> int:
    digits = path.name[:4]
    return int(digits) if digits.isdigit() and path.name[4:5] in ("_", ".") else 0
