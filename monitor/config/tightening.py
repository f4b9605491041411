"""Makes therapies out of built-in profiles and the file's tables: a profile may be tightened, never loosened."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from monitor.config.building import in_proportion, thresholds_of, with_table
from monitor.config.durations import text_of
from monitor.config.faults import Faults
from monitor.config.loosening import refuse_looser, refuse_what_is_the_profiles, shown
from monitor.config.tables.therapies import TherapyTable
from monitor.config.therapies import BUILT_IN, DEFAULT, NO_ZONE, Profile
from monitor.interruption.order_check import drugs_of
from monitor.interruption.policy import Therapy
from monitor.refusals import suggestion


def therapies_of(tables: Mapping[str, TherapyTable], faults: Faults, zone: str = NO_ZONE) -> dict[str, Therapy]:
    """Return every therapy, built in or configured, by name.

    One with faults is there too, as far as it goes, so that faults in what depends on it are found as well.

    Args:
        tables: As the file has them.
        faults: Where faults are noted.
        zone: IANA name of the zone in which schedules are meant.
    """
    nothing = TherapyTable()
    therapies = {name: in_proportion(profile.therapy, nothing) for name, profile in BUILT_IN.items()}
    for name, table in tables.items():
        profile = BUILT_IN.get(name)
        if profile is None:
            therapies[name] = _own(name, table, zone, faults)
        else:
            therapies[name] = _tightened(profile, table, zone, faults)
        _refuse_twice(name, table, faults)
        _refuse_contradictions(therapies[name], faults)
    return therapies


def _own(name: str, table: TherapyTable, zone: str, faults: Faults) -> Therapy:
    where = ("therapies", name)
    for key in ("thresholds", "source"):
        if getattr(table, key) is None and (*where, key) not in faults.dropped:
            built_in = suggestion(name, BUILT_IN)
            faults.add((*where, key), f"is missing: {name} is not built in, so it must be said here ({built_in})")
    if table.latency_source is not None:
        faults.add((*where, "latency_source"), "is for a built-in profile's latency; name it in source")
    cap = BUILT_IN[DEFAULT].therapy.thresholds
    thresholds = cap if table.thresholds is None else thresholds_of(table.thresholds, ())
    therapy = with_table(Therapy(name=name, thresholds=thresholds), table, zone)
    for drug in drugs_of(therapy):
        # An own therapy with the drug of a profile would be a way around the profile's limits.
        if owner := next((one.therapy.name for one in BUILT_IN.values() if drug in drugs_of(one.therapy)), None):
            use = f"use it, or tighten it in [therapies.{owner}]"
            faults.add((*where, "drugs"), f"{drug} has the built-in profile {owner}; {use}")
    return therapy


def _tightened(profile: Profile, table: TherapyTable, zone: str, faults: Faults) -> Therapy:
    built_in = profile.therapy
    refuse_what_is_the_profiles(built_in, table, faults)
    thresholds = built_in.thresholds
    if table.thresholds is not None:
        thresholds = thresholds_of(table.thresholds, built_in.thresholds)
    therapy = with_table(replace(built_in, thresholds=thresholds), table, zone)
    therapy = replace(therapy, do_not=tuple(dict.fromkeys((*built_in.do_not, *therapy.do_not))))
    refuse_looser(profile, therapy, table, faults)
    return therapy


def _refuse_twice(name: str, table: TherapyTable, faults: Faults) -> None:
    off_times = [threshold.off_time for threshold in table.thresholds or ()]
    if len(set(off_times)) < len(off_times):
        faults.add(("therapies", name, "thresholds"), "the same off-time stands there twice")


def _refuse_contradictions(therapy: Therapy, faults: Faults) -> None:
    where = ("therapies", therapy.name)
    if therapy.maintenance_quiet_us > therapy.maintenance_max_us:
        quiet, most = text_of(therapy.maintenance_quiet_us), text_of(therapy.maintenance_max_us)
        faults.add((*where, "maintenance_quiet"), f"{quiet} is longer than the maintenance_max of {most}")
    has_fallback = any(threshold.is_fallback for threshold in therapy.thresholds)
    if has_fallback and therapy.volume_deficit_fraction is None and therapy.name not in BUILT_IN:
        faults.add((*where, "thresholds"), "a fallback needs a volume_deficit_fraction in whose place it holds")
    threshold_us = therapy.restart.off_time_us
    for key in ("silence_max", "maintenance_max"):
        found_us: int = getattr(therapy, f"{key}_us")
        if found_us >= threshold_us:
            limit = f"the restart threshold {shown(therapy.restart)}"
            faults.add((*where, key), f"{text_of(found_us)} must be shorter than {limit}")
