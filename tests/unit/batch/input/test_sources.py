"""Which files are the dump of a date."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow import fs

from batch.input.sources import find_sources
from storage.errors import ConfigError, InputError, NoInput

DAY = date(2026, 1, 5)


def put(home: Path, *names: str) -> None:
    for name in names:
        path = home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.table({"text": [name]}), path)


def names_of(home: Path, *patterns: str, day: date = DAY) -> Sequence[str]:
    return [source.name for source in find_sources(patterns, day, home)[0]]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = tmp_path / "家 of [x] *"
    home.mkdir()
    return home


class TestPatterns:
    def test_one_file_whatever_it_is_called(self, home: Path) -> None:
        put(home, "today.dat")
        [source], _ = find_sources(["today.dat"], DAY, home)
        assert source.name == "today.dat"
        assert source.size == (home / "today.dat").stat().st_size
        assert pq.read_table(source.path, filesystem=source.filesystem)["text"].to_pylist() == ["today.dat"]

    def test_a_star_stays_in_its_folder(self, home: Path) -> None:
        put(home, "d/a.parquet", "d/b.parquet", "d/sub/c.parquet")
        assert names_of(home, "d/*.parquet") == ["d/a.parquet", "d/b.parquet"]
        assert names_of(home, "d/*/*.parquet") == ["d/sub/c.parquet"]
        assert names_of(home, "*/a.parquet") == ["d/a.parquet"]

    def test_two_stars_cross_folders(self, home: Path) -> None:
        put(home, "d/a.parquet", "d/x/c.parquet", "d/x/y/e.parquet", "other/a.parquet")
        assert names_of(home, "d/**/*.parquet") == ["d/a.parquet", "d/x/c.parquet", "d/x/y/e.parquet"]
        assert names_of(home, "d/**") == ["d/a.parquet", "d/x/c.parquet", "d/x/y/e.parquet"]
        assert names_of(home, "**/y/*.parquet") == ["d/x/y/e.parquet"]

    def test_a_question_mark_and_a_class_are_one_character_of_a_name(self, home: Path) -> None:
        put(home, "d/a1.parquet", "d/a2.parquet", "d/a-.parquet", "d/a/.parquet", "d/a12.parquet")
        assert names_of(home, "d/a?.parquet") == ["d/a-.parquet", "d/a1.parquet", "d/a2.parquet"]
        assert names_of(home, "d/a[12].parquet") == ["d/a1.parquet", "d/a2.parquet"]
        assert names_of(home, "d/a[!12].parquet") == ["d/a-.parquet"]
        assert names_of(home, "d/a[0-1].parquet") == ["d/a1.parquet"]

    def test_a_dot_is_a_dot(self, home: Path) -> None:
        put(home, "d/a.parquet", "d/axparquet.parquet")
        assert names_of(home, "d/a.*") == ["d/a.parquet"]

    def test_a_name_with_wildcards_that_exists_is_taken_as_it_is(self, home: Path) -> None:
        put(home, "d/a[1].parquet", "d/a1.parquet", "week [1]/b.parquet")
        assert names_of(home, "d/a[1].parquet") == ["d/a[1].parquet"]
        assert names_of(home, "week [1]") == ["week [1]/b.parquet"]

    def test_a_directory_is_walked(self, home: Path) -> None:
        put(home, "d/b.parquet", "d/a.pq", "d/deep/er/c.parq")
        assert names_of(home, "d") == names_of(home, "d/") == ["d/a.pq", "d/b.parquet", "d/deep/er/c.parq"]

    def test_the_home_itself(self, home: Path) -> None:
        put(home, "a.parquet")
        assert names_of(home, ".") == names_of(home, "*.parquet") == ["a.parquet"]


class TestDates:
    def test_hive_partitions_of_other_dates_are_left_out(self, home: Path) -> None:
        put(home, "d/dt=2026-01-04/a.parquet", "d/dt=2026-01-05/a.parquet", "d/dt=20260105/b.parquet", "d/c.parquet")
        assert names_of(home, "d") == ["d/c.parquet", "d/dt=2026-01-05/a.parquet", "d/dt=20260105/b.parquet"]
        assert names_of(home, "d/**/a.parquet") == ["d/dt=2026-01-05/a.parquet"]

    def test_what_is_named_is_no_partition(self, tmp_path: Path) -> None:
        """Only what is found below counts: `ds=prod` in the home's own path is no date that a file could have."""
        home = tmp_path / "ds=prod" / "nights"
        put(home, "d/dt=2026-01-04/a.parquet", "d/dt=2026-01-05/a.parquet")
        whole = ["d/dt=2026-01-05/a.parquet"]
        for pattern in ("d", "d/*/*", "d/**/a.parquet", "d/dt={date}", "d/dt={date}/a.parquet"):
            assert names_of(home, pattern) == names_of(home, f"{home}/{pattern}") == whole

    def test_partitions_of_other_things_don_t_matter(self, home: Path) -> None:
        put(home, "d/dt=2026-01-05/hour=03/city=上海/a.parquet")
        assert names_of(home, "d") == ["d/dt=2026-01-05/hour=03/city=上海/a.parquet"]

    @pytest.mark.parametrize("layout", ["year=2026/month=01/day=05", "year=2026/month=1/day=5"])
    def test_year_month_and_day_apart(self, home: Path, layout: str) -> None:
        put(home, f"d/{layout}/a.parquet", "d/year=2026/month=02/day=05/a.parquet", "d/year=2025/month=01/day=05/a.pq")
        assert names_of(home, "d") == [f"d/{layout}/a.parquet"]

    @pytest.mark.parametrize(
        ("pattern", "name"),
        [
            ("d/{date}.parquet", "d/2026-01-05.parquet"),
            ("d/{date:%Y%m%d}/*", "d/20260105/a.parquet"),
            ("d/{date:%Y/%m}/{date:%d}.parquet", "d/2026/01/05.parquet"),
            ("d/dt={date}", "d/dt=2026-01-05/a.parquet"),
        ],
    )
    def test_placeholders(self, home: Path, pattern: str, name: str) -> None:
        put(home, name, "d/20260106/a.parquet", "d/2026-01-06.parquet")
        assert names_of(home, pattern) == [name]

    @pytest.mark.parametrize("pattern", ["{day}", "{}", "{date", "{0}", "{date.wrong}", "{date[0]}", "{date!x}"])
    def test_refuses_other_placeholders(self, home: Path, pattern: str) -> None:
        with pytest.raises(ConfigError, match="cannot be filled in"):
            find_sources([pattern], DAY, home)


