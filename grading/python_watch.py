"""What the Pythons in the sandbox tell of themselves: packages imported, figures shown, variables set.

The hook is added to `encodings`, the first module that every Python reads, with -I, -S, -E or another
PYTHONPATH too. It changes nothing that a program can notice in its results: an audit hook (PEP 578) that
looks at events, and a wrapper around the four functions that open a window.
"""

import os
import py_compile
import sys
import sysconfig
from functools import cache
from glob import glob
from pathlib import Path

from grading.folders import process_folder

TELL = "/nowhere/told to the grader"  # what a run tells is an execve of this path, which never happens
PACKAGES = ("site-packages", "dist-packages")  # what Pythons name the folders of what is installed
SHOWN = {
    "matplotlib.pyplot": ["show"],
    "matplotlib.figure": ["Figure.show"],
    "PIL.Image": ["Image.show"],
    "cv2": ["imshow"],
}

HOOK = '''

def _told_to_the_grader():
    """Added by the grader for this run, to record which packages are imported: see its README."""
    import posix
    import sys
    if not hasattr(sys, "addaudithook"):
        return
    seen = set()
    LIBRARY = __file__.rpartition("encodings")[0]
    BEFORE = "<frozen site>", LIBRARY + "site.py"

    def tell(kind, what, place):
        if (kind, what) in seen:
            return
        seen.add((kind, what))
        try:
            posix.execve(TELL, [kind, what, place[0], str(place[1])], {})
        except (OSError, ValueError):
            pass

    def package_of(path):
        """The package that a file is installed as, or nothing."""
        for mark in MARKS:
            before, found, after = path.rpartition(mark)
            if found and not before.startswith("/submission"):
                return after.partition("/")[0].partition(".")[0]
        return ""

    def importer(frame):
        """The nearest place above that is neither the import system's nor the library's. None for what packages
        import themselves, and for what is imported before the program begins."""
        found = None
        while frame:
            name = frame.f_code.co_filename
            if name in BEFORE or not found and package_of(name):
                return None
            if not found and not name.startswith(("<frozen", LIBRARY)):
                found = name, frame.f_lineno
            frame = frame.f_back
        return found or ("", 0)

    def loaded(path):
        package = package_of(path)
        if package and ("import", package) not in seen:
            place = importer(sys._getframe(2))
            if place:
                tell("import", package, place)

    def hook(event, arguments):
        if event == "exec":
            if getattr(arguments[0], "co_name", "") == "<module>":
                loaded(arguments[0].co_filename)
        elif event == "import":
            if isinstance(arguments[1], str):
                loaded(arguments[1])
        elif event == "os.putenv":
            name = arguments[0]
            tell("variable", name.decode() if isinstance(name, bytes) else name, importer(sys._getframe(1)) or ("", 0))

    class Shown:
        """Finds the modules with functions that open a window, as the other finders do, and wraps those."""

        @classmethod
        def find_spec(cls, name, path=None, target=None):
            if name not in SHOWN:
                return None
            for finder in sys.meta_path:
                spec = finder.find_spec(name, path, target) if finder is not cls else None
                if spec and hasattr(spec.loader, "exec_module"):
                    wrap_loader(spec.loader, name)
                if spec:
                    return spec

    def wrap_loader(loader, name):
        exec_module = loader.exec_module

        def exec_and_wrap(module):
            exec_module(module)
            for path in SHOWN[name]:
                try:
                    wrap(module, path)
                except AttributeError:
                    pass
        loader.exec_module = exec_and_wrap

    def wrap(owner, path):
        *outer, last = path.split(".")
        for part in outer:
            owner = getattr(owner, part)
        original = getattr(owner, last)

        def shown(*arguments, **named):
            tell("show", last, caller(sys._getframe(1)))
            return original(*arguments, **named)
        shown.__name__, shown.__doc__, shown.__wrapped__ = last, original.__doc__, original
        setattr(owner, last, shown)

    def caller(frame):
        """The nearest file above that is the submission's own."""
        while frame and package_of(frame.f_code.co_filename):
            frame = frame.f_back
        return (frame.f_code.co_filename, frame.f_lineno) if frame else ("", 0)

    sys.addaudithook(hook)
    sys.meta_path.insert(0, Shown)


try:
    _told_to_the_grader()
except Exception:
    pass
del _told_to_the_grader
'''


def hook() -> str:
    values = {"TELL": TELL, "MARKS": tuple(f"/{name}/" for name in PACKAGES), "SHOWN": SHOWN}
    given = "".join(f"    {name} = {value!r}\n" for name, value in values.items())
    return HOOK.replace("    seen = set()\n", f"{given}    seen = set()\n", 1)


def encodings() -> list[Path]:
    """Of every Python that a run can start."""
    libraries = [sysconfig.get_path("stdlib"), *glob("/usr/lib/python3.*"), *glob("/usr/local/lib/python3.*")]
    files = (Path(os.path.realpath(library)) / "encodings" / "__init__.py" for library in libraries)
    return [path for path in dict.fromkeys(files) if path.is_file()]


@cache
def watched_files() -> list[tuple[Path, Path]]:
    """(file with the hook, file in the place of which a run sees it), made once a process."""
    pairs = []
    for number, path in enumerate(encodings()):
        watched = process_folder() / f"encodings_{number}.py"
        watched.write_bytes(path.read_bytes() + hook().encode())
        watched.chmod(0o644)
        pairs.append((watched, path))
        cached = path.parent / "__pycache__" / f"__init__.{sys.implementation.cache_tag}.pyc"
        if cached.is_file():  # compiled once here, not at every start of Python
            compiled = watched.with_suffix(".pyc")
            py_compile.compile(
                str(watched),
                str(compiled),
                dfile=str(path),
                doraise=True,
                invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
            )
            compiled.chmod(0o644)
            pairs.append((compiled, cached))
    return pairs
