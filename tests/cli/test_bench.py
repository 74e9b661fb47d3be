"""``npfs bench``: the benchmark as pytest runs it."""

from pathlib import Path

import pytest

from tests.cli.conftest import Npfs


def test_bench_hands_its_options_to_pytest_and_ends_with_its_exit_code(npfs_process: Npfs) -> None:
    result = npfs_process("bench", "--collect-only", "-q", "--preset", "huge")
    assert result.returncode == 4
    assert "--preset must be one of quick" in result.stderr


def test_bench_elsewhere_than_a_clone_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import npfs as package
    from npfs.harness import fresh_runs

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(package, "__file__", str(tmp_path / "npfs" / "__init__.py"))
    with pytest.raises(fresh_runs.CannotMeasure, match="go to your clone"):
        fresh_runs.bench_command([])
