"""Every character of a rendered template is found again where it was written."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2 import DictLoader, Environment

from coopdigest.compose.tracing import Position, Trace, TracingEnvironment

VALUE = "§ <§>\n§"
NAMES = ["one.html", "two.html", "three.html"]


def environment_of(kind: type[Environment], sources: dict[str, str]) -> Environment:
    """An environment with the settings of `Templates`."""
    return kind(loader=DictLoader(sources), autoescape=True, trim_blocks=True, lstrip_blocks=True)


def trace_of(sources: dict[str, str], name: str) -> Trace:
    """The trace of a template; `value` and `twice` are what it knows."""
    template = environment_of(TracingEnvironment, sources).get_template(name)
    return Trace(name, template.render(value=VALUE, twice=[1, 2]))


def position_in(source: str, name: str, index: int) -> Position:
    """Line and column of an index, found the plain way."""
    return Position(name, source.count("\n", 0, index) + 1, index - source.rfind("\n", 0, index))


@st.composite
def template_sources(draw: st.DrawFn) -> dict[str, str]:
    """Three templates, each of which may include those behind it; every letter of theirs is there once."""
    letters = iter(map(chr, range(0x4E00, 0x9FFF)))
    minus = st.sampled_from(["", "", "-"])

    def block(statement: str) -> str:
        return f"{{%{draw(minus)} {statement} {draw(minus)}%}}"

    def write(depth: int, later: list[str]) -> str:
        kinds = ["text", "blank", "line", "value", "comment", "raw"] + (
            ["for", "if", "set", "macro", *(["include"] if later else [])] if depth else []
        )
        return "".join(write_one(kind, depth, later) for kind in draw(st.lists(st.sampled_from(kinds), max_size=6)))

    def write_one(kind: str, depth: int, later: list[str]) -> str:
        def inner() -> str:
            return write(depth - 1, later)

        if kind in ("text", "blank", "line"):
            return {"text": next(letters) + next(letters), "blank": "  ", "line": "\n"}[kind]
        if kind == "value":
            return f"{{{{{draw(minus)} value {draw(minus)}}}}}"
        if kind == "comment":
            return "{# a\nb #}"
        if kind == "raw":
            return f"{block('raw')}{next(letters)}{{{{\n{next(letters)}{block('endraw')}"
        if kind == "for":
            return f"{block('for x in twice')}{inner()}{block('endfor')}"
        if kind == "if":
            return f"{block('if value')}{inner()}{block('else')}{inner()}{block('endif')}"
        if kind == "set":
            return f"{block('set s')}{inner()}{block('endset')}{{{{ s }}}}{next(letters)}"
        if kind == "macro":
            return f"{block('macro m(a)')}{inner()}{block('endmacro')}{{{{ m(1) }}}}{next(letters)}{{{{ m(2) }}}}"
        return block(f"include '{draw(st.sampled_from(later))}'")

    return {name: write(3, NAMES[index + 1 :]) for index, name in enumerate(NAMES)}


@settings(max_examples=80, deadline=None)
@given(template_sources())
def test_every_letter_is_found_where_it_was_written(sources: dict[str, str]) -> None:
    """Through includes, loops, sets, macros, expressions and trimming; and the text itself is not changed."""
    trace = trace_of(sources, NAMES[0])
    plain = environment_of(Environment, sources).get_template(NAMES[0]).render(value=VALUE, twice=[1, 2])
    assert trace.text == plain
    homes = {
        letter: position_in(source, name, index)
        for name, source in sources.items()
        for index, letter in enumerate(source)
        if letter >= "\u4e00"
    }
    for offset, letter in enumerate(trace.text):
        found = trace.locate(offset)
        if letter in homes:
            assert found == homes[letter]
        elif letter == "§":
            line = sources[found.name].split("\n")[found.line - 1]
            assert line[found.column - 1 :].startswith("{{")


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_line_ends_of_any_system_count_once(line_end: str) -> None:
    """As editors count."""
    trace = trace_of({"a": f"x{line_end}{line_end} {{{{ value }}}} y"}, "a")
    assert trace.locate(trace.text.index("y")) == Position("a", 3, 14)


def test_what_an_item_brings_along_is_no_mark() -> None:
    """Private characters that mean nothing stay text."""
    hostile = "\ue000\ue010\ue001 \ue000\ue016\ue01f\ue001 \ue000x\ue001"
    environment = environment_of(TracingEnvironment, {"a": "{{ hostile }}z"})
    trace = Trace("a", environment.get_template("a").render(hostile=hostile))
    assert trace.text == hostile + "z"
    assert trace.locate(len(hostile)) == Position("a", 1, 14)
