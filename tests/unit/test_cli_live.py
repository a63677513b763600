"""How a send is watched: figures, words, and what is drawn."""

from __future__ import annotations

import io
import subprocess
import sys
from dataclasses import dataclass

import pytest
from rich.console import Console

from coopdigest.cli.live import panel, tell_until
from coopdigest.cli.progress import Progress, speed, time_left
from coopdigest.domain.delivery import Claimed, Outcome, Tally, Verdict

GOOD, LATER = Outcome(Verdict.ACCEPTED, 250, "2.0.0 Ok"), Outcome(Verdict.DEFERRED, 451, "4.7.0 Later")
NEVER = Outcome(Verdict.REFUSED, 550, "5.1.1 [red]No such user[/red]\x1b[31m‮")
LOST = Outcome(Verdict.IN_DOUBT, None, "connection lost")


@dataclass
class Watch:
    """A clock that only a test moves; seconds."""

    now: float = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def watch() -> Watch:
    """A clock at rest."""
    return Watch()


def to(domain: str) -> Claimed:
    """A delivery to somebody at this domain."""
    return Claimed(1, 1, 1, f"somebody@{domain}", "en", 1)


def note(progress: Progress, domain: str, outcome: Outcome, times: int = 1) -> None:
    """Let this happen so often."""
    for _ in range(times):
        progress.note(to(domain), outcome)


def drawn(progress: Progress, width: int = 100) -> list[str]:
    """The lines of the panel on a terminal so wide."""
    console = Console(file=io.StringIO(), width=width, force_terminal=True, color_system=None)
    console.print(panel(progress))
    assert isinstance(console.file, io.StringIO)
    return [line.rstrip() for line in console.file.getvalue().splitlines()]


def test_a_line_says_how_far_how_fast_and_what_went_wrong(watch: Watch) -> None:
    """Recipients of earlier sends are behind us; what was put back unsent is not."""
    progress = Progress("2021-11", Tally(pending=15_000, accepted=5_000), clock=watch)
    assert progress.line() == "2021-11: 5,000 of 20,000"
    note(progress, "a.example", GOOD, 9_496)
    note(progress, "b.example", NEVER, 3)
    note(progress, "b.example", LOST)
    note(progress, "b.example", Outcome(Verdict.NOT_SENT), 7)
    watch.now += 10
    expected = "2021-11: 14,500 of 20,000, 950/s, 3 refused, 1 in doubt, about 6 s left"
    assert progress.line() == expected


def test_the_speed_is_that_of_the_last_seconds(watch: Watch) -> None:
    """A send that has become slow says so within ten seconds, and one that stands still shows no speed."""
    progress = Progress("2021-11", Tally(pending=20_000), clock=watch)
    for seconds, count in ((10, 5_000), (5, 10), (5, 10)):
        note(progress, "a.example", GOOD, count)
        watch.now += seconds
        rate = progress.measure()
    assert rate == 2
    watch.now += 30
    progress.measure()
    watch.now += 30
    assert progress.measure() == 0
    assert progress.line() == "2021-11: 5,020 of 20,000"


def test_deferred_ones_tried_again_never_make_more_than_all(watch: Watch) -> None:
    """A delivery that is deferred twice in one send is counted twice, yet no more than everybody is done."""
    progress = Progress("2021-11", Tally(deferred=2, refused=1), clock=watch)
    note(progress, "a.example", LATER, 5)
    assert (progress.done, progress.left, progress.count(Verdict.DEFERRED)) == (3, 0, 5)


def test_what_is_sent_again_out_of_doubt_is_still_to_go(watch: Watch) -> None:
    """With `--resend-in-doubt` those in doubt are to go, without it they are behind us."""
    tally = Tally(accepted=8, in_doubt=2)
    assert Progress("2021-11", tally, clock=watch).left == 0
    assert Progress("2021-11", tally, resend_in_doubt=True, clock=watch).left == 2


def test_the_worst_domains_come_first(watch: Watch) -> None:
    """Domains in any case are one; each with its counts and its last reply."""
    progress = Progress("2021-11", Tally(pending=100), clock=watch)
    note(progress, "good.example", GOOD, 50)
    note(progress, "b.example", NEVER)
    note(progress, "Big.Example", LATER, 2)
    note(progress, "big.example", LOST)
    first, second = progress.worst(5)
    assert (first.domain, first.deferred, first.refused, first.in_doubt) == ("big.example", 2, 0, 1)
    assert (first.code, first.reply) == (None, "connection lost")
    assert (second.domain, second.refused, second.code) == ("b.example", 1, 550)
    assert progress.worst(1) == (first,)


