"""Who may read a need of the demonstration: most are open, some hide the firm, a few are for chosen institutes."""

from collections.abc import Mapping

from matchmaker.domain.vocabulary import Audience
from matchmaker.services.demo.script import Script

EVERY_MASKED, EVERY_CHOSEN = 6, 24


def audiences(script: Script) -> Mapping[str, tuple[Audience, tuple[str, ...]]]:
    """Need → audience, and the keys of the institutes chosen: those where somebody fits."""
    return {key: _audience(script, key, number) for number, key in enumerate(script.needs, 1)}


def _audience(script: Script, key: str, number: int) -> tuple[Audience, tuple[str, ...]]:
    people = {**script.experts, **script.groups}
    fitting = tuple(dict.fromkeys(people[fit]["institute"] for fit in script.needs[key]["fits"]))
    if number % EVERY_CHOSEN == EVERY_CHOSEN // 2 + 1 and fitting:
        return Audience.CHOSEN, fitting
    return (Audience.MASKED if number % EVERY_MASKED == 0 else Audience.OPEN), ()
