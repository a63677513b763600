"""A file and an environment become settings, or one line that names file, line and next step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coopdigest.config.loading import load_settings
from coopdigest.config.settings import Settings, digest_of
from coopdigest.domain.digest import Mailbox, MediaContact
from coopdigest.domain.errors import ConfigurationError, ExitCode
from coopdigest.domain.period import Cadence

EXAMPLE = Path(__file__).parents[2] / "coopdigest.toml"
SMALLEST = """\
[digest]
slug = "coop-news"
name = "COOP News"
timezone = "Europe/Zurich"
from = "COOP News <news@example.org>"
[media_contact]
name = "Newsroom"
email = "newsroom@example.org"
[[sources]]
name = "newsroom"
kind = "listing"
location = "newsroom.txt"
[smtp]
url = "smtp://127.0.0.1:2525"
"""
Load = Callable[..., Settings]


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Load:
    """Loads a text as the file coopdigest.toml of the working directory."""
    monkeypatch.chdir(tmp_path)

    def load(text: str | bytes, environ: Mapping[str, str] | None = None) -> Settings:
        Path("coopdigest.toml").write_bytes(text.encode() if isinstance(text, str) else text)
        return load_settings(Path("coopdigest.toml"), environ or {})

    return load


def complaint(load: Load, text: str | bytes, environ: Mapping[str, str] | None = None) -> str:
    with pytest.raises(ConfigurationError) as caught:
        load(text, environ)
    assert caught.value.exit_code is ExitCode.CONFIGURATION
    said = str(caught.value)
    assert "\n" not in said
    return said


def test_the_smallest_file_is_enough(load: Load) -> None:
    """Four keys of the digest, two of the contact, a source and a mail server make a digest; the rest has defaults."""
    loaded = load(SMALLEST)
    digest = digest_of(loaded)
    assert (digest.cadence, digest.languages, digest.automatic, digest.carry_over) == (Cadence.MONTH, ("en",), False, 1)
    assert digest.sender == Mailbox("news@example.org", "COOP News")
    assert digest.zone == ZoneInfo("Europe/Zurich")
    assert digest.list_id == "coop-news.example.org"
    assert loaded.schedule.catch_up == timedelta(days=7)


def test_the_example_digest_is_right() -> None:
    """The example that the repository and the wheel carry loads."""
    digest = digest_of(load_settings(EXAMPLE, {}))
    assert digest.media_contact == MediaContact(
        "Lakeside Newsroom", "newsroom@example.org", "+41 22 555 01 23", "https://www.example.org/newsroom"
    )
    assert digest.themes.heading("News") == "In brief"


def test_paths_are_relative_to_the_file(load: Load, tmp_path: Path) -> None:
    """Sources, roster and store lie beside the file, wherever the command was started."""
    loaded = load(SMALLEST)
    assert loaded.location_of(loaded.sources[0]) == str(tmp_path / "newsroom.txt")
    assert loaded.roster_file == tmp_path / "subscribers.csv"
    assert loaded.database_file == tmp_path / "coopdigest.db"
    assert loaded.database_url.get_secret_value() == f"sqlite:///{tmp_path / 'coopdigest.db'}"


def test_a_web_address_is_no_path(load: Load) -> None:
    """The location of a remote source is used as it is."""
    loaded = load(SMALLEST.replace('"newsroom.txt"', '"https://example.org/newsroom"'))
    assert loaded.location_of(loaded.sources[0]) == "https://example.org/newsroom"


def test_the_environment_wins(load: Load) -> None:
    """The three variables take the place of what the file says, even of something wrong."""
    text = SMALLEST.replace("smtp://127.0.0.1:2525", "nonsense")
    environ = {
        "COOPDIGEST_SMTP_URL": "smtps://joe:pass%2Fword@mail.example.org",
        "COOPDIGEST_DATABASE_URL": "postgresql://joe:secret@db/news",
        "COOPDIGEST_SECRET_KEY": "k" * 32,
    }
    loaded = load(text, environ)
    assert (loaded.smtp.server.host, loaded.smtp.server.password) == ("mail.example.org", "pass/word")
    assert loaded.database_url.get_secret_value() == "postgresql+psycopg://joe:secret@db/news"
    assert loaded.database_file is None
    assert loaded.secret_key is not None


def test_the_environment_is_enough_without_a_table(load: Load) -> None:
    """A file may leave the mail server to the environment altogether."""
    loaded = load(SMALLEST.partition("[smtp]")[0], {"COOPDIGEST_SMTP_URL": "smtp://mail.example.org"})
    assert loaded.smtp.server.host == "mail.example.org"


def test_an_empty_variable_says_nothing(load: Load) -> None:
    """A variable that is set to nothing leaves the file's value."""
    assert load(SMALLEST, {"COOPDIGEST_SMTP_URL": " "}).smtp.server.port == 2525


