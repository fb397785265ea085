"""A notebook's source in percent format -> the executed .ipynb. The same bytes each time: fixed cell IDs, no times."""

import os

import jupytext
import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from reports.courses import FOLDER, ROOT, read
from reports.results import digest_of
from training.errors import UserError

LIMIT = 600  # seconds a cell, on a slow machine


def read_source(course: str, name: str) -> nbformat.NotebookNode:
    """The notebook before it runs."""
    notebook = jupytext.read(FOLDER / course / f"{name}.py", fmt="py:percent")
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number}"
    notebook.metadata = {
        "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
        "language_info": {"name": "python"},
        "made_from": made_from(course, name),
    }
    return notebook


def made_from(course: str, name: str) -> dict[str, str]:
    """Digests of the source, of what it imports from this room, and of the results that its items read."""
    files = [f"reports/{course}/{name}.py", "reports/notebook_tools.py"]
    needed = {file for item in read(course).items if item.place == name for file in item.files}
    return {file: digest_of(file) for file in files + sorted(needed) if (ROOT / file).exists()}


def build_notebook(course: str, name: str) -> bytes:
    """Runs it from the project's root. Raises UserError with the cell's text where a cell raises."""
    notebook = read_source(course, name)
    metadata = notebook.metadata.copy()
    # One thread: sums of floats come out the same on every number of cores.
    os.environ |= {"OMP_NUM_THREADS": "1", "PYTHONPATH": f"{ROOT}:{FOLDER / course}", "PYTHONHASHSEED": "0"}
    client = NotebookClient(
        notebook,
        timeout=LIMIT,
        record_timing=False,
        coalesce_streams=True,
        kernel_name="python3",
        resources={"metadata": {"path": str(ROOT)}},
    )
    try:
        client.execute()
    except CellExecutionError as error:
        raised = f"{error.ename}: {error.evalue}"
        raise UserError(f"{course}/{name}.py: a cell raised {raised}\n{failed(notebook)}") from None
    notebook.metadata = metadata
    return nbformat.writes(notebook).encode() + b"\n"


def failed(notebook: nbformat.NotebookNode) -> str:
    """The text of the cell that raised."""
    return next(
        cell.source
        for cell in notebook.cells
        if any(output.output_type == "error" for output in cell.get("outputs", ()))
    )
