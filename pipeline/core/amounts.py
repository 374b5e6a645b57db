"""Numbers of bytes and lengths of time, as people read them. Test: tests/core/test_amounts.py."""


def size(count: int) -> str:
    """Return a number of bytes as people read it."""
    number, units = float(count), iter(("bytes", "KiB", "MiB", "GiB"))
    unit = next(units)
    while number >= 1024 and unit != "GiB":
        number, unit = number / 1024, next(units)
    return f"{number:.3g} {unit}" if number < 1000 else f"{number:,.0f} {unit}"


def hours(seconds: float) -> str:
    """Return a length as people read it."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60} h {minutes % 60:02} min" if minutes >= 60 else f"{minutes} min {rest:02} s"
