import threading
import time
from contextlib import nullcontext
from pathlib import Path

import duckdb
import pytest

from storage.errors import TerminalError, WarehouseLocked
from storage.warehouse import connection as warehouse
from storage.warehouse import migrations
from storage.warehouse.connection import Warehouse
from storage.warehouse.migrations import Migration, packaged_migrations

ADD = "INSERT INTO labels VALUES ('t', ?, 'l', 'a', 's', now(), now(), NULL)"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "home" / "yeban.duckdb"


def docs(house: Warehouse) -> list[str]:
    with house.reading() as con:
        return [doc for (doc,) in con.execute("SELECT doc_id FROM labels ORDER BY doc_id").fetchall()]


def write(house: Warehouse, doc: str, failure: BaseException | None = None) -> None:
    with house.writing() as con:
        con.execute(ADD, [doc])
        if failure:
            raise failure


def test_is_made_on_first_writing_and_holds_only_itself(path: Path) -> None:
    write(Warehouse(path), "1")
    assert docs(Warehouse(path)) == ["1"]
    assert [file.name for file in path.parent.iterdir()] == ["yeban.duckdb"]


@pytest.mark.parametrize("failure", [RuntimeError("boom"), KeyboardInterrupt()])
def test_an_exception_rolls_back_and_lets_go(path: Path, failure: BaseException) -> None:
    house = Warehouse(path, patience_s=0)
    write(house, "1")
    with pytest.raises(type(failure)):
        write(house, "2", failure)
    assert docs(house) == ["1"]
    write(house, "3")
    assert docs(house) == ["1", "3"]


def test_a_mistake_in_the_sql_stays_duckdbs_error(path: Path) -> None:
    with pytest.raises(duckdb.BinderException), Warehouse(path).writing() as con:
        con.execute('SELECT "corrupt" FROM labels')


def test_a_python_variable_is_no_table(path: Path) -> None:
    not_a_table = docs  # noqa: F841
    with pytest.raises(duckdb.CatalogException), Warehouse(path).writing() as con:
        con.execute("SELECT * FROM not_a_table")


def test_readers_may_be_many_but_not_write(path: Path) -> None:
    house = Warehouse(path)
    write(house, "1")
    with house.reading() as one, Warehouse(path).reading() as two:
        assert one.execute("SELECT count(*) FROM labels").fetchone() == (1,)
        assert two.execute("SELECT count(*) FROM labels").fetchone() == (1,)
        with pytest.raises(duckdb.InvalidInputException):
            one.execute(ADD, ["2"])


def test_reading_what_is_not_there_says_what_to_do(path: Path) -> None:
    with pytest.raises(TerminalError, match="no warehouse") as caught, Warehouse(path).reading():
        pass
    assert "yeban load" in caught.value.action
    assert not path.exists()


def test_this_process_can_be_the_holder(path: Path) -> None:
    house = Warehouse(path, patience_s=0.1)
    write(house, "1")
    with house.writing():
        with pytest.raises(WarehouseLocked, match="another thread of this process"), house.writing():
            pass
        with pytest.raises(WarehouseLocked, match="this process has it open"), house.reading():
            pass


