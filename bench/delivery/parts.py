"""The comparisons of the bench, each of which can be run by itself."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from statistics import median

from bench.delivery.comparing import Figures, compare, cpu_ratio, rate_ratio
from bench.delivery.contenders import Contender, Field, Setting, explain_no_nodemailer
from bench.delivery.folders import Settings
from bench.delivery.million import measure_million
from bench.delivery.places import ROOT, clean_environ
from bench.delivery.postfix import run_sink
from bench.delivery.report import MEGABYTE, Bar, Section, make_table, tabulate
from bench.delivery.running import python

DELAY = 10  # milliseconds each way


@dataclass(frozen=True, slots=True)
class Plan:
    """Who is there, and how much they are given to do."""

    field: Field
    count: int = 20_000
    readers: int = 1_000_000
    rounds: int = 3

    def compare_over(self, contenders: list[Contender], setting: Setting) -> list[Figures]:
        """Compare, with the plan's count and rounds."""
        return compare(contenders, setting, self.count, self.rounds)


@contextmanager
def run_sinks(plan: Plan, count: int = 1) -> Iterator[tuple[int, ...]]:
    """So many sinks; their ports."""
    with ExitStack() as stack:
        yield tuple(stack.enter_context(run_sink(plan.field.postfix)) for _ in range(count))


def compare_rates(plan: Plan) -> Section:
    """What others use, and ours with everything on: 45 kB, 8 connections, one sink."""
    field, missing = plan.field, explain_no_nodemailer()
    others = [field.aiosmtplib, field.smtplib, *([] if missing else [field.nodemailer])]
    with run_sinks(plan) as ports:
        source, ours, aiosmtplib, smtplib, *more = plan.compare_over(
            [field.source, field.ours(), *others], Setting(ports)
        )
    bars = [
        Bar("send / smtp-source", rate_ratio(ours, source), least=0.95),
        *(Bar("send / nodemailer pooled", rate_ratio(ours, nodemailer), least=6) for nodemailer in more),
        Bar("send / EmailMessage + aiosmtplib", rate_ratio(ours, aiosmtplib), least=15),
        Bar("CPU per message / smtp-source's", cpu_ratio(ours, source), most=3),
        Bar(f"peak memory, {plan.count:,} recipients", ours.peak / MEGABYTE, most=64, unit=" MB"),
    ]
    table = tabulate([source, ours, *more, smtplib, aiosmtplib], source)
    return Section(
        "Side by side: 45 kB, 8 connections, one sink", table, f"{_whole(ours)} {missing}".strip(), tuple(bars)
    )


def _whole(ours: Figures) -> str:
    share = ours.start * ours.whole_rate / ours.count
    cpu = median(run.cpu for run in ours.runs) / ours.count
    return (
        f"Start and end of our process take {ours.start:.2f} s, {share:.0%} of a run of {ours.count:,}; with "
        f"them it is {ours.whole_rate:,.0f} messages/s "
        f"and {cpu * 1e6:,.0f} us of CPU per message."
    )


def compare_features(plan: Plan) -> Section:
    """One thing after the other switched on: 45 kB, 8 connections, one sink."""
    field = plan.field
    contenders = [
        field.source,
        field.transport("transport alone, one message for all", "same"),
        field.transport("+ personal parts", "personal"),
        field.ours("+ ledger, hold policy: coopdigest send"),
        field.ours("+ DKIM, RSA-2048", Settings(dkim=True)),
        field.ours("ledger with durability = full", Settings(durability="full")),
    ]
    with run_sinks(plan) as ports:
        figures = plan.compare_over(contenders, Setting(ports))
    bar = Bar("send with RSA-2048 DKIM / smtp-source", rate_ratio(figures[4], figures[0]), least=0.5)
    return Section("One feature at a time", tabulate(figures, figures[0]), bars=(bar,))


