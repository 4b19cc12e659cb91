"""An image as a portal turns it into a tensor: the same steps, in the same order, as docs/model-interface.md says."""
import numpy as np
from PIL import Image


def border_mean(pixels):
    """Mean of the outermost pixels, per channel. `pixels` is float [H, W, C]."""
    edge = np.concatenate([pixels[0], pixels[-1], pixels[1:-1, 0], pixels[1:-1, -1]])
    return edge.mean(axis=0)


def shrink_or_grow(image, width, height):
    smaller = width < image.width or height < image.height
    return image.resize((width, height), Image.Resampling.BOX if smaller else Image.Resampling.BILINEAR)


def tensor(image, field):
    """PIL image and `image` field of interface.json -> float32 [1, C, H, W] or [1, H, W, C]."""
    width, height = field["width"], field["height"]
    if width is None:  # as wide as the proportions want
        width = min(field["maxWidth"], max(1, round(image.width * height / image.height)))
    channels = field.get("channels", "RGB")
    if image.mode in ("RGBA", "LA", "P"):
        rgba = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", rgba.size, "white"), rgba)
    image = image.convert("L" if channels == "L" else "RGB")

    resize = field.get("resize", "stretch")
    if resize == "stretch":
        pixels = np.asarray(shrink_or_grow(image, width, height), np.float32)
    elif resize == "fit":
        factor = min(width / image.width, height / image.height)
        inner = shrink_or_grow(image, max(1, round(image.width * factor)), max(1, round(image.height * factor)))
        inner = np.asarray(inner, np.float32).reshape(inner.height, inner.width, -1)
        padding = field.get("padding", 0)
        fill = border_mean(inner) if padding == "border" else np.float32(padding)
        pixels = np.zeros((height, width, inner.shape[2]), np.float32) + fill
        left = 0 if field.get("align") == "left" else (width - inner.shape[1]) // 2
        top = (height - inner.shape[0]) // 2
        pixels[top:top + inner.shape[0], left:left + inner.shape[1]] = inner
    else:  # crop
        factor = max(width / image.width, height / image.height)
        inner = shrink_or_grow(image, max(width, round(image.width * factor)), max(height, round(image.height * factor)))
        left, top = (inner.width - width) // 2, (inner.height - height) // 2
        pixels = np.asarray(inner.crop((left, top, left + width, top + height)), np.float32)
    pixels = pixels.reshape(height, width, -1)

    if field.get("invert") and border_mean(pixels).mean() > 127:
        pixels = 255 - pixels
    if channels == "BGR":
        pixels = pixels[:, :, ::-1]
    pixels = pixels * np.float32(field.get("scale", 1))
    pixels = (pixels - np.float32(field.get("mean", 0))) / np.float32(field.get("std", 1))
    if field.get("layout", "NCHW") == "NCHW":
        pixels = pixels.transpose(2, 0, 1)
    return np.ascontiguousarray(pixels[None], np.float32)


def heatmap_boxes(heat, field, output, image_size):
    """Output format `heatmap`: float [H, W] -> [(score, left, top, right, bottom)] in pixels of the original image.

    Connected pixels (8 neighbours) at or above scoreThreshold make a region; its score is their mean. Regions below
    regionThreshold or thinner than 3 pixels are dropped. The rectangle around a region grows on every side by
    expand * area / perimeter, because the model marks only the core of a line.
    """
    from scipy.ndimage import find_objects, label
    height, width = heat.shape
    factor = min(field["width"] / image_size[0], field["height"] / image_size[1])
    left = (field["width"] - round(image_size[0] * factor)) // 2
    top = (field["height"] - round(image_size[1] * factor)) // 2
    regions, _ = label(heat >= output["scoreThreshold"], structure=np.ones((3, 3)))
    boxes = []
    for number, (rows, columns) in enumerate(find_objects(regions), 1):
        h, w = rows.stop - rows.start, columns.stop - columns.start
        score = float(heat[rows, columns][regions[rows, columns] == number].mean())
        if min(h, w) < 3 or score < output["regionThreshold"]:
            continue
        grow = output["expand"] * (w * h) / (2 * (w + h))
        x = np.array([columns.start - grow, columns.stop + grow]) * field["width"] / width
        y = np.array([rows.start - grow, rows.stop + grow]) * field["height"] / height
        x = np.clip((x - left) / factor, 0, image_size[0])
        y = np.clip((y - top) / factor, 0, image_size[1])
        boxes.append((score, float(x[0]), float(y[0]), float(x[1]), float(y[1])))
    return sorted(boxes, reverse=True)
