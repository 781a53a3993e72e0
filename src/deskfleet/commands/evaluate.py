"""deskfleet evaluate …: measure the product on your own data. Each command has a module of its own."""

import typer

from deskfleet.commands import (
    evaluate_calibration,
    evaluate_conversations,
    evaluate_forecast,
    evaluate_grounding,
    evaluate_guard,
    evaluate_language,
    evaluate_live,
    evaluate_mail,
    evaluate_redaction,
    evaluate_retrieval,
    evaluate_sentiment,
    evaluate_triage,
)

evaluate = typer.Typer(no_args_is_help=True, add_completion=False)


@evaluate.callback()
def group() -> None:
    """Measure the product on your own data."""


evaluate.command("mail")(evaluate_mail.run)
evaluate.command("language")(evaluate_language.run)
evaluate.command("redaction")(evaluate_redaction.run)
evaluate.command("grounding")(evaluate_grounding.run)
evaluate.command("guard")(evaluate_guard.run)
evaluate.command("triage")(evaluate_triage.run)
evaluate.command("sentiment")(evaluate_sentiment.run)
evaluate.command("calibration")(evaluate_calibration.run)
evaluate.command("conversations")(evaluate_conversations.run)
evaluate.command("retrieval")(evaluate_retrieval.run)
evaluate.command("forecast")(evaluate_forecast.run)
evaluate.command("live")(evaluate_live.run)
