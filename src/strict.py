"""Settings in YAML, read strictly: one error names the first key at fault, and nothing is guessed."""

from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

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


class UniqueKeyLoader(yaml.SafeLoader):
    """PyYAML's safe loader, which also refuses repeated keys and aliases (alias bombs)."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError(f"aliases are not allowed (line {self.peek_event().start_mark.line + 1})")
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        repeated = [key for key in keys if keys.count(key) > 1]
        if repeated:
            raise yaml.YAMLError(f"key {repeated[0]!r} stands twice (line {node.start_mark.line + 1})")
        return super().construct_mapping(node, deep)


def read_yaml(path: Path) -> Any:
    """Read a YAML file with plain values only."""
    if not path.is_file():
        raise InputError("missing_file", "there is no such file", path)
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=UniqueKeyLoader)
    except RecursionError:
        raise InputError("unreadable_yaml", "it is nested too deeply", path) from None
    # ValueError: text that is not UTF-8, or a date or number that cannot be, such as 2026-13-45.
    except (yaml.YAMLError, ValueError) as error:
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
