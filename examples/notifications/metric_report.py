#!/usr/bin/env python3
"""Send a daily report with a chart.

Put a copy into ~/user/notifications/. It runs as it is, on sample data; to make it yours, change
  daily_orders()    where your figures come from
  METRIC            what they are called
  REPORT_HOUR       from which hour on the day's report goes out (0 to 23)
The chart needs matplotlib. Without it the report is text only, and says so.
See what it would send:  notify-runner --dry-run metric_report.py
"""

import math
from datetime import date, datetime, timedelta
from statistics import mean

from notifykit import alert

METRIC = "Orders"
REPORT_HOUR = 0


def daily_orders():
    """Return [(day, value)] of the last 30 full days, oldest first. Sample data: a slow rise and quiet weekends."""
    days = [date.today() - timedelta(days=age) for age in range(30, 0, -1)]
    return [
        (day, round(820 + 6 * i + 40 * math.sin(i * 1.7) - (190 if day.weekday() >= 5 else 0)))
        for i, day in enumerate(days)
    ]


def seven_day_average(values):
    return [mean(values[max(0, i - 6) : i + 1]) for i in range(len(values))]


def draw(days, values, averages):
    """Draw the chart; None where matplotlib is not installed."""
    try:
        import matplotlib
    except ImportError:
        return None
    matplotlib.use("Agg")
    from matplotlib import dates, pyplot

    figure, axes = pyplot.subplots(figsize=(8, 4.5), dpi=150, layout="constrained")
    figure.get_layout_engine().set(w_pad=0.15, h_pad=0.15)
    axes.bar(days, values, width=0.75, color="#c9dcf0", label="per day")
    axes.bar(days[-1:], values[-1:], width=0.75, color="#2f6fab", label="yesterday")
    axes.plot(days, averages, color="#e07b39", linewidth=2.5, label="7-day average")
    axes.annotate(
        f"{values[-1]:,}", (days[-1], values[-1]), xytext=(0, 6), textcoords="offset points",
        ha="center", fontweight="bold", color="#2f6fab",
    )

    axes.set_title(f"{METRIC}, last {len(days)} days", loc="left", fontweight="bold", fontsize=14, pad=14)
    axes.xaxis.set_major_locator(dates.WeekdayLocator(byweekday=dates.MO))
    axes.xaxis.set_major_formatter(dates.DateFormatter("%d %b"))
    axes.yaxis.set_major_formatter("{x:,.0f}")
    axes.set_ylim(0, max(values) * 1.18)
    axes.grid(axis="y", color="#e6e6e6")
    axes.set_axisbelow(True)
    axes.tick_params(length=0)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.legend(frameon=False, ncols=3, loc="upper left")
    return figure


def main():
    if datetime.now().hour < REPORT_HOUR:
        alert(False)
        return

    days, values = zip(*daily_orders(), strict=True)
    averages = seven_day_average(values)
    change = 100 * (values[-1] - averages[-2]) / averages[-2]
    message = (
        f"*{days[-1]:%A, %d %B}*: {values[-1]:,}\n"
        f"7-day average: {averages[-1]:,.0f}\n"
        f"Against the average before: {change:+.1f} %"
    )
    chart = draw(days, values, averages)
    if chart is None:
        message += "\n\n_No chart: matplotlib is not installed. Ask for python3-matplotlib, or install it in ~/.venv._"
    alert(True, f"{METRIC}: daily report", message, chart=chart, cooldown="20h")


if __name__ == "__main__":
    main()
