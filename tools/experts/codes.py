"""QR codes and barcodes by OpenCV."""

import numpy as np
from PIL.Image import Image

from tools.errors import BadOutput
from tools.protocol import Output


def read(image: Image) -> Output:
    """What the QR codes, or else the barcodes, in the image say; data holds their corners."""
    import cv2

    pixels = np.asarray(image)
    readers = (cv2.QRCodeDetector().detectAndDecodeMulti, cv2.barcode.BarcodeDetector().detectAndDecodeWithType)
    for read_all in readers:
        any_read, texts, *rest = read_all(pixels)
        if any_read and any(texts):
            corners = next(output for output in rest if isinstance(output, np.ndarray))
            pairs = [(text, box) for text, box in zip(texts, corners, strict=True) if text]
            data = [{"text": text, "box": box.round().astype(int).tolist()} for text, box in pairs]
            return Output(text="\n".join(text for text, _ in pairs), data=data)
    raise BadOutput("No QR code or barcode was found in the image.")