def test_a_million_domains_are_not_remembered(watch: Watch) -> None:
    """After a thousand domains the rest is counted together."""
    progress = Progress("2021-11", Tally(pending=5_000), clock=watch)
    for number in range(1_500):
        note(progress, f"d{number}.example", LATER)
    worst = progress.worst(2_000)
    assert len(worst) == 1_001
    assert (worst[0].domain, worst[0].deferred) == ("(other domains)", 500)


@pytest.mark.parametrize(
    ("rate", "words"),
    [(None, ""), (0.0, ""), (4321.4, "4,321/s"), (9.87, "9.9/s"), (0.5, "30/min"), (0.05, "3/min"), (0.001, "4/h")],
)
def test_speed_in_words(rate: float | None, words: str) -> None:
    """Per second where that is at least one, else per minute or hour."""
    assert speed(rate) == words


@pytest.mark.parametrize(
    ("left", "rate", "words"),
    [
        (10, None, ""),
        (0, 5.0, ""),
        (1, 5000.0, "about 1 s left"),
        (89, 1.0, "about 89 s left"),
        (600, 5.0, "about 2 min left"),
        (20_000, 1.0, "about 5 h 33 min left"),
        (864_000, 5.0, "about 2.0 days left"),
    ],
)
def test_time_left_in_words(left: int, rate: float | None, words: str) -> None:
    """From seconds to days, and nothing where it is not known."""
    assert time_left(left, rate) == words


def test_the_panel_shows_counts_and_a_strangers_reply_as_plain_text(watch: Watch) -> None:
    """Nothing that a server says is taken as markup, steers the terminal or turns the writing round."""
    progress = Progress("2021-11", Tally(pending=20_000), clock=watch)
    note(progress, "good.example", GOOD, 9_500)
    note(progress, "bad.example", NEVER, 500)
    watch.now += 10
    head, tally, heads, bad = drawn(progress)
    assert head.startswith("sending 2021-11")
    assert head.endswith("10,000 of 20,000  1,000/s  about 10 s left")
    assert " ".join(tally.split()) == "9,500 accepted 0 deferred 500 refused 0 in doubt"
    assert " ".join(heads.split()) == "domain deferred refused in doubt last reply"
    assert " ".join(bad.split()) == "bad.example 500 550 5.1.1 [red]No such user[/red] [31m"


def test_the_panel_of_a_send_without_trouble_has_two_lines(watch: Watch) -> None:
    """Before the first outcome, and for a campaign of nobody."""
    assert len(drawn(Progress("2021-11", Tally(pending=3), clock=watch))) == 2
    assert "0 of 0" in drawn(Progress("2021-11", Tally(), clock=watch))[0]


@pytest.mark.parametrize("width", [80, 100, 200])
def test_each_domain_keeps_to_one_line(watch: Watch, width: int) -> None:
    """Long names keep their end, long replies their beginning; wide and right-to-left letters included."""
    progress = Progress("2021-11", Tally(pending=100), clock=watch)
    note(progress, "department.of.the.national.federation.of.cooperatives.example.org", NEVER, 3)
    note(progress, "点看.example", Outcome(Verdict.REFUSED, 550, "被拒绝的邮件" * 30), 2)
    note(progress, "بريد.example", Outcome(Verdict.DEFERRED, 452, "صندوق البريد ممتلئ، حاول مرة أخرى " * 9))
    lines = drawn(progress, width)
    assert len(lines) == 6
    assert "cooperatives.example.org  " in lines[3]
    assert all("…" in line for line in lines[3:5] + lines[5:])


def test_lines_are_told_until_the_send_is_over(watch: Watch, capsys: pytest.CaptureFixture[str]) -> None:
    """One after each wait that was in vain, on stderr; no address is in it."""
    progress = Progress("2021-11", Tally(pending=2), clock=watch)
    waits = iter([False, False, True])

    def wait(seconds: float) -> bool:
        assert seconds == 10
        watch.now += seconds
        progress.note(to("a.example"), LATER)
        return next(waits)

    tell_until(progress, wait)
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.splitlines() == [
        "2021-11: 1 of 2, 6/min, 1 deferred, about 10 s left",
        "2021-11: 2 of 2, 6/min, 2 deferred",
    ]


def test_without_a_terminal_nothing_heavy_is_loaded() -> None:
    """A send in a pipe does without rich and its memory, and says at the start how many there are."""
    code = (
        "import sys; from coopdigest.cli.live import watching; from coopdigest.domain.delivery import Tally\n"
        "with watching('2021-11', Tally(pending=7)): pass\n"
        "assert 'rich' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "sending 2021-11: 7 to go\n")
