"""What a container may use: the limits of Linux control groups, versions 1 and 2.

A limit holds for all groups below it, so the least on the way from this process's group up to the
top counts. Inside a container the group's own path is often not visible; then the top is what the
container sees of itself.

Source: the kernel's documents ``admin-guide/cgroup-v2.rst`` and ``scheduler/sched-bwc.rst``.
"""

from collections.abc import Iterator
from pathlib import Path

from npfs.schema import Container

try:
    import resource
except ImportError:  # Windows has no such limits
    resource = None  # type: ignore[assignment]

ROOT = Path("/")
# Version 1 writes "no limit" as the largest whole number of pages; no machine has this much memory.
NO_LIMIT_BYTES = 1 << 60


def container(root: Path = ROOT) -> Container | None:
    """Return the limits of this process's control groups; None without control groups."""
    groups = _groups(root)
    if groups is None:
        return None
    quotas = [quota for folder in _folders(root, groups, "cpu") if (quota := _quota(folder))]
    limits = [limit for folder in _folders(root, groups, "memory") if (limit := _limit(folder))]
    return Container(min(quotas, default=None), min(limits, default=None))


def address_space_left(root: Path = ROOT) -> int | None:
    """Return the bytes of addresses left to this process (``ulimit -v``); None without a limit."""
    if resource is None:
        return None
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    if limit == resource.RLIM_INFINITY:
        return None
    pages = _words(root / "proc/self/statm")[:1]
    taken = int(pages[0]) * resource.getpagesize() if pages else 0
    return max(0, limit - taken)


def _groups(root: Path) -> dict[str, str] | None:
    """Return the group's path for each controller; version 2 is the controller with no name."""
    try:
        lines = (root / "proc/self/cgroup").read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return None
    parts = (line.split(":", 2) for line in lines if line.count(":") >= 2)
    return {controllers: path for _, controllers, path in parts}


def _folders(root: Path, groups: dict[str, str], controller: str) -> Iterator[Path]:
    """Go up from this process's group to the top, in each hierarchy that has the controller."""
    home = root / "sys/fs/cgroup"
    for names, path in groups.items():
        if names == "":
            mounts = [home, home / "unified"]
        elif controller in names.split(","):
            mounts = [home / names, home / controller]
        else:
            continue
        steps = [step for step in path.split("/") if step not in ("", "..")]
        for mount in mounts:
            for depth in range(len(steps), -1, -1):
                yield mount.joinpath(*steps[:depth])


def _quota(folder: Path) -> float | None:
    both = _words(folder / "cpu.max") or [
        *_words(folder / "cpu.cfs_quota_us"),
        *_words(folder / "cpu.cfs_period_us"),
    ]
    try:
        quota, period = (int(word) for word in both)
    except ValueError:  # "max", or no such files
        return None
    return quota / period if quota > 0 and period > 0 else None


def _limit(folder: Path) -> int | None:
    words = _words(folder / "memory.max") or _words(folder / "memory.limit_in_bytes")
    if len(words) != 1 or not words[0].isdigit() or int(words[0]) >= NO_LIMIT_BYTES:
        return None
    return int(words[0])


def _words(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").split()
    except (OSError, UnicodeDecodeError):
        return []
