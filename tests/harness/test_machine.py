import sys
import warnings
from pathlib import Path

import psutil
import pytest

from npfs.harness import machine
from npfs.schema import Container


def tree(root: Path, files: dict[str, str]) -> Path:
    """Make a folder that stands in for the pseudo files of Linux."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def test_caches_of_linux(tmp_path: Path) -> None:
    files: dict[str, str] = {}
    for index, (level, kind, size) in enumerate(
        [("1", "Data", "48K"), ("1", "Instruction", "32K"), ("2", "Unified", "2M"), ("3", "?", "?")]
    ):
        folder = f"sys/devices/system/cpu/cpu0/cache/index{index}"
        files |= {
            f"{folder}/level": level + "\n",
            f"{folder}/type": kind,
            f"{folder}/size": size + "\n",
        }
    found = machine.caches(tree(tmp_path, files))
    assert found == {"L1d": 49_152, "L1i": 32_768, "L2": 2_097_152}


def test_caches_of_macos() -> None:
    told = machine.sysctl_values(
        "hw.l1dcachesize: 65536\nhw.l2cachesize: 4194304\nhw.l3cachesize: 0\nkern.hv_vmm_present: 1\n"
    )
    assert machine.caches_of_sysctl(told) == {"L1d": 65_536, "L2": 4_194_304}
    assert told["kern.hv_vmm_present"] == "1"
    assert machine.caches_of_sysctl({}) is None


def test_clock_rate(tmp_path: Path) -> None:
    cpu = "sys/devices/system/cpu"
    root = tree(
        tmp_path,
        {
            f"{cpu}/cpu0/cpufreq/scaling_governor": "powersave\n",
            f"{cpu}/cpu1/cpufreq/scaling_governor": "performance\n",
            f"{cpu}/cpu10/cpufreq/scaling_governor": "powersave\n",
            f"{cpu}/cpufreq/boost": "1\n",
            f"{cpu}/smt/active": "0\n",
        },
    )
    assert machine.governor(root) == "performance, powersave"
    assert machine.boost(root) is True
    assert machine.smt(root) is False


def test_intel_says_whether_turbo_is_off(tmp_path: Path) -> None:
    pstate = "sys/devices/system/cpu/intel_pstate/no_turbo"
    assert machine.boost(tree(tmp_path / "off", {pstate: "1\n"})) is False
    assert machine.boost(tree(tmp_path / "on", {pstate: "0\n"})) is True


def test_a_hypervisor_is_a_flag_of_the_processor(tmp_path: Path) -> None:
    guest = tree(
        tmp_path / "guest", {"proc/cpuinfo": "model\t: A\nflags\t\t: fpu hypervisor sse\n"}
    )
    host = tree(tmp_path / "host", {"proc/cpuinfo": "flags\t\t: fpu sse\n"})
    arm = tree(tmp_path / "arm", {"proc/cpuinfo": "Features\t: fp asimd\n"})
    found = [machine.virtual_machine(root) for root in (guest, host, arm)]
    assert found == [True, False, None]


def test_huge_pages(tmp_path: Path) -> None:
    name = "sys/kernel/mm/transparent_hugepage/enabled"
    assert machine.huge_pages(tree(tmp_path, {name: "always [madvise] never\n"})) == "madvise"


def test_where_nothing_is_told_nothing_is_known(tmp_path: Path) -> None:
    found = machine.describe(tmp_path)
    named = ("caches", "governor", "boost", "smt", "virtual_machine", "huge_pages")
    if sys.platform != "darwin":
        assert [found[name] for name in named] == [None] * len(named)


def test_files_that_are_no_text_are_not_read(tmp_path: Path) -> None:
    root = tree(tmp_path, {"sys/devices/system/cpu/smt/active": "maybe"})
    (root / "proc/cpuinfo").mkdir(parents=True)
    assert machine.smt(root) is None
    assert machine.virtual_machine(root) is None


def test_a_system_that_tells_nothing_raises_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("virtual_memory", "swap_memory", "cpu_count", "Process"):
        monkeypatch.setattr(psutil, name, _raise)
    assert set(machine.memory().values()) == {None}
    assert machine.physical_cores() is None
    assert machine.usable_core_ids() is None


def _raise(*_: object, **__: object) -> None:
    raise OSError("not here")


def test_memory_is_that_of_this_machine() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        told = machine.memory()
    assert told["memory_bytes"] == psutil.virtual_memory().total
    available = told["available_bytes"]
    assert available is not None
    assert 0 < available <= psutil.virtual_memory().total


def test_version_2_takes_the_least_limit_on_the_way_up(tmp_path: Path) -> None:
    root = tree(
        tmp_path,
        {
            "proc/self/cgroup": "0::/outer/inner\n",
            "sys/fs/cgroup/outer/inner/cpu.max": "max 100000\n",
            "sys/fs/cgroup/outer/cpu.max": "150000 100000\n",
            "sys/fs/cgroup/cpu.max": "400000 100000\n",
            "sys/fs/cgroup/outer/inner/memory.max": "2000000000\n",
            "sys/fs/cgroup/outer/memory.max": "max\n",
        },
    )
    assert machine.container(root) == Container(1.5, 2_000_000_000)


@pytest.mark.parametrize("joined", ["cpu,cpuacct", "cpu"])
def test_version_1_where_the_groups_own_path_is_not_visible(tmp_path: Path, joined: str) -> None:
    root = tree(
        tmp_path,
        {
            "proc/self/cgroup": "5:memory:/docker/abc\n4:cpu,cpuacct:/docker/abc\n1:name=systemd:/\n",
            f"sys/fs/cgroup/{joined}/cpu.cfs_quota_us": "50000\n",
            f"sys/fs/cgroup/{joined}/cpu.cfs_period_us": "100000\n",
            "sys/fs/cgroup/memory/memory.limit_in_bytes": "1073741824\n",
        },
    )
    assert machine.container(root) == Container(0.5, 2**30)


def test_no_limit(tmp_path: Path) -> None:
    root = tree(
        tmp_path,
        {
            "proc/self/cgroup": "5:memory:/\n4:cpu:/\n0::/\n",
            "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n",
            "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
            "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
            "sys/fs/cgroup/unified/cpu.max": "garbage\n",
        },
    )
    assert machine.container(root) == Container(None, None)


def test_a_hybrid_keeps_its_version_2_beside(tmp_path: Path) -> None:
    root = tree(
        tmp_path,
        {
            "proc/self/cgroup": "0::/a\n",
            "sys/fs/cgroup/unified/a/cpu.max": "200000 100000\n",
        },
    )
    assert machine.container(root) == Container(2.0, None)


def test_without_control_groups_nothing_is_known(tmp_path: Path) -> None:
    assert machine.container(tmp_path) is None


def test_a_path_does_not_lead_out_of_the_groups(tmp_path: Path) -> None:
    root = tree(
        tmp_path,
        {"proc/self/cgroup": "0::/../../..\n", "cpu.max": "1000 100000\n", "sys/fs/cgroup/x": ""},
    )
    assert machine.container(root) == Container(None, None)
