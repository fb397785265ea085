"""Does a picture show a face? OpenCV's frontal cascade answers (Viola & Jones, "Rapid object detection
using a boosted cascade of simple features", 2001)."""

import cv2
import numpy as np
from torch import Tensor

SIZE = 256  # 64x64 enlarged: the cascade was trained on faces as wide as 24 pixels and finds larger ones better
CASCADE = cv2.data.haarcascades + "haarcascade_frontalface_default.xml"


def face_share(images: Tensor) -> float:
    """The share of uint8 images N x 3 x 64 x 64 in which a face is found."""
    cascade = cv2.CascadeClassifier(CASCADE)
    return float(np.mean([has_face(cascade, image.permute(1, 2, 0).numpy()) for image in images]))


def has_face(cascade: cv2.CascadeClassifier, image: np.ndarray) -> bool:
    """uint8 64 x 64 x 3. A face fills a good part of the frame, so nothing below 90 of 256 pixels counts."""
    enlarged = cv2.resize(image, (SIZE, SIZE), interpolation=cv2.INTER_CUBIC)
    grey = cv2.cvtColor(enlarged, cv2.COLOR_RGB2GRAY)
    return len(cascade.detectMultiScale(grey, scaleFactor=1.1, minNeighbors=3, minSize=(90, 90))) > 0
