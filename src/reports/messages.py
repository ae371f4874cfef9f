"""Program: bring the catalogues of translations up to date with the sentences of templates and code (`make messages`).

What is new is added without a translation, what nobody says any more is dropped. A sentence that one page says stands
in that page's folder; what several say, or what is said beside the folders, in ``languages/``.
"""

from collections import defaultdict
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from src.files import write_text
from src.reports.language import CATALOGUES, HERE, LOCALES

KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2)}
OPTIONS = {"**": {"trimmed": "true", "extensions": "jinja2.ext.i18n", "newstyle_gettext": "true"}}
METHODS = [("**.py", "python"), ("**.html", "jinja2.ext:babel_extract"), ("**.md", "jinja2.ext:babel_extract")]

Message = str | tuple[str, ...]


def main() -> str:
    said, counts = list_messages(), []
    for language in LOCALES:
        if language == "en":
            continue
        known = read_known(language)
        for folder in sorted(set(said.values())):
            write_catalogue(language, folder, [message for message, where in said.items() if where == folder], known)
        missing = sum(not known.get(message) for message in said)
        counts.append(f"{language}: {len(said)} sentences, {missing} without a translation")
    return "\n".join(counts)


def list_messages() -> dict[Message, str]:
    """Return each sentence, of one with a plural both forms, with the folder of its translation."""
    found: dict[Message, set[str]] = defaultdict(set)
    for name, _, message, _, _ in extract_from_dir(HERE, METHODS, OPTIONS, keywords=KEYWORDS):
        folder, _, rest = Path(name).as_posix().partition("/")
        found[message].add(folder if rest else CATALOGUES)
    return {message: min(where) if len(where) == 1 else CATALOGUES for message, where in found.items()}


def read_known(language: str) -> dict[Message, Message]:
    """Return every translation there is."""
    known = {}
    for path in sorted(HERE.glob(f"*/{language}.po")):
        with path.open("rb") as file:
            known |= {entry.id: entry.string for entry in read_po(file, locale=language) if entry.id}
    return known


def write_catalogue(language: str, folder: str, messages: list[Message], known: dict[Message, Message]) -> None:
    """Write the catalogue of a folder, its sentences in alphabetical order."""
    import io

    catalogue = Catalog(locale=language, charset="utf-8")
    for message in sorted(messages, key=str):
        catalogue.add(message, known.get(message, ("", "") if isinstance(message, tuple) else ""))
    buffer = io.BytesIO()
    write_po(buffer, catalogue, width=118, omit_header=True)
    header = f'msgid ""\nmsgstr ""\n"Language: {language}\\n"\n"Content-Type: text/plain; charset=utf-8\\n"\n'
    header += '"Plural-Forms: nplurals=2; plural=(n != 1);\\n"\n\n'
    write_text(header + buffer.getvalue().decode(), HERE / folder / f"{language}.po")


if __name__ == "__main__":
    print(main())
