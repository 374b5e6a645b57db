"""The page of `dvc plots` draws its charts where there is no network."""

import configparser
from pathlib import Path

from dvc_render.html import HTML

ROOT = Path(__file__).resolve().parents[2]
CHART = """<div id="chart"></div><script>vegaEmbed("#chart", {
"$schema": "https://vega.github.io/schema/vega-lite/v5.json",
"data": {"values": [{"step": 1, "R1": 2}, {"step": 2, "R1": 3}]}, "mark": "line",
"encoding": {"x": {"field": "step", "type": "quantitative"}, "y": {"field": "R1", "type": "quantitative"}}
})</script>"""


def test_a_chart_is_drawn_without_a_network(browser, tmp_path):
    config = configparser.ConfigParser()
    config.read_string("\n".join(line.strip() for line in (ROOT / ".dvc/config").read_text().splitlines()))
    template = ROOT / ".dvc" / config["plots"]["html_template"]
    page_file = tmp_path / "index.html"
    page_file.write_text(HTML(template.read_text(encoding="utf-8")).with_element(CHART).embed(), encoding="utf-8")
    context = browser.new_context(offline=True)
    page, asked = context.new_page(), []
    page.set_default_timeout(120_000)  # the scripts are most of a megabyte
    page.on("request", lambda request: asked.append(request.url))
    page.goto(page_file.as_uri())
    page.wait_for_selector("#chart canvas")
    assert asked == [page_file.as_uri()]
    context.close()
