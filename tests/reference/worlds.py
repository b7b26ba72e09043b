"""Small worlds drawn by hypothesis: a few states, one or two bodies, and rules mixed at random."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st

import waico
from waico.scenarios.load import check
from waico.scenarios.schema import Scenario

BASE = waico.load_scenario("waic2025")
START = BASE.freeze_date
CODES = (
    "ARE", "AUS", "BRA", "DEU", "EGY", "FRA", "GBR", "HUN", "IDN", "IND", "ITA", "JPN", "KEN", "KOR", "MEX", "NGA",
    "PAK", "POL", "QAT", "RUS", "SAU", "SGP", "SRB", "ZAF", "ZMB",
)  # fmt: skip
ISSUES = tuple(BASE.issue_ids)
SHOCKS: tuple[tuple[str, Any], ...] = (
    ("decision.b_pressure", 0.0),
    ("decision.b_cost", 2.5),
    ("decision.b0", -1.0),
    ("decision.partner.b0", -1.0),
    ("nations.tolerance", 0.01),
    ("nations.extremity", 2.0),
    ("nations.openness", 0.9),
    ("nations.DEU.ideal.agenda", 0.9),
    ("rounds.days", 17),
    ("institutions.waico.opening.agenda", 0.2),
    ("institutions.waico.status_quo.agenda", 0.8),
    ("institutions.waico.inducement.budget", 0.2),
    ("institutions.waico.capacity_benefit", 3.0),
    ("institutions.waico.signature.window_days", 50),
    ("institutions.waico.exclusive_from", START + timedelta(200)),
    ("institutions.waico.signature.ceremony", START + timedelta(100)),
    ("institutions.waico.proposed", START + timedelta(70)),
    ("institutions.waico.gate.kind", "values"),
    ("institutions.waico.gate.kind", "open"),
    ("nations.DEU.forced.waico", "endorsed"),
    ("nations.DEU.forced.waico", "out"),
    ("decision.ratify.median_days", 10.0),
    ("rounds.horizon", START + timedelta(250)),
    ("rounds.window_days", 11),
    ("institutions.waico.inducement.counter", 0.7),
    ("institutions.waico.adoption.rule", "weighted_majority"),
    ("institutions.waico.partisanship", 0.2),
    ("institutions.waico.region", "aiib_regional"),
    ("institutions.waico.market_benefit", 1.5),
    ("institutions.waico.signature.launch", False),
)


def days(low: int, high: int) -> st.SearchStrategy[date]:
    """Dates so many days after the start."""
    return st.integers(low, high).map(lambda n: START + timedelta(n))


def numbers(low: float, high: float) -> st.SearchStrategy[float]:
    return st.integers(0, 100).map(lambda n: low + (high - low) * n / 100)


def adoptions() -> st.SearchStrategy[dict[str, Any]]:
    rules = st.one_of(
        st.fixed_dictionaries(
            {
                "rule": st.just("consensus"), "walkout": st.booleans(), "veto_share": numbers(0, 0.3),
                "epsilon": numbers(0.01, 0.3),
            }
        ),
        st.fixed_dictionaries(
            {"rule": st.just("supermajority"), "share": numbers(0.2, 1), "epsilon": numbers(0.01, 0.3)}
        ),
        st.fixed_dictionaries({"rule": st.just("weighted_majority"), "share": numbers(0.2, 0.9)}),
        st.fixed_dictionaries({"rule": st.just("coalition_of_the_willing"), "states": st.integers(1, 8)}),
    )  # fmt: skip
    timing = st.fixed_dictionaries({"lapse_days": st.integers(0, 120)}, optional={"earliest": days(0, 150)})
    return st.builds(lambda rule, when: {**rule, **when}, rules, timing)


def gates() -> st.SearchStrategy[dict[str, Any]]:
    return st.one_of(
        st.just({"kind": "open"}),
        st.fixed_dictionaries({"kind": st.just("values"), "minimum_polyarchy": numbers(0.1, 0.8)}),
        st.fixed_dictionaries(
            {
                "kind": st.just("invitation"), "rate": numbers(0.05, 2.0), "b_align": numbers(-1, 1),
                "b_size": numbers(0, 1),
            }
        ),
    )  # fmt: skip


def endorsements() -> st.SearchStrategy[dict[str, Any] | None]:
    stage = st.fixed_dictionaries({"launch": st.booleans()}, optional={"opens": days(0, 90), "closes": days(60, 240)})
    return st.none() | stage


def signatures() -> st.SearchStrategy[dict[str, Any]]:
    both = {"window_days": st.integers(5, 90), "launch": st.booleans()}
    fixed = st.fixed_dictionaries({"ceremony": days(30, 240), **both})
    return fixed | st.fixed_dictionaries({"after_days": st.integers(20, 200), **both})


def bodies(codes: list[str], name: str) -> st.SearchStrategy[dict[str, Any]]:
    """What differs from the bundled institution of that name."""
    some = st.lists(st.sampled_from(codes), unique=True, max_size=5)
    force = st.fixed_dictionaries(
        {"ratifications": st.integers(1, 6), "quota_share": numbers(0, 0.9)},
        optional={"quota_group": st.sampled_from(["oecd", "brics"])},
    )
    proposed = {"proposed": days(0, 45)} if name == "waico" else {}
    return st.fixed_dictionaries(
        {
            "dated": st.just(name == "waico"), "adoption": adoptions(), "gate": gates(), "endorsement": endorsements(), "signature": signatures(),
            "participants": st.sampled_from(["all", "engaged"]) | some, "named": some, "entry_into_force": force,
            "bloc": st.sampled_from([None, "eu", "brics", "nato"]), "agenda_power": numbers(0, 1), "rival_pressure": numbers(0, 2),
            "partisanship": numbers(0, 1), "region": st.sampled_from([None, "aiib_regional", "eu"]), "market_benefit": numbers(0, 2),
        },
        optional={
            "exclusive_from": days(0, 300), "capacity_benefit": numbers(0, 2), "crowding": numbers(0, 0.5), **proposed,
            "inducement": st.fixed_dictionaries(
                {"budget": numbers(0, 0.3), "price": numbers(0.02, 0.3), "counter": numbers(0, 1)}
            ),
        },
    ).map(within_agreement)  # fmt: skip


def within_agreement(body: dict[str, Any]) -> dict[str, Any]:
    """Leave out what model and text are known to read differently (`test_departures`).

    No day on which endorsement opens for a body that is tabled at any time.
    """
    if body["endorsement"] and not body["dated"]:
        body = {**body, "endorsement": {**body["endorsement"], "opens": None}}
    return {key: value for key, value in body.items() if key != "dated"}


def overrides(codes: list[str]) -> st.SearchStrategy[dict[str, Any]]:
    line = st.fixed_dictionaries({}, optional={"floor": numbers(0, 0.5), "ceiling": numbers(0.4, 1)})
    status = st.sampled_from(["out", "endorsed", "signed"])
    own = st.fixed_dictionaries(
        {},
        optional={
            "red_lines": st.dictionaries(st.sampled_from(ISSUES), line, max_size=1),
            "forced": st.fixed_dictionaries({"waico": status}),
            "tolerance": numbers(0, 0.4), "openness": numbers(0, 1),
            "ideal": st.dictionaries(st.sampled_from(ISSUES), numbers(0, 1), max_size=2),
            "salience": st.dictionaries(st.sampled_from(ISSUES), numbers(0.1, 3), max_size=2),
        },
    )  # fmt: skip
    return st.dictionaries(st.sampled_from(codes), own, max_size=3)


def decisions() -> st.SearchStrategy[dict[str, Any]]:
    loose = st.fixed_dictionaries({"mean": numbers(-1, 2), "sd": numbers(0, 2)}, optional={"lower": numbers(-3, 1)})
    prior = loose.map(lambda p: {**p, "lower": min(p["lower"], p["mean"])} if "lower" in p else p)
    return st.fixed_dictionaries(
        {
            "b0": numbers(-4, -0.5),
            "ratify": st.fixed_dictionaries({"median_days": numbers(20, 200)}),
            "withdraw": st.fixed_dictionaries({"margin": numbers(0, 2), "days": st.integers(10, 90)}),
            "partner": st.fixed_dictionaries({"b0": numbers(-4, 0), "synergy": numbers(0, 2)}),
        },
        optional={
            "b_peers": numbers(0, 3) | prior, "b_exclusive": numbers(0, 3), "credibility": numbers(0, 10) | prior,
            "b_region": numbers(-2, 2), "b_size": prior, "b_align": prior, "correlation": correlations(),
        },
    )  # fmt: skip


def correlations() -> st.SearchStrategy[dict[str, dict[str, float]]]:
    """None, pairs apart, and a chain over a third: all of them possible, stated in either order."""
    pairs = st.tuples(numbers(-0.9, 0.9), numbers(-0.9, 0.9))
    apart = pairs.map(lambda r: {"b_align": {"b_peers": r[0]}, "b_size": {"b_launch": r[1]}})
    weak = st.tuples(numbers(-0.7, 0.7), numbers(-0.7, 0.7))
    chain = weak.map(lambda r: {"b_size": {"b_peers": r[0]}, "b_peers": {"credibility": r[1]}})
    return st.just({}) | apart | chain


def levers() -> st.SearchStrategy[dict[str, Any]]:
    """Export controls and open models."""
    control = st.fixed_dictionaries({
        "id": st.just("chips"), "by": st.sampled_from([["USA"], ["CHN"], ["KOR", "TWN", "USA"]]),
        "layers": st.sampled_from([["chip"], ["cloud", "model"]]), "on": st.sampled_from([["CHN"], ["CHN", "USA"]]),
        "strength": numbers(0, 0.95), "dependence": numbers(0, 1), "active": st.booleans(),
    })  # fmt: skip
    return st.fixed_dictionaries({"controls": st.lists(control, max_size=1), "open_models": numbers(0, 1)})


def shocks() -> st.SearchStrategy[list[dict[str, Any]]]:
    change = st.sampled_from(SHOCKS).map(lambda shock: {"path": shock[0], "value": shock[1]})
    dated = st.builds(lambda what, when: {**what, "date": when}, change, days(-20, 300))
    numbered = st.builds(lambda what, when: {**what, "round": when}, change, st.integers(1, 12))
    return st.lists(dated | numbered, max_size=3)


@st.composite
def worlds(draw: st.DrawFn) -> Scenario:
    """A scenario of 6 to 14 states with China and the United States, over 14 months."""
    others = draw(st.lists(st.sampled_from(CODES), unique=True, min_size=4, max_size=12))
    codes = sorted(["CHN", "USA", *others])
    tree = BASE.model_dump()
    tree["nations"] |= {"subset": codes, "overrides": draw(overrides(codes)), "sigma_ideal": draw(numbers(0, 0.2))}
    tree["nations"]["ignore"] = draw(st.sampled_from([[], ["bri"], ["sco", "oecd"], ["us_ally"]]))
    tree["rounds"] = {
        "days": draw(st.integers(10, 45)), "window_days": draw(st.integers(3, 10)),
        "horizon": START + timedelta(draw(st.integers(360, 450))),
    }  # fmt: skip
    number = draw(st.integers(1, 2))
    tree["institutions"] = [
        {**body, **draw(bodies(codes, body["id"]))} for body in tree["institutions"][:number]
    ]
    protocol = draw(st.sampled_from(["compromise", "compromise", "exchange", "challenge"]))
    tree["bargaining"] = {"protocol": protocol, "rate": draw(numbers(0.05, 1))}
    tree["decision"] |= draw(decisions())
    tree["firms"] = {**tree["firms"], **draw(levers())} if draw(st.booleans()) else None
    answers = tree["institutions"][-1]["answers"]
    if answers:
        answers["escalation"] = draw(numbers(0, 5))
    tree["shocks"] = draw(shocks())
    tree["assumptions"] = {}
    impossible = [] if "DEU" in codes else [path for path, _ in SHOCKS if "DEU" in path]
    impossible += ["institutions.waico.signature.ceremony"] if "after_days" in tree["institutions"][0]["signature"] else []
    tree["shocks"] = [shock for shock in tree["shocks"] if shock["path"] not in impossible]
    scenario = Scenario.model_validate(tree)
    check(scenario)
    return scenario
