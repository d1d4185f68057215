"""The colours of ADE20K's fifty most common classes, which segmentation ControlNets were trained on."""

_CLASSES = (
    "wall, building, sky, floor, tree, ceiling, road, bed, windowpane, grass, "
    "cabinet, sidewalk, person, earth, door, table, mountain, plant, curtain, chair, "
    "car, water, painting, sofa, shelf, house, sea, mirror, rug, field, "
    "armchair, seat, fence, desk, rock, wardrobe, lamp, bathtub, railing, cushion, "
    "base, box, column, signboard, chest of drawers, counter, sand, sink, skyscraper, fireplace"
)
_COLOURS = (
    "787878 b47878 06e6e6 503232 04c803 787850 8c8c8c cc05ff e6e6e6 04fa07 e005ff ebff07 96053d 787846 "
    "08ff33 ff0652 8fff8c ccff04 ff3307 cc4603 0066c8 3de6fa ff0633 0b66ff ff0747 ff09e0 0907e6 dcdcdc "
    "ff095c 7009ff 08ffd6 07ffe0 ffb806 0aff47 ff290a 07ffff e0ff08 6608ff ff3d06 ffc207 ff7a08 00ff14 "
    "ff0829 ff0599 0633ff eb0cff a09614 00a3ff 8c8c8c fa0a0f"
)


def _rgb(code: str) -> tuple[int, int, int]:
    red, green, blue = bytes.fromhex(code)
    return red, green, blue


PALETTE = {name: _rgb(code) for name, code in zip(_CLASSES.split(", "), _COLOURS.split(), strict=True)}
