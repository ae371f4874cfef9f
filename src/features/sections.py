"""The sections of a site: its pages by the first folder of their addresses."""

import re
from urllib.parse import unquote

import numpy as np
import pandas as pd

from src.data.sources import name_column
from src.features.text import fold_text

HOME = "home"
NO_SECTION = -1

# With a scheme, or by its dot: "guide.pdf" is a file, but in "example.com/guide" a path follows.
HOST = re.compile(
    r"^[a-z][a-z0-9+.-]*://[^/?#]*|^//[^/?#]+\.[a-z]{2,}(?::\d+)?|^[^/?#\s]+\.[a-z]{2,}(?::\d+)?(?=/)", re.IGNORECASE
)
LANGUAGE = re.compile(r"[a-z]{2}(?:[-_][a-z]{2})?")


def name_section(page: str) -> str:
    """Return the first folder of a page's address, as a part of a column's name.

    A folder that only says the language (``/es/cursos``) is passed over. A page that has no address
    but a name is a section by itself.

    >>> name_section("https://www.example.com/es/Cursos/excel?from=ad"), name_section("/"), name_section("Our prices")
    ('cursos', 'home', 'our_prices')
    """
    path = re.split("[?#]", HOST.sub("", page.strip()))[0]
    folders = [folder for folder in fold_text(unquote(path)).split("/") if folder.strip()]
    if len(folders) > 1 and LANGUAGE.fullmatch(folders[0]):
        del folders[0]
    return name_column(folders[0])[:40] if folders else HOME


def choose_sections(assets: pd.Series, views: np.ndarray, most: int) -> tuple[tuple[str, ...], np.ndarray]:
    """Return the sections that are viewed most, and which of them each asset is of.

    They are chosen by all views there are, whatever became of the leads: no outcome is looked at.

    Parameters
    ----------
    assets : Series of str, shape (assets,)
        The texts behind the codes, in their order.
    views : ndarray of int, shape (assets,)
        How often each was viewed as a page.
    most : int
        No more sections than this.

    Returns
    -------
    sections : tuple of str
        By name.
    section : ndarray of int, shape (assets + 1,)
        The position of each asset's section among those, `NO_SECTION` of the others; the last place is no asset's.
    """
    is_page = views > 0
    name = assets[is_page].map(name_section)
    viewed = pd.Series(views[is_page], name.index).groupby(name).sum()
    # Sections that are viewed as often as each other come by name.
    sections = sorted(viewed.sort_values(ascending=False, kind="stable").index[:most])
    section = np.full(len(assets) + 1, NO_SECTION)
    section[:-1][is_page] = pd.Index(sections).get_indexer(name)
    return tuple(sections), section
