#!/usr/bin/env python3
"""Send the orders that wait longest as a table, and all of them as a CSV file.

Put a copy into ~/user/notifications/. It runs as it is, on sample data; to make it yours, change
  open_orders()   where your rows come from: a list of dicts, or a frame of pandas or polars
  MAX_DAYS        how long an order may wait
  ROWS            how many rows the message shows
See what it would send:  notify-runner --dry-run open_orders.py
"""

from datetime import date, timedelta

from notifykit import alert

MAX_DAYS = 3
ROWS = 5


def open_orders():
    """Return the open orders, oldest first. Sample data. With pandas and a database it could be:

    import pandas
    return pandas.read_sql("select shop, placed, amount from orders where state = 'open' order by placed", connection)
    """
    sample = [("Prague", 6, 1250.0), ("Brno", 5, 89.9), ("Ostrava", 4, 430.5), ("Prague", 2, 75.0), ("Plzeň", 1, 310.0)]
    return [
        {"shop": shop, "placed": date.today() - timedelta(days=days), "amount": amount} for shop, days, amount in sample
    ]


def main():
    orders = open_orders()
    late = [order for order in orders if (date.today() - order["placed"]).days > MAX_DAYS]
    alert(
        late,
        f"{len(late)} order{'s' if len(late) != 1 else ''} wait{'' if len(late) != 1 else 's'} over {MAX_DAYS} days",
        f"*{len(orders)}* are open. All of them are in the file.",
        table=late[:ROWS],
        files=[(orders, "open_orders.csv")],
        cooldown="20h",
    )


if __name__ == "__main__":
    main()
