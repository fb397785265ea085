"""Names of checks and of runs. They are data; their text is for people, and nothing is read out of it."""

import msgspec

SOURCE = "source.txt"  # in raw/: all of a submission's own code

FIRST, SECOND, THIRD = "first", "second", "third"  # runs of the same call


class RunName(msgspec.Struct, frozen=True):
    """One run of one script. Its text is also the name of its folder in raw/."""

    problem: str
    domain: str = ""
    which: str = FIRST  # or SECOND, THIRD, "fetch"

    def __str__(self) -> str:
        return " ".join(filter(None, (self.problem, self.domain, self.which)))

    def of(self, which: str) -> "RunName":
        """Another run of the same call."""
        return RunName(self.problem, self.domain, which)


class CheckName(msgspec.Struct, frozen=True):
    """`step` is what is checked."""

    step: str
    problem: str = ""  # "" where it is of the whole submission
    domain: str = ""
    run: str = ""  # where it is of another run than the first

    def __str__(self) -> str:
        place, what = (" ".join(filter(None, words)) for words in ((self.problem, self.domain), (self.run, self.step)))
        return f"{place}: {what}" if place else what


SUBMISSION = CheckName("submission")  # the only check of a submission that could not be taken
