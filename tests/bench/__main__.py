"""`make bench`: measure in one run, print a table, write JSON; exit 1 where a budget is missed.

Every run has a data folder and servers of its own, on loopback. Machines differ and are noisy: figures of CPU time
and counts say more than seconds, and two versions are compared on one machine, one after the other.
"""

import json
import os
import platform
import sys
import tempfile
from argparse import ArgumentParser
from pathlib import Path

from tests.bench.figures import Figure

SETTINGS = {"PARLEY_PRIVATE_NETWORKS": "127.0.0.0/8", "DEFAULT_REGION": "GB"}


def main() -> int:
    parser = ArgumentParser(prog="make bench", description="Measure Parley.")
    parser.add_argument("--cards", type=int, default=10_000, help="size of the address book (default: 10000)")
    parser.add_argument("--json", type=Path, default=Path("bench.json"), help="where to write the figures")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="parley-bench-") as folder:
        os.environ.update(SETTINGS, PARLEY_DATA=folder, DJANGO_SETTINGS_MODULE="project.settings")
        from tests.bench import contacts, picker

        figures = [*contacts.measure(options.cards), *picker.measure(options.cards)]
    _print(figures)
    machine = {"python": platform.python_version(), "cpus": os.cpu_count(), "cards": options.cards}
    options.json.write_text(json.dumps({"machine": machine, "figures": [vars(f) for f in figures]}, indent=2) + "\n")
    print(f"\nWritten to {options.json}")
    return 0 if all(figure.is_kept for figure in figures) else 1


def _print(figures: list[Figure]) -> None:
    width = max(len(figure.name) for figure in figures)
    for figure in figures:
        budget = "" if figure.budget is None else f"at most {figure.budget:g} {figure.unit}"
        verdict = "" if figure.budget is None else ("kept" if figure.is_kept else "MISSED")
        print(f"{figure.name:<{width}}  {figure.value:>10.1f} {figure.unit:<9} {budget:<20} {verdict}")


if __name__ == "__main__":
    sys.exit(main())
