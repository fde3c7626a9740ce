import os
import subprocess
import sys
import time

from storage.processes import is_alive, process_name


def test_this_process_is_alive_now_but_was_not_long_ago() -> None:
    assert is_alive(os.getpid(), time.time())
    assert not is_alive(os.getpid(), 1e9)


def test_a_process_that_ended_is_not() -> None:
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    assert not is_alive(child.pid, time.time())
    assert not is_alive(0, time.time())
    assert not is_alive(-1, time.time())


def test_a_process_is_called_by_its_command_line() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()", "夜班"], stdin=subprocess.PIPE) as child:
        deadline = time.monotonic() + 10
        # Between fork and exec the child still carries our own name.
        while "夜班" not in (process_name(child.pid) or "") and time.monotonic() < deadline:
            time.sleep(0.01)
        name = process_name(child.pid)
        child.communicate(b"\n")
    assert name is not None
    assert "input()" in name
    assert process_name(child.pid) is None
