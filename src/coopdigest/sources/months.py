"""Knows the names of months and weekdays in the languages of newsrooms."""

from __future__ import annotations

import unicodedata

# Every first three letters and more of a Latin name that mean one month only count as an abbreviation of it.
_LATIN = """
january february march april may june july august september october november december
janvier février mars avril mai juin juillet août septembre octobre novembre décembre
enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre
januar februar märz april mai juni juli august september oktober november dezember
gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre
janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro
januari februari maart april mei juni juli augustus september oktober november december
"""
_OTHER = """
setiembre:9 jänner:1 feber:2 sept:9 mrz:3 mrt:3 juill:7
يناير:1 فبراير:2 مارس:3 أبريل:4 ابريل:4 مايو:5 يونيو:6 يونيه:6 يوليو:7 يوليه:7 أغسطس:8 سبتمبر:9
أكتوبر:10 نوفمبر:11 ديسمبر:12
جانفي:1 فيفري:2 أفريل:4 ماي:5 جوان:6 جويلية:7 أوت:8 يوليوز:7 غشت:8 شتنبر:9 نونبر:11 دجنبر:12
شباط:2 آذار:3 نيسان:4 أيار:5 حزيران:6 تموز:7 آب:8 أيلول:9
"""
_TWO_WORDS = {"كانون الثاني": 1, "تشرين الأول": 10, "تشرين الثاني": 11, "كانون الأول": 12}


def fold(text: str) -> str:
    """`text` for comparison: one line, no accents, no case, plain digits, plain apostrophes."""
    plain = unicodedata.normalize("NFKD", text.replace("ª", "a").replace("º", "o").replace("°", "o"))
    kept = "".join(char for char in plain if unicodedata.category(char) not in ("Mn", "Cf"))
    digits = "".join(str(unicodedata.decimal(char)) if char.isdecimal() else char for char in kept)
    return " ".join(digits.replace("’", "'").replace("،", ",").casefold().split())


def _collect() -> dict[str, int]:
    full = [(fold(word), place % 12 + 1) for place, word in enumerate(_LATIN.split())]
    meanings: dict[str, set[int]] = {}
    for word, number in full:
        for length in range(3, len(word) + 1):
            meanings.setdefault(word[:length], set()).add(number)
    words = {word: numbers.pop() for word, numbers in meanings.items() if len(numbers) == 1}
    words |= dict(full)
    pairs = (pair.rpartition(":") for pair in _OTHER.split())
    return words | {fold(word): int(number) for word, _, number in pairs} | {fold(w): n for w, n in _TWO_WORDS.items()}


MONTH_WORDS = _collect()

_WEEKDAYS = """
monday tuesday wednesday thursday friday saturday sunday mon tue tues wed thu thur thurs fri sat sun
lundi mardi mercredi jeudi vendredi samedi dimanche lun mar mer jeu ven sam dim
lunes martes miércoles jueves viernes sábado domingo mié jue vie sáb dom
montag dienstag mittwoch donnerstag freitag samstag sonnabend sonntag mo di mi do fr sa so
lunedì martedì mercoledì giovedì venerdì sabato domenica gio sab
segunda terça quarta quinta sexta segunda-feira terça-feira quarta-feira quinta-feira sexta-feira
maandag dinsdag woensdag donderdag vrijdag zaterdag zondag
الاثنين الإثنين الثلاثاء الأربعاء الخميس الجمعة السبت الأحد
"""
WEEKDAY_WORDS = frozenset(map(fold, _WEEKDAYS.split()))
