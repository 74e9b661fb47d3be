"""A third party's package, as an installer leaves it in a folder of the path."""

from pathlib import Path


def install(folder: Path, name: str, source: str, *, entry: str | None = None) -> None:
    """Write a module that offers ``BACKEND`` under the entry point ``entry``, its own name unless given."""
    (folder / f"{name}.py").write_text(source)
    info = folder / f"{name}-1.dist-info"
    info.mkdir()
    package = name.replace("_", "-")
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1\n")
    (info / "entry_points.txt").write_text(f"[npfs.backends]\n{entry or name} = {name}:BACKEND\n")
