"""Where a chart puts its points, ticks and labels."""

import pytest

from pipeline.report.charts import HEIGHT, MOST_POINTS, WIDTH, line_chart, ticks


def test_lines_stay_inside_the_frame():
    chart = line_chart("loss", "epoch", {"loss": [(1, 3.0), (2, 9.5), (3, -1.0)]})
    left, top, right, bottom = chart["frame"]
    points = chart["lines"][0]["points"]
    assert all(left <= x <= right and top <= y <= bottom for x, y in points)
    assert points[0][0] == left and points[-1] == (right, bottom) and points[1][1] == top
    assert 0 < left < right < WIDTH and 0 < top < bottom < HEIGHT


def test_a_given_range_holds_whatever_the_data():
    chart = line_chart("R@K", "K", {"model": [(1, 40.0), (2, 60.0)]}, floor=0, ceiling=100)
    assert [label for _, label in chart["y_ticks"]] == ["0", "20", "40", "60", "80", "100"]


@pytest.mark.parametrize(
    ("low", "high", "expected"), [(0, 10, [0, 2, 4, 6, 8, 10]), (0.0003, 0.001, [0.0004, 0.0006, 0.0008, 0.001])]
)
def test_ticks_are_round_numbers(low, high, expected):
    assert ticks(low, high, 5) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("top", "labels", "last"),
    [
        (1.0, ["0", "0.2", "0.4", "0.6", "0.8", "1"], "0.123"),
        (1e-4, ["0", "0.00002", "0.00004", "0.00006", "0.00008", "0.0001"], "0.0000123"),
        (2e-6, ["0", "5 × 10⁻⁷", "0.000001", "0.0000015", "0.000002"], "2.47 × 10⁻⁷"),
        (12_345.0, ["0", "5,000", "10,000"], "1,522"),
    ],
)
def test_numbers_are_written_out_and_have_room(top, labels, last):
    chart = line_chart("rate", "epoch", {"rate": [(1, 0.0), (2, top), (3, 0.1233 * top)]})
    assert [label for _, label in chart["y_ticks"]] == labels and chart["lines"][0]["last"] == last
    assert (
        chart["frame"][0] >= 7 * max(map(len, labels)) + 10 and chart["lines"][0]["points"][0][0] == chart["frame"][0]
    )


def test_epochs_have_no_halves():
    assert ticks(1, 3, 5, whole=True) == [1, 2, 3]


@pytest.mark.parametrize("points", [[(1, 0.0)], [(1, 5.0)], [(1, 2.0), (2, 2.0)]])
def test_one_value_is_drawn_in_the_middle(points):
    chart = line_chart("flat", "epoch", {"flat": points})
    _, top, _, bottom = chart["frame"]
    assert chart["lines"][0]["points"][0][1] == pytest.approx((top + bottom) / 2)


def test_long_curves_are_thinned_and_keep_their_end():
    chart = line_chart("long", "epoch", {"long": [(i, float(i % 7)) for i in range(10_001)]})
    points = chart["lines"][0]["points"]
    assert len(points) <= MOST_POINTS and points[-1][0] == chart["frame"][2]


def test_a_mark_stands_at_its_place_and_outside_of_the_axis_nowhere():
    def mark(x):
        return line_chart("loss", "epoch", {"loss": [(1, 3.0), (5, 1.0)]}, mark=(x, "chosen"))["mark"]

    left, _, right, _ = line_chart("loss", "epoch", {"loss": [(1, 3.0), (5, 1.0)]})["frame"]
    assert mark(3) == {"x": (left + right) / 2, "label": "chosen"}
    assert mark(0) is None and mark(5)["x"] == right
