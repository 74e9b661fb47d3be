from pathlib import Path

import pytest

from npfs.harness.limits import container
from npfs.schema import Container
from tests.harness.test_machine import tree


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
    assert container(root) == Container(1.5, 2_000_000_000)


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
    assert container(root) == Container(0.5, 2**30)


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
    assert container(root) == Container(None, None)


def test_a_hybrid_keeps_its_version_2_beside(tmp_path: Path) -> None:
    root = tree(
        tmp_path,
        {
            "proc/self/cgroup": "0::/a\n",
            "sys/fs/cgroup/unified/a/cpu.max": "200000 100000\n",
        },
    )
    assert container(root) == Container(2.0, None)


def test_without_control_groups_nothing_is_known(tmp_path: Path) -> None:
    assert container(tmp_path) is None


def test_a_path_does_not_lead_out_of_the_groups(tmp_path: Path) -> None:
    root = tree(
        tmp_path,
        {"proc/self/cgroup": "0::/../../..\n", "cpu.max": "1000 100000\n", "sys/fs/cgroup/x": ""},
    )
    assert container(root) == Container(None, None)
