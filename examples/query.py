"""Ask the warehouse: the SQL is printed before its result, so that it can be copied.

python examples/query.py HOME
"""

from __future__ import annotations

import sys
from pathlib import Path

import duckdb

QUERIES = {
    "How are the comments of each source? (labels, mean calibrated confidence)": """
SELECT slices['source'] AS source, label, count(*) AS n, round(avg(confidence), 3) AS confidence
FROM latest_predictions GROUP BY ALL ORDER BY ALL""",
    "Which rows should a person look at first? (text joined from the dump by its recorded place)": """
SELECT p.label, round(p.confidence, 3) AS confidence, d.text
FROM latest_predictions AS p
JOIN read_parquet('dumps/**/*.parquet', file_row_number = true, filename = true) AS d
  ON ends_with(d.filename, p.source_path) AND p.source_row = d.file_row_number
WHERE p.status = 'scored' ORDER BY p.margin LIMIT 5""",
    "What could not be scored, and why?": """
SELECT status, count(*) AS n FROM latest_predictions WHERE status <> 'scored' GROUP BY ALL ORDER BY ALL""",
}


def main(home: Path) -> None:
    """Run each query in the home's warehouse."""
    with duckdb.connect(str(home / "yeban.duckdb"), read_only=True) as connection:
        quoted = str(home).replace("'", "''")
        connection.execute(f"SET file_search_path = '{quoted}'")
        for question, sql in QUERIES.items():
            print(f"-- {question}{sql};")
            connection.sql(sql).show(max_width=110)


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1] if len(sys.argv) > 1 else "."))
    except duckdb.Error as error:  # no warehouse there yet, or dumps that lie elsewhere or have other columns
        sys.exit(f"{error}\nThe queries fit dumps/**/*.parquet with a column `text`; copy them and put in your own.")
