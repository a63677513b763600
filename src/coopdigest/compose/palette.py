"""Derives every colour of an issue from the brand's two, light and dark, so that all text stays readable (A07)."""

from __future__ import annotations

import colorsys
from dataclasses import dataclass

from coopdigest.compose.contrast import Colour, blend, contrast, parse_colour, write_colour
from coopdigest.domain.digest import Brand

COLOUR, ACCENT = "#0a4f47", "#e3a93b"
WHITE, BLACK = (255, 255, 255), (0, 0, 0)
_TEXT, _BOLD_TEXT, _MARK = 4.6, 7.0, 3.0  # a little over what WCAG asks (1.4.3, 1.4.11), for rounding


@dataclass(frozen=True, slots=True)
class Palette:
    """The colours of one look, each as `#rrggbb`.

    `page` is the ground of everything, `card` that of the items, `band` that of the masthead; `ink`, `muted` and
    `link` are text on card and page, `on_band` and `on_band_soft` on the band, `on_label` on a `label`;
    `line` parts, `mark` is the accent.
    """

    page: str
    card: str
    band: str
    label: str
    ink: str
    muted: str
    link: str
    on_band: str
    on_band_soft: str
    on_label: str
    line: str
    mark: str


def light_palette(brand: Brand) -> Palette:
    """The colours on white."""
    colour, accent = _colours(brand)
    page, label = blend(colour, 0.07, WHITE), blend(accent, 0.18, WHITE)
    band, on_band = _band(colour)
    return Palette(
        page=write_colour(page),
        card=write_colour(WHITE),
        band=write_colour(band),
        label=write_colour(label),
        ink=write_colour(_toward(blend(colour, 0.2, (24, 24, 24)), BLACK, page, 12)),
        muted=write_colour(_toward(blend(colour, 0.2, (96, 96, 96)), BLACK, page, 5.5)),
        link=write_colour(_toward(colour, BLACK, page, 5.5)),
        on_band=write_colour(on_band),
        on_band_soft=write_colour(_toward(blend(on_band, 0.82, band), on_band, band, _TEXT)),
        on_label=write_colour(_toward(accent, BLACK, label, _BOLD_TEXT)),
        line=write_colour(blend(colour, 0.18, WHITE)),
        mark=write_colour(accent),
    )


def dark_palette(brand: Brand) -> Palette:
    """The colours on nearly black."""
    colour, accent = _colours(brand)
    page, card, label = (
        blend(colour, 0.05, (16, 18, 20)),
        blend(colour, 0.07, (27, 30, 33)),
        blend(accent, 0.22, BLACK),
    )
    band = _toward(colour, BLACK, WHITE, 9)
    return Palette(
        page=write_colour(page),
        card=write_colour(card),
        band=write_colour(band),
        label=write_colour(label),
        ink=write_colour(blend(colour, 0.06, (238, 240, 242))),
        muted=write_colour(_toward(blend(colour, 0.15, (170, 176, 180)), WHITE, card, 6)),
        link=write_colour(_lighten(colour, card, 7)),
        on_band=write_colour(WHITE),
        on_band_soft=write_colour(_toward(blend(WHITE, 0.8, band), WHITE, band, _TEXT)),
        on_label=write_colour(_toward(accent, WHITE, label, _BOLD_TEXT)),
        line=write_colour(blend(WHITE, 0.16, card)),
        mark=write_colour(_toward(accent, WHITE, card, _MARK)),
    )


def theme_accent(brand: Brand, theme: str) -> str:
    """The colour of a theme's rule: its own, else the accent."""
    return brand.theme_accents.get(theme) or brand.accent or ACCENT


def _colours(brand: Brand) -> tuple[Colour, Colour]:
    return _parse(brand.colour or COLOUR), _parse(brand.accent or ACCENT)


def _parse(text: str) -> Colour:
    colour = parse_colour(text)
    if colour is None:
        raise ValueError(f"{text} is no opaque colour; the configuration checks that")
    return colour


def _toward(colour: Colour, end: Colour, ground: Colour, ratio: float) -> Colour:
    """The colour nearest to `colour` on its way to `end` that has at least `ratio` against `ground`."""
    for step in range(21):
        nearer = blend(end, step / 20, colour)
        if contrast(nearer, ground) >= ratio:
            return nearer
    return end


def _band(colour: Colour) -> tuple[Colour, Colour]:
    """The masthead's ground and the text on it; a middling ground is darkened until white can be read."""
    ink = blend(colour, 0.15, BLACK)
    if contrast(ink, colour) >= max(_TEXT, contrast(WHITE, colour)):
        return colour, ink
    return _toward(colour, BLACK, WHITE, _TEXT), WHITE


def _lighten(colour: Colour, ground: Colour, ratio: float) -> Colour:
    """The colour in its own hue, so light that it has at least `ratio` against a dark ground."""
    hue, lightness, saturation = colorsys.rgb_to_hls(*(channel / 255 for channel in colour))
    for step in range(21):
        light = lightness + (1 - lightness) * step / 20
        red, green, blue = (round(share * 255) for share in colorsys.hls_to_rgb(hue, light, min(saturation, 0.6)))
        if contrast((red, green, blue), ground) >= ratio:
            return red, green, blue
    return WHITE
