"""Durations, rates and SMTP URLs as they are written."""

from __future__ import annotations

import re
from datetime import timedelta
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coopdigest.config.durations import parse_duration, parse_rate
from coopdigest.config.smtp_url import SmtpServer, parse_smtp_url
from coopdigest.domain.mail_server import StartTls

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
WORDS = {"seconds": 1, "minute": 60, "hours": 3600, "Days": 86_400, "week": 604_800}


@given(st.integers(0, 500), st.sampled_from(list((UNITS | WORDS).items())), st.sampled_from(["", " ", "  "]))
def test_a_duration_is_a_number_and_a_unit(number: int, unit: tuple[str, int], space: str) -> None:
    """A number with a unit, long or short, means that many of it."""
    word, seconds = unit
    assert parse_duration(f" {number}{space}{word} ") == timedelta(seconds=number * seconds)


@given(st.integers(0, 99), st.integers(0, 23), st.integers(0, 59))
def test_durations_add_up(days: int, hours: int, minutes: int) -> None:
    """Several numbers with units are added."""
    assert parse_duration(f"{days}d {hours}h{minutes}m") == timedelta(days=days, hours=hours, minutes=minutes)


@given(st.text(max_size=12))
def test_any_text_is_a_duration_or_refused(text: str) -> None:
    """No text breaks the reader of durations; what it refuses it refuses with examples or limits."""
    try:
        said = str(parse_duration(text))
    except ValueError as error:
        said = str(error)
    assert re.search(r"^\d|no duration|no unit|too long", said)


@pytest.mark.parametrize("text", ["", "7", "days", "-1 day", "1.5h", "7 dayz", "1 h 2", "٣ days", "99999 weeks"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    """A number without a unit, a unit without a number and odd units are refused."""
    with pytest.raises(ValueError, match=r"no duration|no unit|too long"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("text", "rate"),
    [("10/second", 10), ("600/minute", 10), ("600 per minute", 10), ("36000/h", 10), ("0.5/s", 0.5), ("5 / sec", 5)],
)
def test_a_rate_is_messages_per_time(text: str, rate: float) -> None:
    """Rates are read as messages per second."""
    assert parse_rate(text) == pytest.approx(rate)


@pytest.mark.parametrize("text", ["", "10", "0/second", "10/fortnight", "fast", "-1/s"])
def test_what_is_no_rate_is_refused(text: str) -> None:
    """A rate needs a number above nothing and a unit of time."""
    with pytest.raises(ValueError, match=r"no rate|no unit"):
        parse_rate(text)


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://mail.example.org", SmtpServer("mail.example.org", 25)),
        ("smtp://joe:pw@mail.example.org", SmtpServer("mail.example.org", 587, user="joe", password="pw")),
        ("smtps://mail.example.org", SmtpServer("mail.example.org", 465, True, StartTls.OFF)),
        ("SMTP://mail.example.org:2525/", SmtpServer("mail.example.org", 2525)),
        ("smtp://127.0.0.1:2525", SmtpServer("127.0.0.1", 2525, starttls=StartTls.AUTO)),
        ("smtp://localhost", SmtpServer("localhost", 25, starttls=StartTls.AUTO)),
        ("smtp://[::1]:25", SmtpServer("::1", 25, starttls=StartTls.AUTO)),
        ("smtp://127.0.0.1?starttls=required", SmtpServer("127.0.0.1", 25)),
        ("smtp://mail.example.org?starttls=off", SmtpServer("mail.example.org", 25, starttls=StartTls.OFF)),
        (
            "smtp://joe%40example.org:token@mail.example.org?auth=xoauth2",
            SmtpServer("mail.example.org", 587, user="joe@example.org", password="token", xoauth2=True),
        ),
        (
            "smtp://joe:token@mail.example.org?starttls=auto&auth=xoauth2",
            SmtpServer("mail.example.org", 587, starttls=StartTls.AUTO, user="joe", password="token", xoauth2=True),
        ),
    ],
)
def test_an_smtp_url_says_where_and_how(url: str, server: SmtpServer) -> None:
    """Scheme, port, login and option each have their meaning; STARTTLS is required except to this machine."""
    assert parse_smtp_url(url) == server


visible = st.text(
    st.characters(min_codepoint=33, exclude_categories=["Cs", "Cc", "Zs", "Zl", "Zp"]), min_size=1, max_size=20
)


@given(visible, visible)
def test_name_and_password_survive_encoding(user: str, password: str) -> None:
    """Any name and password, percent-encoded, come out as they were, and no text of the server shows them."""
    server = parse_smtp_url(f"smtp://{quote(user, safe='')}:{quote(password, safe='')}@mail.example.org")
    assert (server.user, server.password) == (user, password)
    assert str(server) == "mail.example.org:587"
    assert "password" not in repr(server)


@given(st.text(max_size=40) | st.text("smtp:/@?#%[]0a.\n", max_size=30).map(lambda rest: f"smtp://{rest}"))
def test_any_text_is_an_smtp_url_or_refused(text: str) -> None:
    """No text breaks the reader of URLs, and what it takes names a server and a port."""
    try:
        server = parse_smtp_url(text)
    except ValueError:
        return
    assert server.host
    assert 1 <= server.port <= 65535


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("mail.example.org:25", "must begin with"),
        ("http://mail.example.org", "must begin with"),
        ("smtp://", "names no server"),
        ("smtp://mail:0", "port 0"),
        ("smtp://mail:99999", "port"),
        ("smtp://joe@mail", "both a name and a password"),
        ("smtp://joe:a/b@mail", "port|goes on"),
        ("smtp://mail/path", "goes on"),
        ("smtp://mail?tls=1", "option it does not know"),
        ("smtp://mail?starttls", "cannot be read"),
        ("smtp://mail?starttls=yes", "wrong starttls"),
        ("smtps://mail?starttls=required", "encrypted from the start"),
        ("smtp://mail?auth=xoauth2", "without a login"),
        ("smtp://joe:pw@mail?auth=plain", "wrong auth"),
        ("smtp://joe:a%0d%0ab@mail", "line break"),
        ("smtp://ma il", "characters"),
    ],
)
def test_a_wrong_smtp_url_is_refused_with_a_reason(url: str, reason: str) -> None:
    """Each mistake in a URL has its own words, which never hold the URL."""
    with pytest.raises(ValueError, match=reason):
        parse_smtp_url(url)
