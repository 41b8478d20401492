"""The range of keys that a prefix means, against what Python says of the same texts."""

from __future__ import annotations

import sqlite3

from hypothesis import example, given
from hypothesis import strategies as st

from regrow.core.store.sqlite import LIST, SCHEMA, key_range

KEYS = st.text(st.sampled_from("a/0b\ud7ff\ue000\U0010ffff\x01"), max_size=4)


@given(st.lists(KEYS, max_size=20), KEYS, KEYS)
@example(["\ud7ff", "\ue000", "\U0010ffff", "\U0010ffffa"], "\U0010ffff", "")
@example(["\ud7ff", "\ue000"], "\ud7ff", "")
def test_range_holds_what_begins_so_and_comes_after(keys: list[str], prefix: str, after: str) -> None:
    bounds, parameters = key_range(prefix, after)
    connection = sqlite3.connect(":memory:")
    connection.execute(SCHEMA[0])
    connection.executemany("insert or ignore into records values ('c', ?, 0, x'')", [(key,) for key in keys])
    found = [row[0] for row in connection.execute(LIST.format(bounds), ("c", *parameters, 100))]
    connection.close()
    assert found == sorted({key for key in keys if key.startswith(prefix) and key > after})


def test_prefix_is_looked_up_and_not_looked_for() -> None:
    connection = sqlite3.connect(":memory:")
    connection.execute(SCHEMA[0])
    bounds, parameters = key_range("a/", "")
    plan = connection.execute("explain query plan " + LIST.format(bounds), ("c", *parameters, 10)).fetchall()
    connection.close()
    assert [row[3] for row in plan] == ["SEARCH records USING PRIMARY KEY (collection=? AND key>? AND key<?)"]
