"""Stage `model_pages`: the report on an objective's model and its card, in one process."""

from src.files import write_text
from src.params import load_params
from src.reports.card import write_card
from src.reports.language import use_language
from src.reports.render import make_page
from src.stage import read_item, run_stage


def main() -> str:
    params = load_params()
    use_language(params.report.language)
    name = params.check_objective(read_item())
    path, page = make_page(name, params)
    cards = write_card(name, params)
    write_text(page, path)
    return f"{path}, {cards}"


if __name__ == "__main__":
    run_stage(main)