def test_secrets_are_never_shown(load: Load) -> None:
    """Neither the settings' text nor any error repeats a password or a key."""
    environ = {"COOPDIGEST_SMTP_URL": "smtp://joe:hunter2@mail", "COOPDIGEST_SECRET_KEY": "hunter2" * 5}
    loaded = load(SMALLEST, {**environ, "COOPDIGEST_DATABASE_URL": "postgresql://joe:hunter2@db/x"})
    assert "hunter2" not in f"{loaded!r} {loaded} {loaded.smtp.server!r} {loaded.smtp.server} {loaded.database_url}"


@pytest.mark.parametrize("url", ["smtp://joe:hunter2@m:x", "http://joe:hunter2@m", "smtp://joe:hunter2/x@m", "hunter2"])
def test_a_wrong_mail_url_is_not_repeated(load: Load, url: str) -> None:
    """An error about a URL names the variable or the line and never the URL."""
    said = complaint(load, SMALLEST, {"COOPDIGEST_SMTP_URL": url})
    assert said.startswith("COOPDIGEST_SMTP_URL: ")
    assert "hunter2" not in said
    said = complaint(load, SMALLEST.replace("smtp://127.0.0.1:2525", url))
    assert said.startswith("coopdigest.toml:14: url in [smtp]: ")
    assert "hunter2" not in said


