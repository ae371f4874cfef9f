from benchmarks.figures import FIGURES, TABLES, replace_tables, write_number


def test_tables_of_the_documentation_are_those_of_the_files():
    """Check that writing docs/figures.md anew from the results changes nothing."""
    text = FIGURES.read_text(encoding="utf-8")
    assert replace_tables(text) == text
    assert all(f"<!-- begin {name} -->" in text for name in TABLES)


def test_numbers_are_written_as_figures_are():
    """Check digits, a share without its nought, a number above 1 and one that there is not."""
    assert [write_number(value, 3) for value in (0.8096, 1.0648, 0.0, None)] == [".810", "1.065", ".000", ""]
