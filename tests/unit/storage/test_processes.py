import os
import subprocess
import sys
import time

from storage.processes import is_alive, process_name, process_start
from tests.support.waiting import wait_until


def test_this_process_is_alive_now_but_was_not_long_ago() -> None:
    assert is_alive(os.getpid(), time.time())
    assert not is_alive(os.getpid(), 1e9)


def test_a_process_that_ended_is_not() -> None:
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    assert not is_alive(child.pid, time.time())
    assert not is_alive(0, time.time())
    assert not is_alive(-1, time.time())


def test_a_clock_that_was_set_makes_no_other_process() -> None:
    """Set forward, the clock lets a process seem to start after what it wrote; its ticks since boot stay."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        start, before = process_start(child.pid), time.time() - 3600
        assert start is not None
        assert process_start(child.pid) == start
        assert start != process_start(os.getpid())
        assert not is_alive(child.pid, before)  # all that a record without a start has to go by
        assert is_alive(child.pid, before, start)
        child.communicate(b"\n")
    assert not is_alive(child.pid, time.time(), start)
    assert process_start(child.pid) is None


def test_the_same_pid_of_another_start_or_boot_is_another_process() -> None:
    own = process_start(os.getpid())
    assert own is not None
    boot, _, ticks = own.partition(".")
    assert is_alive(os.getpid(), time.time(), own)
    assert not is_alive(os.getpid(), time.time(), f"{boot}.{int(ticks) + 1}")
    assert not is_alive(os.getpid(), time.time(), f"{boot[::-1]}.{ticks}")


def test_a_process_is_called_by_its_command_line() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()", "夜班"], stdin=subprocess.PIPE) as child:
        # Between fork and exec the child still carries our own name.
        wait_until(lambda: "夜班" in (process_name(child.pid) or ""))
        name = process_name(child.pid)
        child.communicate(b"\n")
    assert name is not None
    assert "input()" in name
    assert process_name(child.pid) is None
