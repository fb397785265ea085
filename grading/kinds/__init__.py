"""Kinds of problems. A kind is one file: what its table in the scheme says, its checks, its points and its rows in
the report. A new kind is such a file, a template, and a name in this list."""

from grading.kinds.figure import FigureProblem
from grading.kinds.predictions import PredictionProblem

Problem = FigureProblem | PredictionProblem
