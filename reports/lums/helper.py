"""Functions that both notebooks share, thin over the house's: see reports/notebook_tools.py."""

from reports.notebook_tools import curves, is_real, parameters, pinned, results, rows_of_images, said, short_run, table

__all__ = [
    "curves",
    "is_real",
    "parameters",
    "pinned",
    "results",
    "rows_of_images",
    "said",
    "short_run",
    "table",
]
