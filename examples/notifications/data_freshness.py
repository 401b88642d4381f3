#!/usr/bin/env python3
"""Alert when parquet files have not been updated for too long.

Put a copy into ~/user/notifications/. It runs as it is, on sample files; to make it yours, change
  DATA_FOLDER     your folder, such as Path.home() / "server" / "sales"; None means sample files
  MAX_AGE_HOURS   how old the newest file of a table may be
See what it would send:  notify-runner --dry-run data_freshness.py
"""

import os
import tempfile
import time
from pathlib import Path

from notifykit import alert

DATA_FOLDER = None
MAX_AGE_HOURS = 24


def make_sample(folder):
    """Make three tables, two of them stale. Only the files' ages count here, not what is in them."""
    for table, age_hours in {"orders": 2, "customers": 31, "refunds": 75}.items():
        file = Path(folder, table, "part-0.parquet")
        file.parent.mkdir()
        file.write_bytes(b"PAR1")
        os.utime(file, (time.time() - age_hours * 3600,) * 2)


def stale_tables(folder):
    """Return {table: age in hours}: a table is a folder of parquet files, or one file; its newest file counts."""
    newest = {}
    for file in folder.rglob("*.parquet"):
        table = file.relative_to(folder).parts[0]
        newest[table] = max(newest.get(table, 0), file.stat().st_mtime)
    ages = {table: (time.time() - changed) / 3600 for table, changed in newest.items()}
    if not ages:
        raise SystemExit(f"There are no parquet files in {folder}. Is DATA_FOLDER right?")
    return {table: age for table, age in ages.items() if age > MAX_AGE_HOURS}


def display(hours):
    return f"{hours:.0f} h" if hours < 48 else f"{hours / 24:.0f} days"


def report(folder, name):
    stale = stale_tables(folder)
    lines = [f"`{table}`: {display(age)} old" for table, age in sorted(stale.items(), key=lambda item: -item[1])]
    alert(
        stale,
        f"{len(stale)} stale table{'s' if len(stale) != 1 else ''}",
        "\n".join([*lines, "", f"In {name}; up to {MAX_AGE_HOURS} h is fine."]),
        cooldown="6h",
        data={"stale_hours": {table: round(age, 1) for table, age in stale.items()}},
    )


def main():
    if DATA_FOLDER is not None:
        report(Path(DATA_FOLDER), f"`{DATA_FOLDER}`")
        return
    with tempfile.TemporaryDirectory() as folder:
        make_sample(folder)
        report(Path(folder), "sample files")


if __name__ == "__main__":
    main()
