"""`python -m bench`: all benchmarks."""

from bench import core

core.main()