def compare_settings(plan: Plan) -> Section:
    """Other numbers of connections and other sizes."""
    field, rows = plan.field, []
    with run_sinks(plan) as ports:
        for size, connections in ((45_000, 1), (45_000, 20), (10_000, 8), (90_000, 8)):
            setting = Setting(ports, size, connections)
            source, ours = plan.compare_over([field.source, field.ours()], setting)
            rates = [f"{source.rate:,.0f}", f"{ours.rate:,.0f}", f"{rate_ratio(ours, source):.2f}"]
            last = [f"{cpu_ratio(ours, source):.2f}", f"{ours.peak / MEGABYTE:.1f} MB"]
            rows.append([f"{size // 1000} kB", str(connections), *rates, *last])
    headings = ("size", "connections", "smtp-source/s", "send/s", "ratio", "CPU ratio", "peak memory")
    return Section("Connections and sizes", make_table(headings, rows))


def compare_sinks(plan: Plan) -> Section:
    """Two sinks at once, so that the sink is not what limits: 45 kB, 8 connections."""
    field = plan.field
    with run_sinks(plan, 2) as ports:
        contenders = [field.source, field.ours("coopdigest send, one process"), field.ours_twice]
        figures = plan.compare_over(contenders, Setting(ports))
    bar = Bar("send / smtp-source, two sinks", rate_ratio(figures[1], figures[0]), least=0.7)
    words = "Two processes of smtp-source, one for each sink, against ours, whose connections are spread over both."
    return Section("Two sinks", tabulate(figures, figures[0]), words, (bar,))


def compare_dkim(plan: Plan) -> Section:
    """DKIM alone, for those who work on it."""
    with run_sinks(plan) as ports:
        contenders = [plan.field.source, plan.field.ours("send + DKIM, RSA-2048", Settings(dkim=True))]
        figures = plan.compare_over(contenders, Setting(ports))
    return Section("DKIM", tabulate(figures, figures[0]))


def compare_ours(plan: Plan) -> Section:
    """Ours and smtp-source alone, for those who work on the engine."""
    with run_sinks(plan) as ports:
        figures = plan.compare_over([plan.field.source, plan.field.ours()], Setting(ports))
    return Section("Ours", tabulate(figures, figures[0]), _whole(figures[1]))


def compare_latency(plan: Plan) -> Section:
    """A server that is 20 ms away: 45 kB, 20 connections."""
    with run_sinks(plan) as (port,), run_proxy(port) as far:
        contenders = [plan.field.ours("coopdigest send"), plan.field.aiosmtplib]
        figures = compare(contenders, Setting((far,), connections=20), max(plan.count // 2, 1000), plan.rounds)
    bar = Bar("send / aiosmtplib, 20 ms round trip", rate_ratio(*figures), least=3.5)
    return Section("A server that is 20 ms away, 20 connections", tabulate(figures, figures[1]), bars=(bar,))


@contextmanager
def run_proxy(port: int) -> Iterator[int]:
    """The delaying proxy before a server; its own port."""
    command = python("delaying", str(port), str(DELAY))
    with subprocess.Popen(command, cwd=ROOT, env=clean_environ(), stdout=subprocess.PIPE, text=True) as proxy:
        assert proxy.stdout is not None  # noqa: S101 - it was asked for
        yield int(proxy.stdout.readline())
        proxy.terminate()


def compare_readers(plan: Plan) -> Section:
    """Planning for a million, and sending to the first of them."""
    with run_sinks(plan) as (port,):
        found = measure_million(plan.field.folders, port, plan.readers, plan.count)
    rows = [
        [f"planning for {plan.readers:,} subscribers", f"{found.planning:.2f} s", ""],
        [f"send to {plan.count:,}", "", f"{found.few / MEGABYTE:.1f} MB"],
        [f"send to the first {plan.count:,} of {plan.readers:,}", "", f"{found.many / MEGABYTE:.1f} MB"],
    ]
    bars = (
        Bar(f"planning for {plan.readers:,}", found.planning, most=5, unit=" s"),
        Bar("extra memory", (found.many - found.few) / MEGABYTE, most=10, unit=" MB"),
    )
    return Section("A million subscribers", make_table(("", "time", "peak memory"), rows), bars=bars)


PARTS: dict[str, Callable[[Plan], Section]] = {
    "rate": compare_rates,
    "features": compare_features,
    "settings": compare_settings,
    "sinks": compare_sinks,
    "latency": compare_latency,
    "million": compare_readers,
}
EXTRA: dict[str, Callable[[Plan], Section]] = {"dkim": compare_dkim, "ours": compare_ours}