def test_the_cause_of_an_error_holds_no_secret(load: Load) -> None:
    """What a traceback would print of a wrong configuration shows no value of it either."""
    with pytest.raises(ConfigurationError) as caught:
        load(SMALLEST + 'password = "hunter2"\n')
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("timezone =", "timezne =", '4: unknown key "timezne" in [digest]; did you mean "timezone"?'),
        ("[digest]", "[digset]", '1: unknown table "digset"; did you mean [digest]?'),
        ("[smtp]", "[smtp]\ntimezone = 1", '14: unknown key "timezone" in [smtp]; it belongs in [digest]'),
        ("[smtp]", "[smtp]\nzzz = 1", '14: unknown key "zzz" in [smtp]; known are url, connections,'),
        (
            "Europe/Zurich",
            "Europe/Zürich",
            '4: timezone in [digest]: "Europe/Zürich" is no time zone; did you mean "Euro',
        ),
        ("Europe/Zurich", "zurich", '4: timezone in [digest]: "zurich" is no time zone; did you mean "Europe/Zurich"?'),
        ("Europe/Zurich", "Mars", '4: timezone in [digest]: "Mars" is no time zone; write one such as'),
        ("Europe/Zurich", "../../etc/passwd", "4: timezone in [digest]: "),
        ('"Europe/Zurich"', "1", "4: timezone in [digest]: must be text in quotes"),
        ('timezone = "Europe/Zurich"\n', "", '1: [digest] lacks the key "timezone"'),
        ('"coop-news"', '"Coop News"', "2: slug in [digest]: must be 1 to 63 small letters"),
        ('"coop-news"', f'"{"a" * 64}"', "2: slug in [digest]: must be 1 to 63 small letters"),
        ('"COOP News"', '" "', "3: name in [digest]: must not be empty"),
        ('"COOP News"', '"COOP\\nNews"', "3: name in [digest]: must be one line"),
        ("<news@example.org>", "<news@example>", "5: from in [digest]: is no e-mail address: "),
        ('"COOP News <news@example.org>"', '"a <b> <c@example.org>"', "5: from in [digest]: must be one mailbox"),
        (
            "[media_contact]",
            'period = "monthly"\n[media_contact]',
            '6: period in [digest]: "monthly" is not known; write one',
        ),
        (
            "[media_contact]",
            'language = "english"\n[media_contact]',
            '6: language in [digest]: "english" is no language tag',
        ),
        ("[media_contact]", "languages = []\n[media_contact]", "6: languages in [digest]: must not be an empty list"),
        (
            "[media_contact]",
            'languages = [\n"en",\n"french"]\n[media_contact]',
            '8: entry 2 of languages in [digest]: "french" is no language tag',
        ),
        (
            "[media_contact]",
            'language = "en"\nlanguages = ["en"]\n[media_contact]',
            "7: languages in [digest]: cannot stand beside language",
        ),
        ("[media_contact]", "carry_over = 13\n[media_contact]", "6: carry_over in [digest]: must be at most 12"),
        ("[media_contact]", "carry_over = true\n[media_contact]", "6: carry_over in [digest]: must be a whole number"),
        (
            "[media_contact]",
            'public_url = "ftp://x"\n[media_contact]',
            "6: public_url in [digest]: must be a web address",
        ),
        (
            "[media_contact]",
            'public_url = "https://a:b@x"\n[media_contact]',
            "6: public_url in [digest]: must not hold",
        ),
        (
            "[media_contact]",
            'public_url = "https://x/?q"\n[media_contact]',
            "6: public_url in [digest]: must end before",
        ),
        ("newsroom@example.org", "newsroom", "8: email in [media_contact]: is no e-mail address: "),
        ('"listing"', '"lsting"', '11: kind in [[sources]]: "lsting" is not known; write one of'),
        ('"listing"', '"page"', "9: [sources.select]: a page needs this table"),
        ('"newsroom.txt"', '"ftp://x/y"', "12: location in [[sources]]: must be a path or a web address"),
        ('"newsroom.txt"', '"https://x"\noptional = "yes"', "13: optional in [[sources]]: must be true or false"),
        ("[[sources]]", "[sources]", "9: sources must be written as [[sources]]"),
        (
            "[smtp]",
            '[[sources]]\nname = "newsroom"\nkind = "feed"\nlocation = "a"\n[smtp]',
            "14: name in [[sources]]: an",
        ),
        ("[smtp]", "[smtp]\nconnections = 0", "14: connections in [smtp]: must be at least 1"),
        ("[smtp]", '[smtp]\nretry_after = ["5m", "0s"]', "14: entry 2 of retry_after in [smtp]: must be longer"),
        ("[smtp]", '[smtp]\ngive_up_after = "3"', '14: give_up_after in [smtp]: "3" is no duration'),
        ("[smtp]", "[smtp]\ngive_up_after = 3", "14: give_up_after in [smtp]: needs a unit"),
        ("[smtp]", '[smtp]\nrate = "fast"', '14: rate in [smtp]: "fast" is no rate'),
        ("[smtp]", "[smtp]\ntimeouts.dott = 1", '14: unknown key "dott" in [smtp.timeouts]; did you mean "dot"?'),
        ("[smtp]", '[smtp]\nonly_to = ["nobody"]', "14: entry 1 of only_to in [smtp]: is no e-mail address"),
        (
            "[smtp]",
            "[schedule]\nextra_holidays = [2026-01-02T10:00:00]\n[smtp]",
            "14: entry 1 of extra_holidays in [sch",
        ),
        ("[smtp]", '[schedule]\nholidays = "Switzerland"\n[smtp]', '14: holidays in [schedule]: "Switzerland" is no'),
        ("[smtp]", '[store]\nurl = "mysql://x"\n[smtp]', "14: url in [store]: must be sqlite:///FILE or postgresql"),
        ("[smtp]", '[store]\nurl = "sqlite://"\n[smtp]', "14: url in [store]: must name a file"),
        ("[smtp]", '[themes]\nrename = { "A b" = 1 }\n[smtp]', '14: rename "A b" in [themes]: must be text in quotes'),
        ("[smtp]", "themes = 1\n[smtp]", '13: unknown key "themes" in [[sources]]; did you mean "theme"?'),
        ('url = "smtp', 'url "smtp', "14: is not valid TOML: "),
        ("[smtp]", "[digest]\n[smtp]", "13: is not valid TOML: a table or key that is there already"),
    ],
)
def test_a_mistake_is_told_with_its_line(load: Load, old: str, new: str, said: str) -> None:
    """What is wrong is named with file, line, key and the next step, in one line."""
    assert old in SMALLEST
    assert complaint(load, SMALLEST.replace(old, new, 1)).startswith(f"coopdigest.toml:{said}")