class TestWhatIsNoData:
    def test_hidden_and_other_files(self, home: Path) -> None:
        put(home, "d/a.parquet", "d/.a.parquet", "d/_b.parquet", "d/c.parquet.part", "d/._SUCCESS.crc")
        (home / "d/_SUCCESS").touch()
        (home / "d/readme.txt").touch()
        assert names_of(home, "d") == names_of(home, "d/*") == ["d/a.parquet"]

    def test_what_a_writer_has_not_committed(self, home: Path) -> None:
        put(home, "d/a.parquet", "d/_temporary/0/task_1/b.parquet", "d/.staging/c.parquet", "d/_delta_log/d.parquet")
        assert names_of(home, "d") == names_of(home, "d/**") == ["d/a.parquet"]

    def test_a_partition_key_may_begin_with_an_underscore(self, home: Path) -> None:
        put(home, "d/_hour=3/a.parquet")
        assert names_of(home, "d") == ["d/_hour=3/a.parquet"]

    def test_a_hidden_folder_may_be_named(self, home: Path) -> None:
        put(home, "_landing/.new/a.parquet")
        assert names_of(home, "_landing/.new") == names_of(home, "_landing/.new/*") == ["_landing/.new/a.parquet"]


class TestNames:
    def test_a_moved_home_keeps_them(self, home: Path, tmp_path: Path) -> None:
        put(home, "d/a.parquet", "d/深/b.parquet")
        before = names_of(home, "d")
        moved = tmp_path / "moved"
        shutil.move(home, moved)
        assert names_of(moved, "d") == before == ["d/a.parquet", "d/深/b.parquet"]
        assert names_of(moved, str(moved / "d")) == before

    def test_outside_the_home_they_are_whole(self, home: Path, tmp_path: Path) -> None:
        put(tmp_path, "lake/a.parquet")
        whole = [str(tmp_path / "lake/a.parquet")]
        assert names_of(home, str(tmp_path / "lake")) == names_of(home, "../lake/*") == whole

    def test_each_file_once_however_it_is_named(self, home: Path, tmp_path: Path) -> None:
        put(home, "d/a.parquet", "d/b.parquet")
        put(tmp_path, "lake/c.parquet")
        (home / "link").symlink_to(home / "d")
        uri = (home / "d/a.parquet").as_uri()
        patterns = ["d/a.parquet", "d", "d/*", "./d", "link", str(home / "d"), uri, "../lake", str(tmp_path / "lake")]
        assert names_of(home, *patterns) == [str(tmp_path / "lake/c.parquet"), "d/a.parquet", "d/b.parquet"]

    def test_they_are_sorted_whatever_the_order_of_the_patterns(self, home: Path) -> None:
        put(home, "d/a.parquet", "d/b.parquet", "d/c.parquet")
        assert names_of(home, "d/c.parquet", "d/a.parquet", "d/b.parquet") == names_of(home, "d")

    def test_a_home_given_through_a_link(self, home: Path, tmp_path: Path) -> None:
        put(home, "d/a.parquet")
        (tmp_path / "link").symlink_to(home)
        assert names_of(tmp_path / "link", "d") == names_of(home, str(tmp_path / "link/d")) == ["d/a.parquet"]

    def test_the_users_folder(self, home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        put(tmp_path, "lake/a.parquet")
        monkeypatch.setenv("HOME", str(tmp_path))
        assert names_of(home, "~/lake/*.parquet") == [str(tmp_path / "lake/a.parquet")]

    def test_the_folder_of_a_user_that_is_none(self, home: Path) -> None:
        with pytest.raises(ConfigError, match="no user 'no-such-user'"):
            find_sources(["~no-such-user/lake"], DAY, home)


class TestUris:
    @pytest.mark.parametrize(
        ("uris", "names"),
        [
            (("hdfs://nn1/d", "hdfs://me@nn2:8020/d"), ("hdfs://nn1/d/a.parquet", "hdfs://nn2:8020/d/a.parquet")),
            (("hdfs:///d", "viewfs:///d"), ("hdfs:///d/a.parquet", "viewfs:///d/a.parquet")),
            (("s3://one/d", "s3://key:secret@two/d"), ("s3://one/d/a.parquet", "s3://two/d/a.parquet")),
            (
                ("s3://one/d?endpoint_override=cold:9000", "s3://one/d?region=x&endpoint_override=hot%3A9000"),
                ("s3://cold:9000/one/d/a.parquet", "s3://hot:9000/one/d/a.parquet"),
            ),
            (
                ("abfss://one:secret@x.dfs.core.windows.net/d", "abfss://one@y.dfs.core.windows.net/d"),
                ("abfss://x.dfs.core.windows.net/one/d/a.parquet", "abfss://y.dfs.core.windows.net/one/d/a.parquet"),
            ),
        ],
        ids=["hosts", "kinds", "buckets", "endpoints", "accounts"],
    )
    def test_files_of_two_places_keep_two_names(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, uris: tuple[str, str], names: tuple[str, str]
    ) -> None:
        """And none of them shows a password."""
        put(tmp_path, "d/a.parquet", "one/d/a.parquet", "two/d/a.parquet")
        root = fs.SubTreeFileSystem(str(tmp_path), fs.LocalFileSystem())

        def resolve(uri: str) -> tuple[fs.FileSystem, str]:
            place = uri.partition("://")[2].partition("?")[0]  # pyarrow's path begins with the bucket, not with a host
            bucket = "" if uri.startswith(("hdfs", "viewfs")) else "two" if "@two" in place else "one"
            return root, f"{bucket}/d" if bucket else "/d"

        monkeypatch.setattr("batch.input.sources.resolve", resolve)
        assert tuple(names_of(tmp_path / "home", *uris)) == names

    @pytest.mark.parametrize("tail", ["d", "d/", "d/*.parquet", "d/a.parquet", "**/a.parquet"])
    def test_a_file_uri(self, tmp_path: Path, tail: str) -> None:
        put(tmp_path, "lake 湖/d/a.parquet", "home/yeban.toml")
        [source], _ = find_sources([f"file://{tmp_path}/lake 湖/{tail}"], DAY, tmp_path / "home")
        assert source.name == str(tmp_path / "lake 湖/d/a.parquet")
        assert pq.read_table(source.path, filesystem=source.filesystem).num_rows == 1

    def test_a_strange_scheme(self, home: Path) -> None:
        with pytest.raises(InputError, match="xyz://bucket/a"):
            find_sources(["xyz://bucket/a"], DAY, home)


class TestNothingThere:
    def test_names_the_dates_that_are_there(self, home: Path) -> None:
        put(home, "d/dt=2026-01-03/a.parquet", "d/dt=2026-01-04/a.parquet")
        for pattern in ("d", "d/dt={date}", "d/dt={date}/*.parquet"):
            with pytest.raises(NoInput, match="2026-01-05 under d") as caught:
                find_sources([pattern], DAY, home)
            assert "dt=2026-01-03, dt=2026-01-04" in str(caught.value)
            assert caught.value.facts["pattern"] == pattern

    def test_names_the_files_that_are_there(self, home: Path) -> None:
        (home / "d").mkdir()
        for name in ("1.csv", "2.csv", "3.csv", "4.csv"):
            (home / "d" / name).touch()
        with pytest.raises(NoInput, match=r"2\.csv, 3\.csv, 4\.csv \.\.\."):
            find_sources(["d"], DAY, home)

    @pytest.mark.parametrize("pattern", ["nowhere", "nowhere/*", "nowhere/else/a.parquet", "/nowhere/at/all"])
    def test_no_such_folder(self, home: Path, pattern: str) -> None:
        with pytest.raises(NoInput, match="nowhere"):
            find_sources([pattern], DAY, home)

    def test_one_pattern_of_two(self, home: Path) -> None:
        put(home, "d/a.parquet")
        for patterns in (["d", "nowhere"], ["nowhere", "d"]):
            sources, missing = find_sources(patterns, DAY, home)
            assert [source.name for source in sources] == ["d/a.parquet"]
            assert [error.facts["pattern"] for error in missing] == ["nowhere"]

    def test_of_two_patterns_without_files_the_first_is_told(self, home: Path) -> None:
        with pytest.raises(NoInput, match="nowhere") as caught:
            find_sources(["nowhere", "neither"], DAY, home)
        assert caught.value.facts["pattern"] == "nowhere"

    def test_a_class_that_is_none(self, home: Path) -> None:
        put(home, "d/a.parquet")
        with pytest.raises(NoInput, match="bad character range"):
            find_sources(["d/[z-a].parquet"], DAY, home)
