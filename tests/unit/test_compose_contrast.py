"""Colours are read as browsers read them, and contrast is computed as WCAG defines it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coopdigest.compose.contrast import blend, contrast, least_ratio, luminance, parse_colour, parse_layer

COLOURS = st.tuples(*[st.integers(0, 255)] * 3)


@pytest.mark.parametrize(
    ("text", "colour"),
    [
        ("#fff", (255, 255, 255)),
        (" #1C2a27 ", (28, 42, 39)),
        ("#1c2a27ff", (28, 42, 39)),
        ("rgb(1, 2, 3)", (1, 2, 3)),
        ("rgb(1 2 3)", (1, 2, 3)),
        ("RGBA(1,2,3,1)", (1, 2, 3)),
        ("rgb(100% 0% 50% / 100%)", (255, 0, 128)),
        ("rgb(300, -5, 3)", (255, 0, 3)),
        ("hsl(120, 100%, 25%)", (0, 128, 0)),
        ("hsl(0.5turn 100% 50%)", (0, 255, 255)),
        ("RebeccaPurple", (102, 51, 153)),
        ("white", (255, 255, 255)),
    ],
)
def test_a_colour_is_read_in_every_notation(text: str, colour: tuple[int, int, int]) -> None:
    """Hexadecimal, functional and by name."""
    assert parse_colour(text) == colour


@pytest.mark.parametrize(
    "text",
    ["", "#12", "#12345", "#ggg", "rgb(1,2)", "rgb(1,2,3,4,5)", "rgb(a,b,c)", "inherit", "currentcolor", "url(#fff)",
     "transparent", "rgba(0,0,0,.5)", "#0008", "#fff !important", "٣٣٣"],
)  # fmt: skip
def test_what_is_no_colour_of_its_own_is_none(text: str) -> None:
    """Nonsense, keywords, and what shows the ground through."""
    assert parse_colour(text) is None


def test_a_translucent_colour_says_how_much() -> None:
    """Where it lies decides what is seen."""
    assert parse_layer("rgba(0,0,0,.5)") == ((0, 0, 0), 0.5)
    assert parse_layer("#ff000000") == ((255, 0, 0), 0.0)
    assert parse_layer("transparent") == ((0, 0, 0), 0.0)
    assert blend((0, 0, 0), 0.5, (255, 255, 255)) == (128, 128, 128)


@pytest.mark.parametrize(
    ("a", "b", "ratio"),
    [("#000", "#fff", 21.0), ("#777", "#fff", 4.478), ("#767676", "#fff", 4.542), ("#f00", "#fff", 3.998),
     ("#00f", "#fff", 8.592), ("#0a5a50", "#0a5a50", 1.0)],
)  # fmt: skip
def test_known_ratios_are_met(a: str, b: str, ratio: float) -> None:
    """As other checkers give them, in both orders."""
    first, second = parse_colour(a), parse_colour(b)
    assert first
    assert second
    assert contrast(first, second) == pytest.approx(ratio, abs=0.002)
    assert contrast(first, second) == contrast(second, first)


def test_text_needs_more_contrast_than_large_text() -> None:
    """4.5 and 3 (WCAG 2.2 SC 1.4.3)."""
    white, grey, light = (255, 255, 255), (118, 118, 118), (148, 148, 148)
    assert contrast(grey, white) >= least_ratio(large=False)
    assert contrast(light, white) < least_ratio(large=False)
    assert contrast(light, white) >= least_ratio(large=True)
    assert contrast((150, 150, 150), white) < least_ratio(large=True)


@given(COLOURS, COLOURS)
def test_a_ratio_lies_between_1_and_21(a: tuple[int, int, int], b: tuple[int, int, int]) -> None:
    """For any two colours."""
    assert 1.0 <= contrast(a, b) <= 21.0
    assert 0.0 <= luminance(a) <= 1.0


@given(COLOURS)
def test_a_colour_written_out_is_read_again(colour: tuple[int, int, int]) -> None:
    """In hexadecimal and as a function."""
    assert parse_colour("#{:02x}{:02x}{:02x}".format(*colour)) == colour
    assert parse_colour("rgb({}, {}, {})".format(*colour)) == colour


@given(st.text() | st.from_regex(r"(rgb|hsl)a?\([-0-9.,%/ degturna]*\)", fullmatch=True))
def test_no_text_breaks_the_reading(text: str) -> None:
    """Whatever a template or a feed writes."""
    layer = parse_layer(text)
    assert layer is None or (all(0 <= channel <= 255 for channel in layer[0]) and 0 <= layer[1] <= 1)