def test_a_missing_table_is_named_with_its_keys(load: Load) -> None:
    """A whole table that is missing has no line; the file is named, and what to write."""
    said = complaint(load, SMALLEST.partition("[smtp]")[0])
    assert said == "coopdigest.toml: the table [smtp] is missing; add it with url"


def test_a_file_without_sources_is_refused(load: Load) -> None:
    """A digest without a source is refused with what to write."""
    before, _, after = SMALLEST.partition("[[sources]]")
    said = complaint(load, before + "[smtp]" + after.partition("[smtp]")[2])
    assert said == "coopdigest.toml: no source is named; add a table [[sources]] with name, kind and location"


def test_several_mistakes_are_counted_and_the_first_line_told(load: Load) -> None:
    """Of several mistakes the first by line is told, and how many more there are."""
    text = SMALLEST.replace("smtp://", "").replace("Europe/Zurich", "Mars").replace('"listing"', "7")
    said = complaint(load, text)
    assert said.startswith("coopdigest.toml:4: timezone")
    assert said.endswith("(and 2 more)")


def test_an_error_names_no_address(load: Load) -> None:
    """An e-mail address that is wrong is not repeated."""
    assert "joe" not in complaint(load, SMALLEST.replace("newsroom@example.org", "joe@@example.org"))


def test_a_file_that_is_not_there_says_how_to_make_one(tmp_path: Path) -> None:
    """The missing file is named as it was given, with the command that writes one."""
    with pytest.raises(ConfigurationError, match=r"nothing\.toml: there is no such file; .* coopdigest init DIR$"):
        load_settings(tmp_path / "nothing.toml", {})


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    """A folder in the file's place is told with the file that was probably meant."""
    with pytest.raises(ConfigurationError, match=r"is a folder; name the file in it: .*coopdigest\.toml"):
        load_settings(tmp_path, {})


def test_text_that_is_not_utf_8_is_told_with_its_line(load: Load) -> None:
    """A file in another encoding is refused at the first line that shows it."""
    said = complaint(load, SMALLEST.replace("COOP News", "Coopérative").encode("latin-1"))
    assert said == "coopdigest.toml:3: is not UTF-8 text; save the file as UTF-8"


def test_windows_files_are_read_too(load: Load) -> None:
    """A byte order mark and CRLF line ends do no harm, and lines are counted right."""
    loaded = load(b"\xef\xbb\xbf" + SMALLEST.replace("\n", "\r\n").encode())
    assert loaded.place_of("smtp", "url") == "coopdigest.toml:14"


def test_huge_and_deep_files_are_refused(load: Load) -> None:
    """A file that is no configuration is refused before it can do harm."""
    assert "nests too deep" in complaint(load, "x = " + "[" * 50_000)
    assert "larger than" in complaint(load, b"#" * 2_000_000)


