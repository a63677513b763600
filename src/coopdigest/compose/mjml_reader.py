"""Cuts MJML into its tags, comments and texts, each with its offset in the source, in characters."""

from __future__ import annotations

import re
from dataclasses import dataclass

TOKEN = re.compile(
    r"""<(?:
      (?P<leaf>a|b|bdi|em|h[1-6]|i|li|p|span|strong)\b(?P<inside>[^<>"']*+(?:"[^"<]*+"[^<>"']*+)*+)(?<!/)>[^<]*+</(?P=leaf)>
    | (?P<close>/)?(?P<name>[A-Za-z][\w:-]*+)(?P<rest>[^<>"']*+(?:(?:"[^"<]*+"|'[^'<]*+')[^<>"']*+)*+)>
    | !--(?!\[|<!\[endif\]-->)(?P<comment>.*?)-->
    | (?P<condition>!--\[if\ [^\]<>]*\]>(?:<!-->)? | !\[if\ [^\]<>]*\]>)
    | (?P<endif>!\[endif\](?:--)?> | !--<!\[endif\]-->)
    | (?P<broken>[A-Za-z/!?][^<]*)?
    )""",
    re.DOTALL | re.VERBOSE,
)
"""One element of HTML that holds only words, tag, comment or half of a conditional comment; or a `<` that begins
none, and what seems to belong to it."""

WELL_FORMED = re.compile(r"""(?:\s+[A-Za-z_:][\w:.-]*(?:\s*=\s*(?:"[^"]*"|'[^']*'))?)*\s*/?""")
"""The attributes of a tag as the parser takes them: each behind a blank, with its value in quotes or without one."""

VOID = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"}
)
"""HTML elements that are never closed (HTML, section 13.1.2)."""

CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_ATTRIBUTE = re.compile(r"""([A-Za-z_:][\w:.-]*)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'))?""")


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute of a tag; its offset, and its value's, count from the end of the tag's name."""

    name: str
    value: str
    offset: int
    value_offset: int


def read_attributes(rest: str) -> list[Attribute]:
    """The attributes in what follows a tag's name, which is well formed; one without a value has an empty one."""
    found = []
    for attribute in _ATTRIBUTE.finditer(rest):
        quoted = next((group for group in (2, 3) if attribute[group] is not None), 0)
        value_offset = attribute.start(quoted) if quoted else attribute.end()
        found.append(Attribute(attribute[1], attribute[quoted] if quoted else "", attribute.start(), value_offset))
    return found


def has_twins(rest: str) -> bool:
    """Whether an attribute is there twice."""
    names = [attribute[0] for attribute in _ATTRIBUTE.findall(rest)]
    return len(set(names)) < len(names)
