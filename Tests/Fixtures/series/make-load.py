#!/usr/bin/env python3
"""Writes load.csv: 2,000 hours of a made-up electricity load, in megawatts.

    load = 500 + 0.02 h + day(h) · week(h) + noise(h)

h counts hours; the day rises from a valley at midnight to a peak at 15 o'clock, weekends are
flatter and lower, and the noise is autoregressive, noise(h) = 0.8 noise(h - 1) + e(h), e normal
with deviation 8. The same bytes on every run; nothing but Python's own library.

Usage: python3 Tests/Fixtures/series/make-load.py
"""

import datetime
import math
import pathlib
import random

HOURS = 2000


def day(hour):
    """Megawatts above or below the mean of the day: two harmonics."""
    angle = 2 * math.pi * hour / 24
    return -90 * math.cos(angle - 2 * math.pi * 3 / 24) + 35 * math.sin(2 * angle - 1.2)


def main():
    draw = random.Random(7)
    start = datetime.datetime(2024, 1, 1)  # a Monday
    noise = 0.0
    rows = ["time,load"]
    for hour in range(HOURS):
        time = start + datetime.timedelta(hours=hour)
        weekend = time.weekday() >= 5
        noise = 0.8 * noise + draw.gauss(0, 8)
        shape = day(time.hour) * (0.6 if weekend else 1.0) - (60 if weekend else 0)
        rows.append(f"{time:%Y-%m-%dT%H:%M},{500 + 0.02 * hour + shape + noise:.1f}")
    path = pathlib.Path(__file__).parent / "load.csv"
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
