"""What a long-running process asks of its settings before anything starts; `runtime.settings` checks single values."""

from enum import StrEnum
from pathlib import Path

from agent_core import routing, rule_file
from ingestion.mail import boxes
from runtime.data_folder import retired_secret_keys, secret_key
from runtime.errors import SettingError
from runtime.settings import settings


class Process(StrEnum):
    UP = "up"
    WEB = "web"
    WORKER = "worker"
    POLLER = "poller"
    BEAT = "beat"


def check_settings(process: Process) -> None:
    """Raises SettingError with one sentence that names the setting."""
    chosen = settings()
    if chosen.runtime.secret_key.get_secret_value():
        secret_key()
    retired_secret_keys()
    boxes.all_boxes()
    routing.check()
    rule_file.check()
    if chosen.agent.shop_file and not chosen.agent.shop_file.is_file():
        raise _absent("DESKFLEET_AGENT_SHOP_FILE", chosen.agent.shop_file, "file")
    if chosen.knowledge.model_folder and not chosen.knowledge.model_folder.is_dir():
        raise _absent("DESKFLEET_KNOWLEDGE_MODEL_FOLDER", chosen.knowledge.model_folder, "folder")
    if process is not Process.UP and not chosen.runtime.broker_url:
        raise SettingError(
            f"deskfleet {process} needs a broker to reach the other processes: "
            "set DESKFLEET_BROKER_URL, or run everything in one with deskfleet up.",
            field="DESKFLEET_BROKER_URL",
        )


def _absent(variable: str, path: Path, kind: str) -> SettingError:
    return SettingError(f"The setting {variable} is wrong: there is no {kind} {path}.", field=variable)
