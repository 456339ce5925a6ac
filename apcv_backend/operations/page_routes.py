"""The pages of figures: the operator's, and an insurer's own. Server-made: they show without a script."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from flask import Response
from flask.views import MethodView
from markupsafe import Markup

from apcv_backend.blueprint import StrictBlueprint
from apcv_backend.callers import CallerKind
from apcv_backend.office.page_answers import documents_page, guard, language
from apcv_backend.office.page_routes import PageSurroundings
from apcv_backend.office.page_words import WORDS, words_in
from apcv_backend.operations.rules import DailyPlot, Figures, InsurerFigures, TrustAge
from apcv_backend.operations.service import OperationsDesk
from apcv_backend.operations.svg_gauge import Gauge, GaugeWords, gauge_of
from apcv_backend.operations.svg_plot import PlotWords, svg_of, swatch_of
from apcv_backend.staff_callers import StaffRole

_FRANCE: Final = ZoneInfo("Europe/Paris")
_BEHIND: Final = {401: "Pas de session, ou session terminée.", 403: "Un autre rôle que celui de la page."}
_SIGNS: Final = {"good": "✓", "care": "!", "bad": "✕", "": ""}
_OLD: Final = timedelta(hours=12)
"""A trust list signed longer ago is looked at: the publisher signs every few minutes."""

_CODES_OF: Final = {"verdicts": "verdict", "alarms": "alarm"}
"""Plots whose series are codes of other rooms, and under which name the words of these stand."""

Readiness = Callable[[datetime], Mapping[str, bool]]
Words = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Tile:
    """One number of now: its mood is said by a sign and a word as well as by a colour."""

    label: str
    value: str
    mood: str = ""
    note: str = ""

    @property
    def sign(self) -> str:
        """The shape beside the value."""
        return _SIGNS[self.mood]


def make_blueprint(
    desk: OperationsDesk, around: PageSurroundings, *, readiness: Readiness
) -> StrictBlueprint:
    """`/operations` for operators, `/console/figures` for an insurer's clerks."""
    pages = StrictBlueprint("operations", __name__, description="Les chiffres, sans personne dedans.")
    guard(pages)

    @pages.route("/operations")
    class Operations(MethodView):
        @pages.called_by(CallerKind.STAFF, scope=f"role:{StaffRole.OPERATOR.value}")
        @documents_page(pages, "Les chiffres du service.")
        @pages.refuses(_BEHIND)
        def get(self) -> Response:
            """Délivrances, refus, révocations, alarmes, état : des agrégats, jamais des personnes."""
            at = around.begin()
            caller = around.colleague(at, StaffRole.OPERATOR)
            figures, t = desk.figures(at), words_in(language())
            return around.page(
                "operations/figures.html",
                caller,
                as_of=_moment(at, t),
                tiles=_state(readiness(at), figures, t),
                trust=_trust_drawn(figures.trust, at, t),
                plots=[_drawn(plot, t) for plot in figures.plots],
            )

    @pages.route("/console/figures")
    class InsurersFigures(MethodView):
        @pages.called_by(CallerKind.STAFF, scope=f"role:{StaffRole.INSURER_CLERK.value}")
        @documents_page(pages, "Les chiffres d'un organisme complémentaire.")
        @pages.refuses(_BEHIND)
        def get(self) -> Response:
            """La console : combien de contrats, combien de questions."""
            at = around.begin()
            caller = around.colleague(at, StaffRole.INSURER_CLERK)
            figures, t = desk.insurer_figures(caller.organisation, at), words_in(language())
            return around.page(
                "console/figures.html",
                caller,
                as_of=_moment(at, t),
                tiles=_own(figures, t),
                plots=[_drawn(plot, t) for plot in figures.plots],
            )

    return pages


def _state(ready: Mapping[str, bool], figures: Figures, t: Words) -> Sequence[Tile]:
    standing = figures.standing
    return [
        *(
            Tile(t(f"ready_{name}"), t("ready_yes" if good else "ready_no"), "good" if good else "bad")
            for name, good in ready.items()
        ),
        _trust(figures.trust, figures.at, t),
        Tile(t("tile_phones"), _number(standing.phones)),
        Tile(t("tile_alive"), _number(standing.cards_alive)),
        Tile(
            t("tile_frozen"),
            _number(standing.accounts_frozen),
            "care" if standing.accounts_frozen else "",
            t("tile_frozen_note") if standing.accounts_frozen else "",
        ),
        Tile(
            t("tile_alarms"),
            _number(standing.alarms_last_day),
            "bad" if standing.alarms_last_day else "good",
        ),
        *_waiting(standing.incidents_open, t),
    ]


