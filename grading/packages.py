"""The packages that a scheme may allow: a misspelt name would charge every student who imports the right one."""

import difflib
import sys
from functools import cache
from importlib.metadata import packages_distributions

# As they are imported: what courses on images allow, whether or not this machine has them.
KNOWN = frozenset(
    """
    PIL accelerate albumentations attr bs4 certifi click cv2 cycler dateutil einops faiss fire gdown h5py idna imageio
    imgaug imutils joblib kiwisolver kornia lightning lmdb matplotlib mpl_toolkits networkx nltk numba numpy open3d
    openpyxl packaging pandas plotly psutil pyparsing pytorch_lightning pytz regex requests scipy seaborn setuptools
    shapely six skimage sklearn sympy tensorboard tensorboardX tensorflow termcolor timm toolz torch torchaudio
    torchinfo torchmetrics torchsummary torchtext torchvision tqdm transformers typing_extensions umap urllib3 yaml
    """.split()
)

# What Python's own library had in the years of these courses and has lost since, from 3.9 to 3.13.
DROPPED = frozenset(
    """
    _bootlocale aifc asynchat asyncore audioop binhex cgi cgitb chunk crypt distutils dummy_threading formatter imghdr
    imp lib2to3 macpath mailcap msilib nis nntplib ossaudiodev parser pipes smtpd sndhdr spwd sunau symbol telnetlib uu
    xdrlib
    """.split()
)
STANDARD = DROPPED | sys.stdlib_module_names


@cache
def known() -> frozenset[str]:
    """With what is installed, which takes a third of a second to list."""
    return KNOWN | STANDARD | packages_distributions().keys()


def unknown(names: frozenset[str]) -> str:
    """What is wrong with the first name that no package has; or nothing."""
    for name in sorted(names - KNOWN - STANDARD):
        if name not in known():
            alike = difflib.get_close_matches(name, known(), 1)
            return f"{name!r} is no package that is known here" + (
                f"; {alike[0]!r} is" if alike else "; install it beside the grader, or mend the name"
            )
    return ""
