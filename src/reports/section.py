"""What a section of a page is: a frame, a figure and words, which show themselves in a notebook and on the page."""

import re
from typing import Any, ClassVar

import pandas as pd
from markupsafe import Markup

from src.reports.charts import Picture, new_picture, styled
from src.reports.templates import render


class Section:
    """One section of a page.

    A subclass has a template of its own name in its page's folder (``weeks.html`` of ``Weeks``), which gets the
    section as ``s`` and its results as ``r``. It gives numbers (`frame`), draws (`draw`) and says nothing itself.

    Attributes
    ----------
    folder : str
        Of the page's templates, in ``src/reports``; named so that no other text is equal to it: the fingerprint of a
        page's code holds the folders that its modules name (`src.data.inputs`).
    size : tuple of float
        Of its figure, in inches.
    """

    folder: ClassVar[str]
    size: ClassVar[tuple[float, float]] = (6.2, 3.4)

    def __init__(self, results: Any):
        self.results = results

    def frame(self) -> pd.DataFrame:
        """Return the numbers of the section, to go on with."""
        raise NotImplementedError

    def draw(self, axes: Any) -> None:
        """Draw the figure of the section on its axes."""
        raise NotImplementedError

    @styled
    def plot(self) -> Picture:
        """Return the figure of the section."""
        figure = new_picture(*self.size)
        self.draw(figure.subplots())
        return figure

    def applies(self) -> bool:
        """Return whether the section has anything to say of these results."""
        return self.results.is_applicable

    def show(self) -> Markup:
        if not self.applies():
            return Markup("")
        name = re.sub(r"(?<!^)(?=[A-Z])", "_", type(self).__name__).lower()
        return render(f"{self.folder}/{name}.html", s=self, r=self.results)

    def _repr_html_(self) -> str:
        return str(self.show())
