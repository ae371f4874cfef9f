import base64
import io
import re
from html import unescape

import matplotlib.style
import pytest
from matplotlib.figure import Figure

from src.reports.figures import STYLE, draw, write_tick, write_ticks, write_whole_ticks
from src.reports.language import use_language


@pytest.fixture
def spanish():
    use_language("es")
    yield
    use_language("en")


def read_texts(html):
    """Return the texts of a figure."""
    drawn = base64.b64decode(re.search(r"base64,([^\"]+)", html)[1]).decode()
    return {unescape(text).strip() for text in re.findall(r"<!-- (.*?) -->", drawn)}


def plot_line(axes):
    axes.plot([0, 1], [-2000, 2000])
    axes.set_yticks([-2000, 0, 2000])
    axes.set_xticks([0, 0.5, 1])


def plot_panels(axes):
    """Draw two panels instead of the one axes."""
    figure = axes.figure
    axes.remove()
    for panel in figure.subplots(1, 2):
        plot_line(panel)


@pytest.mark.parametrize("plot", [plot_line, plot_panels])
def test_ticks_are_written_as_the_language_does(spanish, plot):
    """Check separators of the ticks that nobody names, in one panel and in several."""
    texts = read_texts(draw("A line", plot, "A line."))
    assert {"0,0", "0,5", "1,0", "−2.000", "2.000"} <= texts
    assert not {text for text in texts if re.search(r"\d\.\d(?!\d\d)", text)}


@pytest.mark.parametrize("plot", [plot_line, plot_panels])
def test_figure_is_laid_out_as_matplotlib_does(plot):
    """Check that placing the panels apart from drawing gives each byte that `savefig` gives."""
    file = io.BytesIO()
    with matplotlib.style.context(STYLE), matplotlib.rc_context({"svg.hashsalt": "report"}):
        figure = Figure()
        plot(figure.subplots())
        figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None})
    drawn = re.search(r"base64,([^\"]+)", draw("A line", plot, "A line."))[1]
    assert base64.b64decode(drawn) == file.getvalue()


def test_amounts_are_parted_in_thousands(spanish):
    """Check the ticks of an axis of amounts, negative ones included."""

    def plot(axes):
        plot_line(axes)
        write_whole_ticks(axes.yaxis)

    assert {"−2.000", "0", "2.000"} <= read_texts(draw("A line", plot, "A line."))


@pytest.mark.parametrize(
    ("text", "written"),
    [("1234.5", "1.234,5"), ("−20000", "−20.000"), ("0.0001", "0,0001"), ("100", "100"), ("1000000", "1.000.000")],
)
def test_a_tick_has_its_separators(spanish, text, written):
    """Check that only whole thousands are parted."""
    assert write_tick(text) == written


def test_ticks_have_the_decimals_of_those_that_are_drawn(spanish):
    """Check that ticks which move closer together afterwards, as in a smaller panel, are not rounded."""
    axes = Figure().subplots()
    axes.set_ylim(0, 100)
    write_ticks(axes)
    axes.set_yticks([0, 2.5, 5])
    assert [label.get_text() for label in axes.get_yticklabels()] == ["0,0", "2,5", "5,0"]
