"""The command line of the benchmarks: one subcommand per benchmark."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from benchmarks import command, eager, gpt, layers, orders, surprises


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    commands = parser.add_subparsers(required=True)
    for benchmark in (eager.BENCHMARK, gpt.BENCHMARK, layers.BENCHMARK, orders.BENCHMARK, surprises.BENCHMARK):
        command.add(commands, benchmark)
    chosen = parser.parse_args(arguments)
    return int(chosen.run(chosen))


if __name__ == "__main__":
    sys.exit(main())
