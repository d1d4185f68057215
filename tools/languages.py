"""Names of languages and their codes (CLDR's, through Babel)."""

from functools import cache


def code(name: str) -> str | None:
    """The ISO 639 code that a language's code, English name or own name means: ``de`` for German, de-AT or Deutsch."""
    plain = name.strip().lower().replace("_", "-")
    language = plain.partition("-")[0]
    return _english().get(plain) or _english().get(language) or _own().get(plain)


@cache
def _english() -> dict[str, str]:
    from babel import Locale

    languages = {short: name for short, name in Locale("en").languages.items() if len(short) <= 3}
    return {name.lower(): short for short, name in languages.items()} | {short: short for short in languages}


@cache
def _own() -> dict[str, str]:
    """Codes by what each language calls itself; takes half a second once."""
    from babel import Locale, localedata

    short = [each for each in localedata.locale_identifiers() if len(each) <= 3]
    return {(Locale(each).get_display_name() or each).lower(): each for each in short}
