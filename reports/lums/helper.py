"""Functions that both notebooks share: the list is that of reports/notebook_tools.py."""

from reports.notebook_tools import *  # noqa: F403
