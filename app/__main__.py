"""`python -m app`: the `molam` command, for processes that start one another."""

from app.cli import main

main()
