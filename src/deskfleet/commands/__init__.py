"""One module per group of commands; each offers a typer app named as the command."""
