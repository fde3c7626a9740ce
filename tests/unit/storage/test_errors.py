"""The error tree."""

from __future__ import annotations

import pickle

import storage.errors
from storage.errors import RunLocked, YebanError


def _tree(kind: type[YebanError]) -> list[str]:
    ours = [each for each in kind.__subclasses__() if not each.__module__.startswith("test")]
    return [kind.__name__, *(name for each in ours for name in _tree(each))]


def test_the_tree_that_is_read_is_the_tree_that_is_there() -> None:
    told = (storage.errors.__doc__ or "").split("\n\n")[2].splitlines()
    assert [line.split()[0] for line in told if line.strip()] == _tree(YebanError)
    assert all(hasattr(storage.errors, name) for name in _tree(YebanError))


def test_an_error_survives_pickling() -> None:
    error = RunLocked("held", expected="one run", action="wait", task="comment")
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again), again.facts) == (RunLocked, str(error), {"task": "comment"})