def test_the_place_of_a_key_is_known_afterwards(load: Load) -> None:
    """Later checks can name the line of a key, or of what is around it, or the file."""
    loaded = load(SMALLEST)
    assert loaded.place_of("sources", 0, "kind") == "coopdigest.toml:11"
    assert loaded.place_of("sources", 0, "theme") == "coopdigest.toml:9"
    assert loaded.place_of("schedule", "send") == "coopdigest.toml"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=60), st.integers(0, len(SMALLEST)))
def test_any_bytes_are_settings_or_a_configuration_error(load: Load, junk: bytes, at: int) -> None:
    """Whatever stands in a file, it loads or is refused in one line."""
    text = SMALLEST.encode()
    said = ""
    try:
        load(text[:at] + junk + text[at:])
    except ConfigurationError as error:
        said = str(error)
    assert not said or said.startswith("coopdigest.toml")


def test_values_are_put_in_order(load: Load) -> None:
    """Slashes at the end, spaces around and the case of tags are put right instead of being refused."""
    extra = 'public_url = "https://news.example.org/"\nlanguages = ["EN", "pt_br", "zh-hant"]\n[media_contact]'
    loaded = load(SMALLEST.replace("[media_contact]", extra).replace('"COOP News"', '" COOP News "'))
    assert loaded.digest.public_url == "https://news.example.org"
    assert loaded.digest.all_languages == ("en", "pt-BR", "zh-Hant")
    assert loaded.digest.name == "COOP News"


@pytest.mark.parametrize(
    ("text", "mailbox"),
    [
        ("news@example.org", Mailbox("news@example.org")),
        ("<news@example.org>", Mailbox("news@example.org")),
        ("COOP, News & Co. <news@example.org>", Mailbox("news@example.org", "COOP, News & Co.")),
        (r"\"COOP, \\\"News\\\"\" <news@example.org>", Mailbox("news@example.org", 'COOP, "News"')),
        ("Coopératives <news@exämple.org>", Mailbox("news@exämple.org", "Coopératives")),
    ],
)
def test_a_mailbox_is_a_name_and_an_address(load: Load, text: str, mailbox: Mailbox) -> None:
    """The sender may be written with or without a name, quoted or not."""
    assert load(SMALLEST.replace("COOP News <news@example.org>", text)).digest.sender == mailbox


def test_days_may_be_dates_or_text(load: Load) -> None:
    """Extra holidays are TOML dates or the same in quotes."""
    loaded = load(SMALLEST + '[schedule]\nextra_holidays = [2026-12-24, "2026-12-31"]\n')
    assert loaded.schedule.extra_holidays == (date(2026, 12, 24), date(2026, 12, 31))


def test_a_staging_list_lets_only_its_own_through(load: Load) -> None:
    """`only_to` admits its addresses and the addresses in its domains, whatever their case."""
    smtp = load(SMALLEST + 'only_to = ["Editor@example.org", "@staging.example.org"]\n').smtp
    assert smtp.allows("editor@EXAMPLE.org")
    assert smtp.allows("anybody@staging.example.org")
    assert not smtp.allows("reader@example.org")
    assert not smtp.allows("reader@more.staging.example.org")
    assert load(SMALLEST).smtp.allows("reader@example.org")
    assert not load(SMALLEST + "only_to = []\n").smtp.allows("reader@example.org")


def test_settings_do_not_change(load: Load) -> None:
    """Settings are values."""
    loaded = load(SMALLEST)
    with pytest.raises(ValueError, match="frozen"):
        loaded.digest.slug = "other"  # type: ignore[misc]


def test_a_file_that_cannot_be_read_is_told(load: Load) -> None:
    """What the system says of a file that it does not open is passed on in words."""
    load(SMALLEST)
    with pytest.raises(ConfigurationError, match=r"coopdigest\.toml/x: cannot be read: Not a directory"):
        load_settings(Path("coopdigest.toml/x"), {})
