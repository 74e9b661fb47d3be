"""Run files are numbered, never overwritten and never half written."""

import json
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from npfs.harness.journal import SUFFIX, Journal
from npfs.schema import write_whole

STAMP = "%Y%m%dT%H%M%SZ"


class RunNumber:
    """The next free number of a folder, held by its journal until the run is saved or given up.

    Only one process can create the journal, so that two commands at once in one folder take
    different numbers.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.started = datetime.now(UTC)
        self.value, self.journal = self._claim()

    def _claim(self) -> tuple[int, Journal]:
        number = 1 + max((_number(path) for path in self.folder.iterdir()), default=0)
        while True:
            try:
                journal = Journal(self.folder / f"{number:04d}{SUFFIX}")
            except FileExistsError:
                number += 1
                continue
            if any(self.folder.glob(f"{number:04d}_*.json")):  # saved since the folder was read
                journal.close()
                number += 1
                continue
            return number, journal

    def save(self, document: Mapping[str, Any]) -> Path:
        """Write the run file by rename, release the number, and return the path.

        Raises
        ------
        OSError
            If it cannot be written; the journal is still there then.
        """
        path = self.folder / file_name(self.value, self.started)
        write_whole(path, json.dumps(document, default=str))
        self.journal.close()
        return path

    def save_elsewhere(self, document: Mapping[str, Any]) -> Path | None:
        """Write the run file into the folder for temporary files; None if that fails as well."""
        path = Path(tempfile.gettempdir()) / file_name(self.value, self.started)
        try:
            write_whole(path, json.dumps(document, default=str))
        except OSError:
            return None
        return path

    def release(self, *, keep: bool = False) -> None:
        """Give the number up; saved runs keep theirs, and so does a journal that is to be kept."""
        self.journal.close(keep=keep)


def file_name(number: int, started: datetime) -> str:
    """Return the name of a run's file."""
    return f"{number:04d}_{started:{STAMP}}.json"


def _number(path: Path) -> int:
    digits = path.name[:4]
    return int(digits) if digits.isdigit() and path.name[4:5] in ("_", ".") else 0
