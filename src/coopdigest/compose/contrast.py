"""Reads CSS colours and computes the contrast between two, as WCAG 2.2 defines it.

Sources: relative luminance and contrast ratio, WCAG 2.2 (Definitions); colours, CSS Color Module Level 4.
"""

from __future__ import annotations

import colorsys
import re
from functools import lru_cache

Colour = tuple[int, int, int]  # red, green, blue of sRGB, 0 to 255 each

TEXT, LARGE_TEXT = 4.5, 3.0  # least ratios, WCAG 2.2 SC 1.4.3; the second is that of 1.4.11, too
LARGE, LARGE_BOLD = 24.0, 18.66  # px from which text counts as large

_HEX = re.compile(r"#([0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})")
_FUNCTION = re.compile(r"(rgb|hsl)a?\(([^()]*)\)")
_NUMBER = re.compile(r"([+-]?(?:\d{1,12}(?:\.\d{0,12})?|\.\d{1,12}))(%|deg|turn|rad|grad)?")
_DEGREES = {"": 1.0, "deg": 1.0, "turn": 360.0, "grad": 0.9, "rad": 57.29577951308232}


def parse_colour(text: str) -> Colour | None:
    """The opaque colour that `text` (#rgb, #rrggbb, rgb(), hsl() or a name) says.

    None for what is no colour of its own: keywords such as `transparent` or `inherit`, translucent colours, nonsense.
    """
    layer = parse_layer(text)
    return layer[0] if layer and layer[1] == 1 else None


@lru_cache(maxsize=1024)
def parse_layer(text: str) -> tuple[Colour, float] | None:
    """The colour that `text` says and how opaque it is (0 to 1), None for what is none."""
    text = text.strip().lower()
    if text == "transparent":
        return (0, 0, 0), 0.0
    if text in _NAMES:
        return _parse_hex(_NAMES[text])
    found = _HEX.fullmatch(text)
    if found:
        return _parse_hex(found[1])
    function = _FUNCTION.fullmatch(text)
    return _parse_function(function[1], function[2]) if function else None


def _parse_hex(digits: str) -> tuple[Colour, float]:
    pairs = [digit * 2 for digit in digits] if len(digits) < 6 else re.findall("..", digits)
    red, green, blue, *alpha = (int(pair, 16) for pair in pairs)
    return (red, green, blue), alpha[0] / 255 if alpha else 1.0


def _parse_function(name: str, arguments: str) -> tuple[Colour, float] | None:
    numbers = [_NUMBER.fullmatch(argument) for argument in re.split(r"[\s,/]+", arguments.strip())]
    if not 3 <= len(numbers) <= 4 or not all(numbers):
        return None
    values = [(float(number[1]), number[2] or "") for number in numbers if number]
    alpha = _share(*values[3], whole=1) if len(values) == 4 else 1.0
    if name == "hsl":
        hue = values[0][0] * _DEGREES.get(values[0][1], 0) % 360 / 360
        saturation, lightness = (_share(value, unit, whole=100) for value, unit in values[1:3])
        shares = colorsys.hls_to_rgb(hue, lightness, saturation)
    else:
        red, green, blue = (_share(value, unit, whole=255) for value, unit in values[:3])
        shares = (red, green, blue)
    return (round(shares[0] * 255), round(shares[1] * 255), round(shares[2] * 255)), alpha


def _share(value: float, unit: str, whole: int) -> float:
    """A part of `whole` or of hundred percent, 0 to 1."""
    return min(max(value / (100 if unit == "%" else whole), 0.0), 1.0)


def blend(top: Colour, opacity: float, ground: Colour) -> Colour:
    """What is seen where a colour of `opacity` (0 to 1) lies on `ground`."""
    red, green, blue = (round(over * opacity + under * (1 - opacity)) for over, under in zip(top, ground, strict=True))
    return red, green, blue


