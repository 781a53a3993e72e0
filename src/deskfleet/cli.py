"""The command line. Each command's module is imported only when it is called, so that help stays quick."""

import importlib
import keyword
import sys

import typer
import typer.main
from sqlalchemy.exc import OperationalError
from typer._click.core import Command, Context
from typer._click.formatting import HelpFormatter
from typer.core import TyperGroup

from runtime.errors import DeskfleetError

COMMANDS = {
    "up": ("deskfleet.commands.up", "Start the whole product in this process."),
    "demo": ("deskfleet.commands.demo", "Run the sample day to its end and print its figures."),
    "web": ("deskfleet.commands.web", "Serve HTTP alone."),
    "worker": ("deskfleet.commands.worker", "Work on queued jobs."),
    "beat": ("deskfleet.commands.beat", "Request the periodic jobs; run one of it."),
    "poller": ("deskfleet.commands.poller", "Read the mailboxes."),
    "mail": ("deskfleet.commands.mail", "Mailboxes, and the mails that were parked."),
    "channels": ("deskfleet.commands.channels", "How customers reach you, and whether it works."),
    "migrate": ("deskfleet.commands.migrate", "Bring the database's schema up to date."),
    "user": ("deskfleet.commands.accounts", "Staff accounts."),
    "key": ("deskfleet.commands.api_keys", "API keys."),
    "audit": ("deskfleet.commands.audit", "Who did what, and who was unlike themselves."),
    "customers": ("deskfleet.commands.customers", "Export and erase what is kept of a customer."),
    "import": ("deskfleet.commands.import_history", "Load the history of another desk."),
    "knowledge": ("deskfleet.commands.knowledge", "Add, search and learn."),
    "tickets": ("deskfleet.commands.tickets", "List and show tickets."),
    "queues": ("deskfleet.commands.queues", "Who of the staff gets which tickets."),
    "triage": ("deskfleet.commands.triage", "Learn from what staff corrected."),
    "rules": ("deskfleet.commands.rules", "Why a ticket went to staff, or would."),
    "redact": ("deskfleet.commands.redact", "Personal data out of a text."),
    "llm": ("deskfleet.commands.llm", "Sizes of the prompts, costs of the models."),
    "forecast": ("deskfleet.commands.forecast", "What will come in the next hours and days."),
    "staffing": ("deskfleet.commands.staffing", "How many people a volume needs."),
    "stats": ("deskfleet.commands.stats", "What figures are counted from."),
    "metrics": ("deskfleet.commands.metrics", "The desk's figures over a span of days."),
    "replay": ("deskfleet.commands.replay", "Past tickets through other settings, in shadow."),
    "experiments": ("deskfleet.commands.experiments", "Try other settings on some customers."),
    "evaluate": ("deskfleet.commands.evaluate", "Measure the product on your own data."),
    "settings": ("deskfleet.commands.settings", "Every setting with its value and meaning."),
}


# What changes something, or shows personal data: the audit log is told. Accounts, keys and erasures tell it themselves.
TOLD = (
    "import", "knowledge add", "knowledge sync", "knowledge reindex", "knowledge learn", "queues add", "queues remove",
    "queues member", "mail parked show", "mail parked retry", "mail parked drop", "tickets show", "triage retrain",
    "replay",
)  # fmt: skip


class _OnDemand(TyperGroup):
    """Looks a command up in `COMMANDS` and imports its module then."""

    def list_commands(self, ctx: Context) -> list[str]:
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: Context, cmd_name: str) -> Command | None:
        del ctx
        if cmd_name not in COMMANDS:
            return None
        name = f"{cmd_name}_" if keyword.iskeyword(cmd_name) else cmd_name
        found: typer.Typer = getattr(importlib.import_module(COMMANDS[cmd_name][0]), name)
        command = typer.main.get_command(found)
        command.name = cmd_name
        return command

    def format_help(self, ctx: Context, formatter: HelpFormatter) -> None:
        self.format_usage(ctx, formatter)
        self.format_help_text(ctx, formatter)
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_module, text) in COMMANDS.items()])


app = typer.Typer(cls=_OnDemand, pretty_exceptions_enable=False, no_args_is_help=True, add_completion=False)


@app.callback()
def deskfleet() -> None:
    """A fleet of AI agents that answers your customers and hands over to your people."""


def told_command(arguments: list[str]) -> str:
    """Which command of `TOLD` these arguments call; empty: none, or they only ask for help."""
    words = " ".join(one for one in arguments if not one.startswith("-")) + " "
    return "" if "--help" in arguments else next((one for one in TOLD if words.startswith(f"{one} ")), "")


def main() -> None:
    """Exit code 0: done; 1: it could not be done; 2: the command was wrong."""
    try:
        app()
    except SystemExit as ended:
        if not ended.code and (command := told_command(sys.argv[1:])):
            importlib.import_module("deskfleet.commands.telling").tell(command)
        raise
    except DeskfleetError as error:
        print(f"deskfleet: {error.detail}", file=sys.stderr)
        sys.exit(1)
    except OperationalError:
        print("deskfleet: the database does not answer; is DESKFLEET_DATABASE_URL right?", file=sys.stderr)
        sys.exit(1)
