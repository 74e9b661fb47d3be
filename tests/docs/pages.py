"""The pages and the site that is built of them."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(path for path in DOCS.rglob("*.md") if "_build" not in path.parts)


def page_id(page: Path) -> str:
    return page.relative_to(ROOT).with_suffix("").as_posix()


def build_site(folder: Path) -> None:
    """Build the site as docs/index.md says; a warning of Sphinx is an error."""
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html"]
    built = subprocess.run(
        [*command, str(DOCS), str(folder)], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert built.returncode == 0, built.stderr
