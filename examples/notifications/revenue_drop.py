#!/usr/bin/env python3
"""Alert when yesterday's revenue is well below the average of the 7 days before.

Put a copy into ~/user/notifications/. It runs as it is, on sample data; to make it yours, change
  daily_revenue()   where your figures come from
  DROP_PERCENT      how far below the average is worth a message
  CURRENCY          what stands before the figures
See what it would send:  notify-runner --dry-run revenue_drop.py
"""

from datetime import date, timedelta
from statistics import mean

from notifykit import alert

DROP_PERCENT = 15
CURRENCY = "$"


def daily_revenue():
    """Return {day: revenue} for at least the last 8 full days.

    Sample data. With DuckDB on your own files it could be:
        import duckdb
        rows = duckdb.sql("select day, sum(amount) from '~/server/sales/*.parquet' group by day").fetchall()
        return dict(rows)
    """
    sample = [61_200, 58_900, 60_300, 62_800, 59_700, 61_900, 60_500, 45_300]
    yesterday = date.today() - timedelta(days=1)
    return {yesterday - timedelta(days=age): value for age, value in enumerate(reversed(sample))}


def main():
    revenue = daily_revenue()
    yesterday = date.today() - timedelta(days=1)
    before = [revenue[yesterday - timedelta(days=age)] for age in range(1, 8)]
    average = mean(before)
    change = 100 * (revenue[yesterday] - average) / average

    alert(
        change <= -DROP_PERCENT,
        f"Revenue down {-change:.0f} %",
        f"*{yesterday:%A, %d %B}*: {CURRENCY}{revenue[yesterday]:,.0f}\n"
        f"7-day average: {CURRENCY}{average:,.0f}\n"
        f"_Alert below -{DROP_PERCENT} %_",
        cooldown="12h",
        data={"day": yesterday, "revenue": revenue[yesterday], "average": round(average, 2)},
    )


if __name__ == "__main__":
    main()
