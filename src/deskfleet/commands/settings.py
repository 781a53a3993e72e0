"""deskfleet settings: every setting with its value and meaning; secrets are not shown."""

import re
from typing import Annotated

import typer
from pydantic import SecretStr
from pydantic_settings import BaseSettings

from deskfleet.commands.output import JSON_HELP, print_json, print_table
from runtime.settings import settings as read_settings
from runtime.settings import variable_names

settings = typer.Typer(add_completion=False)

_PASSWORD = re.compile(r"(?<=://)([^:/@]*):.*@|(?<=[?&]password=)[^&]*")


@settings.command()
def show(json: Annotated[bool, typer.Option("--json", help=JSON_HELP)] = False) -> None:
    """Every setting with its value and meaning."""
    rows: list[tuple[str, str, str]] = []
    for group in vars(read_settings()).values():
        assert isinstance(group, BaseSettings)
        for name, variable in variable_names(type(group)).items():
            shown = _shown(getattr(group, name))
            rows.append((variable, shown, type(group).model_fields[name].description or ""))
    if json:
        print_json([dict(zip(("setting", "value", "meaning"), row, strict=True)) for row in rows])
    else:
        print_table(("setting", "value", "meaning"), rows, empty="")


def _shown(value: object) -> str:
    if isinstance(value, SecretStr):
        return "set" if value.get_secret_value() else "unset"
    return _PASSWORD.sub(lambda found: f"{found[1]}:***@" if found[1] is not None else "***", str(value))
