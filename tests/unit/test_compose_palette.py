"""The colours of an issue."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coopdigest.compose.contrast import contrast, parse_colour
from coopdigest.compose.palette import Palette, dark_palette, light_palette, theme_accent
from coopdigest.domain.digest import Brand

COLOURS = st.one_of(st.none(), st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}"))
TEXT_ON_GROUND = [
    ("ink", "card"), ("ink", "page"), ("muted", "card"), ("muted", "page"), ("link", "card"), ("link", "page"),
    ("on_band", "band"), ("on_band_soft", "band"), ("on_label", "label"),
]  # fmt: skip


def ratio(palette: Palette, text: str, ground: str) -> float:
    """The contrast of two colours of a palette."""
    a, b = parse_colour(getattr(palette, text)), parse_colour(getattr(palette, ground))
    assert a is not None
    assert b is not None
    return contrast(a, b)


@given(colour=COLOURS, accent=COLOURS)
def test_every_text_can_be_read_whatever_the_brand(colour: str | None, accent: str | None) -> None:
    """At least 4.5 to 1 in the light and in the dark look (A07), for any two colours."""
    brand = Brand(colour=colour, accent=accent)
    for palette in (light_palette(brand), dark_palette(brand)):
        for text, ground in TEXT_ON_GROUND:
            assert ratio(palette, text, ground) >= 4.5, (text, ground)


@pytest.mark.parametrize("colour", ["#1e2dbe", "#0a4f47", "#ffee00"])
def test_the_masthead_has_the_brands_colour(colour: str) -> None:
    """A colour on which text can be read is taken as it is."""
    assert light_palette(Brand(colour=colour)).band == colour


def test_a_theme_has_its_own_accent_or_the_brands() -> None:
    """By the theme's heading."""
    brand = Brand(accent="#aa0000", theme_accents={"Training": "#7a3b9a"})
    assert [theme_accent(brand, theme) for theme in ("Training", "Events")] == ["#7a3b9a", "#aa0000"]