def _waiting(incidents: int, t: Words) -> Sequence[Tile]:
    """What patients wait for an answer to; no tile while nobody does."""
    if not incidents:
        return ()
    return (Tile(t("tile_incidents"), _number(incidents), "care", t("tile_incidents_note")),)


def _trust(trust: TrustAge, at: datetime, t: Words) -> Tile:
    if trust.expires_at is None or trust.signed_at is None:
        return Tile(t("tile_trust_age"), t("tile_trust_none"), "bad")
    age = max(at - trust.signed_at, timedelta())
    if at >= trust.expires_at:
        return Tile(t("tile_trust_age"), _age(age, t), "bad", t("tile_trust_over"))
    mood = "good" if age < _OLD else "care"
    return Tile(
        t("tile_trust_age"), _age(age, t), mood, f"{t('tile_trust_until')} {_moment(trust.expires_at, t)}"
    )


def _trust_drawn(trust: TrustAge, at: datetime, t: Words) -> Markup | None:
    """The age of the trust list as one bar; None before the first list."""
    if trust.expires_at is None or trust.signed_at is None:
        return None
    whole = trust.expires_at - trust.signed_at
    gauge = Gauge("trust", max(at - trust.signed_at, timedelta()), min(_OLD, whole), whole)
    words = GaugeWords(
        t("tile_trust_age"),
        f"{_age(gauge.passed, t)} / {_age(whole, t)}",
        t("gauge_signed"),
        t("gauge_look").format(age=_age(gauge.look_from, t)),
        t("gauge_ends").format(age=_age(whole, t)),
    )
    return gauge_of(gauge, words)


def _own(figures: InsurerFigures, t: Words) -> Sequence[Tile]:
    stale = figures.current < figures.contracts
    return [
        Tile(t("tile_contracts"), _number(figures.contracts)),
        Tile(
            t("tile_current"),
            _number(figures.current),
            "care" if stale else "good",
            t("tile_current_note") if stale else "",
        ),
        Tile(t("tile_asked"), _number(figures.asked)),
    ]


def _drawn(plot: DailyPlot, t: Words) -> dict[str, Any]:
    """A plot as the template shows it: the drawing, and the same numbers in rows, newest first."""

    def label(name: str) -> str:
        words = (f"{_CODES_OF.get(plot.name, 'series')}_{name}", f"series_{name}")
        known = next((word for word in words if word in WORDS), None)
        return name if known is None else t(known)

    day_label = _day_label(t)
    rows = [
        (day_label(day), [series.values[at] for series in plot.series])
        for at, day in reversed(list(enumerate(plot.days)))
        if any(series.values[at] for series in plot.series)
    ]
    said = (
        t("plot_axis").format(first=day_label(plot.days[0]), last=day_label(plot.days[-1]), most=plot.highest)
        if plot.highest
        else t("plot_empty")
    )
    return {
        "name": plot.name,
        "svg": svg_of(
            plot,
            PlotWords(t(f"plot_{plot.name}"), said, t(f"plot_{plot.name}_unit"), t("axis_day"), day_label),
        ),
        "key": [(swatch_of(plot, at), label(series.name)) for at, series in enumerate(plot.series)],
        "labels": [label(series.name) for series in plot.series] or [t("total")],
        "rows": rows,
        "totals": [series.total for series in plot.series] or [0],
        "empty": plot.highest == 0,
    }


def _age(age: timedelta, t: Words) -> str:
    minutes = int(age.total_seconds() // 60)
    if minutes < 120:  # noqa: PLR2004 - two hours
        return t("age_minutes").format(n=minutes)
    hours = minutes // 60
    if hours < 72:  # noqa: PLR2004 - three days
        return t("age_hours").format(n=hours)
    return t("age_days").format(n=hours // 24)


def _month(number: int, t: Words) -> str:
    return t("months").split()[number - 1]


def _day_label(t: Words) -> Callable[[date], str]:
    """Gives a day as an axis says it: 21/11, or 21 Nov."""
    return lambda day: t("axis_date").format(day=day.day, month=day.month, name=_month(day.month, t))


def _moment(at: datetime, t: Words) -> str:
    there = at.astimezone(_FRANCE)
    day = t("first_of_month") if there.day == 1 else str(there.day)
    return f"{day} {_month(there.month, t)} {there.year} {t('at')} {there:%H:%M}"


def _number(count: int) -> str:
    return f"{count:,}".replace(",", "\N{NO-BREAK SPACE}")
