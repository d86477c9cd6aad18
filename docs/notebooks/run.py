"""Makes the notebooks from the Python files beside them: ``python docs/notebooks/run.py [NAME ...]``.

A source is in jupytext's format "percent", which reads and compares well. The notebook has its cells, and what they
gave. tests/test_docs_notebooks.py executes each again and compares. Needs the extra `notebooks`.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent
SOURCES = sorted(path for path in FOLDER.glob("*.py") if path != Path(__file__).resolve())
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def unexecuted(source: Path) -> Any:
    """The notebook of a source, without outputs. Nothing in it depends on the machine."""
    import jupytext

    notebook = jupytext.read(source, fmt="py:percent")
    notebook.metadata = METADATA
    for k, cell in enumerate(notebook.cells):
        cell.id, cell.metadata = f"cell-{k}", {}
    return notebook


def executed(source: Path) -> Any:
    """The notebook of a source, with outputs of the scalargrad of this process. An exception in a cell is raised."""
    from nbclient import NotebookClient

    import scalargrad

    notebook = unexecuted(source)
    environment = {**os.environ, "PYTHONPATH": str(Path(str(scalargrad.__file__)).resolve().parent.parent)}
    with tempfile.TemporaryDirectory() as folder:
        client = NotebookClient(
            notebook, timeout=120, record_timing=False, coalesce_streams=True, resources={"metadata": {"path": folder}}
        )
        client.execute(env=environment)
    notebook.metadata = METADATA
    return notebook


if __name__ == "__main__":
    import nbformat

    for source in SOURCES:
        if source.stem in (sys.argv[1:] or source.stem):
            nbformat.write(executed(source), source.with_suffix(".ipynb"))
            print(source.with_suffix(".ipynb").name)
