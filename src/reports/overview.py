"""Stage `overview`: the comparison of all scenarios, the landing page and the headline figures, in one process."""

from src.files import write_text
from src.params import load_params
from src.reports.index import write_index
from src.reports.language import use_language
from src.reports.render import COMPARED, make_page
from src.stage import run_stage


def main() -> str:
    params = load_params()
    use_language(params.report.language)
    path, page = make_page(COMPARED, params)
    pages = write_index()
    write_text(page, path)
    return pages


if __name__ == "__main__":
    run_stage(main)
