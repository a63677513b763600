"""Finds everything in an MJML document that is not well formed, unknown, out of place, or without effect."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches

from coopdigest.compose.mjml_attributes import check_attributes
from coopdigest.compose.mjml_faults import Fault
from coopdigest.compose.mjml_grammar import ANYTHING, DEFAULTS, ELEMENTS, ELSEWHERE, ROOT, Element, Holds, homes_of
from coopdigest.compose.mjml_reader import CONTROL, TOKEN, VOID, read_attributes

DEEPEST = 100  # elements; the native parser overflows its stack at some thousands, which ends the process
_HTML, _NOTHING = Holds.HTML, Holds.NOTHING  # looked up once, for every tag asks
_CSS_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_INLINE = re.compile(r"""\sinline\s*=\s*["']inline["']""")
_NAME = re.compile(r"[A-Za-z][\w:-]*")
_NOT_INLINED = re.compile(r"[@\\]")  # escaped, an at-rule is one too


@dataclass(slots=True)
class _Open:
    """An element that is not closed yet; `content` is what may stand in it."""

    name: str
    offset: int
    content: Element
    misclosed: bool = False


class _TooDeepError(Exception):
    """The document nests so deep that reading on would be of no use."""


def find_faults(source: str) -> list[Fault]:
    """All faults of an MJML document, in the order of their offsets; each is told once."""
    reading = _Reading(source)
    reading.read()
    return sorted(dict.fromkeys(reading.faults), key=lambda fault: fault.offset)


class _Reading:
    """One walk through a document, which goes on after a fault as if it were mended."""

    def __init__(self, source: str) -> None:
        self.faults: list[Fault] = []
        self._source = source
        self._stack: list[_Open] = [_Open("", 0, ROOT)]
        self._broken: list[str] = []  # names of tags that could not be read, for their closing tags are none of ours
        self._counts = {"mjml": 0, "mj-body": 0}
        self._condition: int | None = None
        self._classes: set[str] = set()
        self._used_classes: list[tuple[str, int]] = []

    def read(self) -> None:
        for control in CONTROL.finditer(self._source):
            self._add("J01", control.start(), "a control character", "remove it")
        try:
            self._walk()
        except _TooDeepError:
            return
        for left in self._stack[1:]:
            if not left.misclosed:
                self._add("J01", left.offset, f"<{left.name}> is never closed", f"write </{left.name}>")
        if self._condition is not None:
            self._add("J01", self._condition, "a conditional comment is never closed", "write <![endif]-->")
        for name, offset in self._used_classes:
            if name not in self._classes:
                self._add("J07", offset, f"there is no <mj-class> {name}", "write it into <mj-attributes>")
        if not self._counts["mj-body"]:
            self._add("J01", 0, "0 <mj-body> where there must be one", "write <mj-body> into <mjml>")

    def _walk(self) -> None:
        """Take token by token; most are plain tags of HTML, for which the way is short."""
        stack, end = self._stack, 0
        for token in TOKEN.finditer(self._source):
            leaf, inside, close, name, rest = token.group(1, 2, 3, 4, 5)  # by number, for there are thousands
            start, top = token.start(), stack[-1]
            if start > end and top.content.holds is _NOTHING:
                self._check_text(end, start)
            end = token.end()
            if leaf is not None:
                self._take_leaf(leaf, inside, token)
            elif name is None:
                self._take_other(token)
            elif close is None:
                self._open(name, rest, start)
            elif name == top.name and not rest:
                stack.pop()
            else:
                self._close(name, rest, start)
        if stack[-1].content.holds is _NOTHING:
            self._check_text(end, len(self._source))

    def _take_leaf(self, name: str, rest: str, token: re.Match[str]) -> None:
        """An element of HTML with nothing but words in it."""
        if self._stack[-1].content.holds is _HTML and len(self._stack) <= DEEPEST:
            if rest:
                self._check_rest(name, rest, token.start() + 1 + len(name))
            return
        self._open(name, rest, token.start())
        self._close(name, "", token.string.rindex("<", 0, token.end()))

    def _add(self, rule: str, offset: int, message: str, hint: str) -> None:
        self.faults.append(Fault(rule, offset, message, hint))

    def _check_text(self, start: int, end: int) -> None:
        text = self._source[start:end]
        if stripped := text.strip():
            offset = start + text.index(stripped[0])
            place = f"directly in <{self._stack[-1].name}>" if len(self._stack) > 1 else "outside <mjml>"
            self._add("J03", offset, f"text has no effect {place}", "put it into an <mj-text>")

    def _take_other(self, token: re.Match[str]) -> None:
        """A comment, a half of a conditional comment, or a `<` that is nothing."""
        if token["comment"] is not None:
            self._check_comment(token)
        elif token["condition"] is not None:
            self._check_condition_place(token)
            if self._condition is not None:
                self._add("J01", token.start(), "a conditional comment inside another", "close the other first")
            self._condition = token.start()
        elif token["endif"] is not None:
            self._check_condition_place(token)
            if self._condition is None:
                self._add("J01", token.start(), "<![endif] closes nothing", "remove it")
            self._condition = None
        else:
            self._take_broken(token)

    def _check_comment(self, token: re.Match[str]) -> None:
        if "--" in token["comment"] or token["comment"].startswith(">") or token["comment"].endswith("-"):
            self._add("J01", token.start(), "a comment with -- inside", "write one sign, or {# ... #}")
        parent = self._stack[-1]
        if not parent.content.comments:
            message = f"a comment is not possible directly in <{parent.name}>"
            self._add("J03", token.start(), message, "write {# ... #}")

    def _check_condition_place(self, token: re.Match[str]) -> None:
        if not self._stack[-1].content.conditions:
            message = f"a conditional comment is not possible directly in <{self._stack[-1].name}>"
            self._add("J03", token.start(), message, "put both halves into an <mj-raw>")

    def _take_broken(self, token: re.Match[str]) -> None:
        broken = token["broken"] or ""
        message = "a lone <, an unclosed tag or an unbalanced quote"
        if broken.startswith("!--["):
            message = "a conditional comment that is not written <!--[if mso]> ... <![endif]-->"
            self._condition = token.start()
        elif broken.startswith(("!", "?")):
            message = "a comment that does not end, a doctype, a CDATA section or a declaration"
        elif name := _NAME.match(broken):
            self._broken.append(name[0])
        self._add("J01", token.start(), message, "write &lt; for the sign itself")

    def _open(self, name: str, rest: str, offset: int) -> None:
        content = self._stack[-1].content
        if content.holds is not _HTML or name in DEFAULTS or name.startswith("mj-") or not name.islower():
            name, content = self._look_at(name, offset)
        if rest or name == "mj-class":
            self._check_rest(name, rest, offset + 1 + len(name))
            if rest.endswith("/"):
                return
        if name in VOID:
            return
        self._stack.append(_Open(name, offset, content))
        if len(self._stack) > DEEPEST + 1:
            message = f"elements nest deeper than {DEEPEST} levels"
            self._add("J06", offset, message, "close elements before opening more")
            raise _TooDeepError

    def _look_at(self, name: str, offset: int) -> tuple[str, Element]:
        """The name of an element that opens here, in lower case, and what may stand in it."""
        if not name.islower():
            self._add("J01", offset, f"<{name}> is not in lower case", f"write <{name.lower()}>")
        return name.lower(), self._content_of(name.lower(), offset)

    def _check_rest(self, name: str, rest: str, behind: int) -> None:
        """Look at what follows a tag's name, `behind` it."""
        if faults := check_attributes(name, rest):
            self.faults += [fault.moved(behind) for fault in faults]
        if name in DEFAULTS and (name == "mj-class" or "mj-class" in rest):
            self._note_classes(name, rest, behind)
        if name == "mj-style" and _INLINE.search(rest) and not rest.endswith("/"):
            self._check_inline_style(behind + len(rest) + 1)

    def _note_classes(self, name: str, rest: str, behind: int) -> None:
        """Remember which classes are there, and which are used: MJML leaves one that is not there alone."""
        for attribute in read_attributes(rest):
            if name == "mj-class" and attribute.name == "name":
                self._classes.add(attribute.value)
            elif attribute.name == "mj-class":
                words = re.finditer(r"\S+", attribute.value)
                self._used_classes += [(word[0], behind + attribute.value_offset + word.start()) for word in words]

    def _content_of(self, name: str, offset: int) -> Element:
        """What may stand in an element that opens here, after a look at the element itself."""
        parent = self._stack[-1]
        if name in DEFAULTS:
            return self._content_of_mjml(name, offset)
        if name.startswith("mj-"):
            near = get_close_matches(name, DEFAULTS, 1)
            hint = ELSEWHERE.get(name) or (f"did you mean <{near[0]}>?" if near else "use an element of MJML")
            message = f"<{name}> is not available" if name in ELSEWHERE else f"<{name}> is no MJML element"
            self._add("J02", offset, message, hint)
            return ANYTHING
        if parent.content.holds is not _HTML:
            place = f"directly in <{parent.name}>" if parent.name else "outside <mjml>"
            self._add("J03", offset, f"HTML (<{name}>) has no effect {place}", "put it into an <mj-text> or <mj-raw>")
            return ANYTHING
        return parent.content

    def _content_of_mjml(self, name: str, offset: int) -> Element:
        parent = self._stack[-1]
        if parent.name == "mj-attributes":
            return DEFAULTS[name]
        if name in self._counts:
            self._counts[name] += 1
            if self._counts[name] > 1:
                self._add("J01", offset, f"{self._counts[name]} <{name}> where there must be one", "make them one")
        if parent.content is not ANYTHING and name not in parent.content.children:
            self._add("J03", offset, self._misplaced(name), self._home_of(name))
        return ELEMENTS.get(name, ANYTHING)

    def _misplaced(self, name: str) -> str:
        if len(self._stack) == 1:
            return f"<{name}> has no effect outside <mjml>"
        if self._stack[-1].content.holds is not _HTML:
            return f"<{name}> has no effect directly in <{self._stack[-1].name}>"
        home = next(opened.name for opened in reversed(self._stack) if opened.name in ELEMENTS)
        return f"<{name}> has no effect inside <{home}>"

    def _home_of(self, name: str) -> str:
        if name == "mjml":
            return "remove it"
        if self._stack[-1].name == "mj-class":
            return "write its attributes into the <mj-class> itself"
        return "put it into " + " or ".join(f"<{home}>" for home in homes_of(name) or ["mj-attributes"])

    def _close(self, name: str, rest: str, offset: int) -> None:
        written, name = name, name.lower()
        if not written.islower():
            self._add("J01", offset, f"</{written}> is not in lower case", f"write </{name}>")
        if rest.strip():
            self._add("J01", offset, f"</{name}> with attributes", f"write </{name}>")
        top = self._stack[-1]
        if top.name == name:
            self._stack.pop()
        elif any(opened.name == name for opened in self._stack):
            self._close_those_in(name, offset)
        elif name in self._broken:
            self._broken.remove(name)
        else:
            self._close_wrongly(name, offset)

    def _close_those_in(self, name: str, offset: int) -> None:
        """Close element `name` with all that is still open in it."""
        while (opened := self._stack.pop()).name != name:
            if not opened.misclosed:
                message = f"</{name}> where <{opened.name}> is still open"
                self._add("J01", offset, message, f"write </{opened.name}> before it")

    def _close_wrongly(self, name: str, offset: int) -> None:
        """A closing tag of nothing that is open: most likely it is misspelt, and meant for the innermost element."""
        top = self._stack[-1]
        if name in VOID or top is self._stack[0] or top.misclosed:
            self._add("J01", offset, f"</{name}> closes nothing", "remove it")
            return
        top.misclosed = True
        self._add("J01", offset, f"</{name}> where <{top.name}> is still open", f"write </{top.name}>")

    def _check_inline_style(self, start: int) -> None:
        """The style sheet that begins at `start` can be inlined."""
        end = self._source.find("</mj-style", start)
        css = _CSS_COMMENT.sub(lambda comment: " " * len(comment[0]), self._source[start : None if end < 0 else end])
        for refused in _NOT_INLINED.finditer(css):
            message = 'no @rule and no backslash in <mj-style inline="inline">'
            self._add("J08", start + refused.start(), message, "move it to a plain <mj-style>")