@lru_cache(maxsize=1024)
def luminance(colour: Colour) -> float:
    """Relative luminance, 0 (black) to 1 (white)."""
    red, green, blue = (_linear(channel / 255) for channel in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(share: float) -> float:
    return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4


def contrast(a: Colour, b: Colour) -> float:
    """The contrast ratio of two colours, 1 to 21; their order does not matter."""
    dark, light = sorted((luminance(a), luminance(b)))
    return (light + 0.05) / (dark + 0.05)


def least_ratio(large: bool) -> float:
    """The least contrast of text with its ground (A07)."""
    return LARGE_TEXT if large else TEXT


def write_colour(colour: Colour) -> str:
    """A colour as `#rrggbb`."""
    return "#{:02x}{:02x}{:02x}".format(*colour)


_TABLE = """
    aliceblue f0f8ff antiquewhite faebd7 aqua 00ffff aquamarine 7fffd4 azure f0ffff beige f5f5dc bisque ffe4c4
    black 000000 blanchedalmond ffebcd blue 0000ff blueviolet 8a2be2 brown a52a2a burlywood deb887 cadetblue 5f9ea0
    chartreuse 7fff00 chocolate d2691e coral ff7f50 cornflowerblue 6495ed cornsilk fff8dc crimson dc143c cyan 00ffff
    darkblue 00008b darkcyan 008b8b darkgoldenrod b8860b darkgray a9a9a9 darkgreen 006400 darkgrey a9a9a9
    darkkhaki bdb76b darkmagenta 8b008b darkolivegreen 556b2f darkorange ff8c00 darkorchid 9932cc darkred 8b0000
    darksalmon e9967a darkseagreen 8fbc8f darkslateblue 483d8b darkslategray 2f4f4f darkslategrey 2f4f4f
    darkturquoise 00ced1 darkviolet 9400d3 deeppink ff1493 deepskyblue 00bfff dimgray 696969 dimgrey 696969
    dodgerblue 1e90ff firebrick b22222 floralwhite fffaf0 forestgreen 228b22 fuchsia ff00ff gainsboro dcdcdc
    ghostwhite f8f8ff gold ffd700 goldenrod daa520 gray 808080 green 008000 greenyellow adff2f grey 808080
    honeydew f0fff0 hotpink ff69b4 indianred cd5c5c indigo 4b0082 ivory fffff0 khaki f0e68c lavender e6e6fa
    lavenderblush fff0f5 lawngreen 7cfc00 lemonchiffon fffacd lightblue add8e6 lightcoral f08080 lightcyan e0ffff
    lightgoldenrodyellow fafad2 lightgray d3d3d3 lightgreen 90ee90 lightgrey d3d3d3 lightpink ffb6c1
    lightsalmon ffa07a lightseagreen 20b2aa lightskyblue 87cefa lightslategray 778899 lightslategrey 778899
    lightsteelblue b0c4de lightyellow ffffe0 lime 00ff00 limegreen 32cd32 linen faf0e6 magenta ff00ff maroon 800000
    mediumaquamarine 66cdaa mediumblue 0000cd mediumorchid ba55d3 mediumpurple 9370db mediumseagreen 3cb371
    mediumslateblue 7b68ee mediumspringgreen 00fa9a mediumturquoise 48d1cc mediumvioletred c71585 midnightblue 191970
    mintcream f5fffa mistyrose ffe4e1 moccasin ffe4b5 navajowhite ffdead navy 000080 oldlace fdf5e6 olive 808000
    olivedrab 6b8e23 orange ffa500 orangered ff4500 orchid da70d6 palegoldenrod eee8aa palegreen 98fb98
    paleturquoise afeeee palevioletred db7093 papayawhip ffefd5 peachpuff ffdab9 peru cd853f pink ffc0cb plum dda0dd
    powderblue b0e0e6 purple 800080 rebeccapurple 663399 red ff0000 rosybrown bc8f8f royalblue 4169e1
    saddlebrown 8b4513 salmon fa8072 sandybrown f4a460 seagreen 2e8b57 seashell fff5ee sienna a0522d silver c0c0c0
    skyblue 87ceeb slateblue 6a5acd slategray 708090 slategrey 708090 snow fffafa springgreen 00ff7f steelblue 4682b4
    tan d2b48c teal 008080 thistle d8bfd8 tomato ff6347 turquoise 40e0d0 violet ee82ee wheat f5deb3 white ffffff
    whitesmoke f5f5f5 yellow ffff00 yellowgreen 9acd32
"""
_NAMES = dict(zip(_TABLE.split()[::2], _TABLE.split()[1::2], strict=True))
