"""What kinds of value an MJML attribute takes: colours, lengths, fixed words, numbers, and any text."""

from __future__ import annotations

import re
from dataclasses import dataclass

# The colour words that MJML knows (CSS Color 4, section 6.1, and what CSS adds to every colour).
_COLOUR_WORDS = """
    aliceblue antiquewhite aqua aquamarine azure beige bisque black blanchedalmond blue blueviolet brown burlywood
    cadetblue chartreuse chocolate coral cornflowerblue cornsilk crimson cyan darkblue darkcyan darkgoldenrod darkgray
    darkgreen darkgrey darkkhaki darkmagenta darkolivegreen darkorange darkorchid darkred darksalmon darkseagreen
    darkslateblue darkslategray darkslategrey darkturquoise darkviolet deeppink deepskyblue dimgray dimgrey dodgerblue
    firebrick floralwhite forestgreen fuchsia gainsboro ghostwhite gold goldenrod gray green greenyellow grey honeydew
    hotpink indianred indigo inherit ivory khaki lavender lavenderblush lawngreen lemonchiffon lightblue lightcoral
    lightcyan lightgoldenrodyellow lightgray lightgreen lightgrey lightpink lightsalmon lightseagreen lightskyblue
    lightslategray lightslategrey lightsteelblue lightyellow lime limegreen linen magenta maroon mediumaquamarine
    mediumblue mediumorchid mediumpurple mediumseagreen mediumslateblue mediumspringgreen mediumturquoise
    mediumvioletred midnightblue mintcream mistyrose moccasin navajowhite navy oldlace olive olivedrab orange orangered
    orchid palegoldenrod palegreen paleturquoise palevioletred papayawhip peachpuff peru pink plum powderblue purple
    rebeccapurple red rosybrown royalblue saddlebrown salmon sandybrown seagreen seashell sienna silver skyblue
    slateblue slategray slategrey snow springgreen steelblue tan teal thistle tomato transparent turquoise violet wheat
    white whitesmoke yellow yellowgreen
"""
_CHANNELS = r"\d{1,3},\s?\d{1,3},\s?\d{1,3}"
_NUMBER = r"(?:\d+(?:\.\d+)?|\.\d+)"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of value: how to say it, and what a whole value looks like."""

    words: str
    pattern: re.Pattern[str]

    def takes(self, value: str) -> bool:
        """Whether `value` is of this kind."""
        return self.pattern.fullmatch(value) is not None


def lengths(*units: str, most: int = 1, negative: bool = False, words: tuple[str, ...] = ()) -> Kind:
    """One to `most` lengths in any of `units` ("" is a bare number), or 0, or any of `words` (such as auto)."""
    sign = "-?" if negative else ""
    one = f"(?:{sign}{_NUMBER}(?:{'|'.join(map(re.escape, units))})|0|{'|'.join(words) or '0'})"
    count = "a length" if most == 1 else f"one to {most} lengths"
    said = " or ".join([unit or "without a unit" for unit in units])
    return Kind(
        f"{count} in {said}".replace("in without", "without") + "".join(f", or {word}" for word in words),
        re.compile(rf"{one}(?: {one}){{0,{most - 1}}} ?"),
    )


def one_of(*words: str) -> Kind:
    """One of `words`; "" lets the value be empty."""
    return Kind("one of " + ", ".join(filter(None, words)), re.compile("|".join(map(re.escape, words))))


TEXT = Kind("any text", re.compile(".*", re.DOTALL))
INTEGER = Kind("a whole number", re.compile(r"\d+"))
BOOLEAN = one_of("true", "false")
COLOR = Kind(
    "a colour such as #0a5a50 or teal",
    re.compile(
        rf"#(?:[0-9A-Fa-f]{{3}}){{1,2}}|rgb\({_CHANNELS}\)|rgba\({_CHANNELS},\s?\d(?:\.\d{{1,3}})?\)|"
        + "|".join(_COLOUR_WORDS.split())
    ),
)
PIXELS = lengths("px")
LENGTH = lengths("px", "%")
BOX = lengths("px", "%", most=4)
LINE = lengths("px", "%", "")
SPACING = lengths("px", "em", negative=True)
DIRECTION = one_of("ltr", "rtl")
SIDEWAYS = one_of("left", "center", "right")
UPRIGHT = one_of("top", "bottom", "middle")
