"""Settings in YAML, read strictly: one error names the first key at fault, and nothing is guessed."""

from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.composer import Composer
from ruamel.yaml.constructor import DuplicateKeyError
from ruamel.yaml.error import YAMLError
from ruamel.yaml.events import AliasEvent

from src.stage import InputError

# A name ends up in paths and in DVC's stage names: letters, digits and underscores only.
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Age = Annotated[str, Field(pattern=r"^\d{1,4}[hd]$")]
Share = Annotated[float, Field(gt=0, lt=1)]
Auc = Annotated[float, Field(ge=0.5, lt=1)]
Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]
Count = Annotated[int, Field(ge=1)]
NotNegativeCount = Annotated[int, Field(ge=0)]
Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
MetricName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,79}$")]
Sentence = Annotated[str, Field(min_length=1, max_length=300)]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class AliasFreeComposer(Composer):
    """ruamel.yaml's composer, which also refuses aliases (alias bombs)."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.parser.check_event(AliasEvent):
            raise YAMLError(f"aliases are not allowed (line {self.parser.peek_event().start_mark.line + 1})")
        return super().compose_node(parent, index)


def read_yaml(path: Path) -> Any:
    """Read a YAML file with plain values only, as DVC reads it: YAML 1.2, in which ``yes`` is a text."""
    if not path.is_file():
        raise InputError("missing_file", "there is no such file", path)
    loader = YAML(typ="safe", pure=True)
    loader.Composer = AliasFreeComposer
    try:
        return loader.load(path.read_text(encoding="utf-8"))
    except RecursionError:
        raise InputError("unreadable_yaml", "it is nested too deeply", path) from None
    except DuplicateKeyError as error:
        key = str(error.problem).partition('"')[2].partition('"')[0]
        raise InputError(
            "unreadable_yaml", f"key {key!r} stands twice (line {error.problem_mark.line + 1})", path
        ) from None
    # ValueError: text that is not UTF-8, or a date or number that cannot be, such as 2026-13-45.
    except (YAMLError, ValueError) as error:
        raise InputError("unreadable_yaml", str(error), path) from None


def validate(model: type[BaseModel], value: Any, path: Path) -> Any:
    """Return `value` as a `model`, or one error that names the first key at fault."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        faults = error.errors()
        # What stands in brackets is the tag of a union, and no key of the file.
        parts = [str(part) for part in faults[0]["loc"] if not str(part).startswith("(")]
        key = ".".join(parts) or "(the whole file)"
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        what = {"extra_forbidden": "unknown key", "missing": "missing key"}.get(faults[0]["type"], faults[0]["msg"])
        raise InputError("invalid_value", f"{key}: {what}{more}", path) from None
