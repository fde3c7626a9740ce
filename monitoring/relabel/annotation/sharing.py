"""Who gets which rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def share(
    wanted: Mapping[str, int], golden: frozenset[str], people: Sequence[str], taken: Mapping[str, frozenset[str]]
) -> dict[str, frozenset[str]]:
    """Share rows out evenly, each to as many different people as it wants; golden rows go to all.

    The same call gives the same shares. What somebody has they keep.

    Args:
        wanted: People for each row, in the order of the batch.
        golden: Rows that everybody gets.
        people: Who may get rows, all different.
        taken: Rows that people have already, whether they are among `people` or not.
    """
    shares = {person: set(taken.get(person, frozenset())) | golden for person in people}
    holders = {row: sum(row in has for has in taken.values()) for row in wanted}
    for row, copies in wanted.items():
        if row in golden:
            continue
        free = sorted((person for person in people if row not in shares[person]), key=lambda p: (len(shares[p]), p))
        for person in free[: max(0, copies - holders[row])]:
            shares[person].add(row)
    return {person: frozenset(rows) for person, rows in shares.items()}
