"""What a number on the board means: the metrics that are counted from meetings, and what else is entered by hand.

Names, units and sources are rows of the city profile; here stands only what the code must tell apart.
"""

from enum import StrEnum

from matchmaker.domain.vocabulary import MeetingKind


class MetricCode(StrEnum):
    """The metrics counted from meetings: the two hundreds (DESIGN §6)."""

    OUTBOUND = "outbound"
    INBOUND = "inbound"

    @property
    def kind(self) -> MeetingKind:
        """The kind of meeting that may count."""
        return _KINDS[self]


class EntryCode(StrEnum):
    """The metrics whose value is computed from records; any other not counted from meetings has a figure of its own."""

    ABSORPTION = "absorption"
    TURNOVER = "contract_turnover"
    TURNOVER_HOSTS = "contract_turnover_hosts"
    TRAINING = "broker_training"
    SPECIALISTS = "specialists"  # enterprise ones, on file on the day
    AGRICULTURAL = "agricultural_specialists"
    CLINICS = "clinic_firms"  # diagnosed in held clinics, each firm once and for all
    INSTITUTES = "institutes"  # different ones a year, by `queries.exchanges`


_KINDS = {MetricCode.OUTBOUND: MeetingKind.OUTBOUND, MetricCode.INBOUND: MeetingKind.INBOUND}


COUNTED_FROM_MEETINGS = "meetings"  # the value of a metric row's `counted_from`