def test_threads_take_turns(path: Path) -> None:
    failures: list[BaseException] = []

    def work(name: str) -> None:
        try:
            for turn in range(5):
                write(Warehouse(path), f"{name}{turn}")
        except BaseException as error:  # noqa: BLE001 - a thread's error would be lost
            failures.append(error)

    threads = [threading.Thread(target=work, args=(name,)) for name in "abc"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(docs(Warehouse(path))) == 15


def test_waits_until_the_holder_is_done(path: Path) -> None:
    house = Warehouse(path)
    write(house, "1")
    with house.reading():
        writer = threading.Thread(target=write, args=(house, "2"))
        writer.start()
        time.sleep(0.3)
        assert writer.is_alive()
    writer.join()
    assert docs(house) == ["1", "2"]


@pytest.mark.parametrize("content", [b"", b"hello " * 5000], ids=["nothing", "text"])
def test_what_is_no_duckdb_file_is_refused_and_kept(path: Path, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    for opening in (Warehouse(path).writing, Warehouse(path).reading):
        with pytest.raises(TerminalError, match="can't be used") as caught, opening():
            pass
        assert str(path) in caught.value.got
    assert path.read_bytes() == content


def test_a_damaged_warehouse_is_explained(path: Path) -> None:
    house = Warehouse(path)
    with house.writing() as con:
        con.execute("INSERT INTO labels SELECT 't', i, 'l', 'a', 's', now(), now(), NULL FROM range(200000) AS r(i)")
    whole = bytearray(path.read_bytes())
    whole[len(whole) // 3 :] = bytes(byte ^ 0xFF for byte in whole[len(whole) // 3 :])
    path.write_bytes(whole)
    with pytest.raises(TerminalError, match="can't be used"):
        docs(house)


def test_a_folder_in_its_place_is_explained(path: Path) -> None:
    path.mkdir(parents=True)
    with pytest.raises(TerminalError, match="can't be used"):
        write(Warehouse(path), "1")


class TestVersions:
    SECOND = Migration(len(packaged_migrations()) + 1, "moods", "CREATE TABLE moods (mood VARCHAR)")

    def upgrade(self, monkeypatch: pytest.MonkeyPatch) -> None:
        newer = (*packaged_migrations(), self.SECOND)
        monkeypatch.setattr(migrations, "packaged_migrations", lambda: newer)

    def test_an_older_warehouse_is_migrated_also_by_a_reader(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        write(Warehouse(path), "1")
        self.upgrade(monkeypatch)
        with Warehouse(path).reading() as con:
            assert con.execute("SELECT count(*) FROM moods").fetchone() == (0,)
        assert docs(Warehouse(path)) == ["1"]

    def test_a_newer_warehouse_is_refused(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        with monkeypatch.context() as newer:
            self.upgrade(newer)
            write(Warehouse(path), "1")
        for opening in (Warehouse(path).writing, Warehouse(path).reading):
            with pytest.raises(TerminalError, match=f"schema version {self.SECOND.version}"), opening():
                pass


def test_two_first_writers_make_one_warehouse(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The loser of the race must not put its blank file over the winner's rows."""
    real = warehouse.migrate

    def slow_migrate(con: duckdb.DuckDBPyConnection) -> int:
        steps = real(con)
        monkeypatch.setattr(warehouse, "migrate", real)
        if not path.exists():
            monkeypatch.setattr(warehouse, "_turns", {path.absolute(): threading.Lock()})
            write(Warehouse(path), "winner")
        return steps

    monkeypatch.setattr(warehouse, "migrate", slow_migrate)
    write(Warehouse(path), "loser")
    assert docs(Warehouse(path)) == ["loser", "winner"]
    assert [file.name for file in path.parent.iterdir()] == ["yeban.duckdb"]


def test_a_log_is_set_aside_by_nobody_but_the_maker(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the look at a log and its move another process may have made the warehouse: that log is alive."""
    path.parent.mkdir()
    log = path.with_name(f"{path.name}.wal")
    log.write_bytes(b"of a warehouse that was removed")
    winner, real = threading.Thread(target=write, args=(Warehouse(path), "winner")), Path.exists
    looks = []

    def exists(self: Path) -> bool:
        found = real(self)
        if threading.current_thread() is threading.main_thread() and self in (log, path):
            looks.append(self)
            if len(looks) == 3:  # it has just looked for both
                winner.start()
                winner.join(1)
        return found

    monkeypatch.setattr(Warehouse, "_turn", lambda *_: nullcontext())  # as if each were a process of its own
    monkeypatch.setattr(Path, "exists", exists)
    write(Warehouse(path), "loser")
    winner.join()
    assert docs(Warehouse(path)) == ["loser", "winner"]
    assert log.with_name(f"{log.name}.orphan").read_bytes() == b"of a warehouse that was removed"


def test_a_log_that_was_set_aside_is_never_overwritten(path: Path) -> None:
    log = path.with_name(f"{path.name}.wal")
    for content in (b"first", b"second", b"third"):
        path.parent.mkdir(exist_ok=True)
        log.write_bytes(content)
        write(Warehouse(path), "1")
        path.unlink()
    kept = sorted(path.parent.glob("*.orphan*"))
    assert [file.read_bytes() for file in kept] == [b"first", b"second", b"third"]
