"""Reference implementation: the states, firms and bodies of a scenario, as section 3.2 of docs/odd.md has them.

Written from that text alone, one agent at a time and without array code, to be compared with the model. Nothing here
changes during a run; a shock builds a new world from the changed scenario and the same keyed draws.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from statistics import NormalDist
from typing import Any

from waico.agents.draws import Draws
from waico.scenarios.facts import Facts, load_facts
from waico.scenarios.schema import Institution, Issue, Prior, RedLine, Scenario
from waico.scenarios.tables import read_table

CLUBS = ("us_ally", "nato", "eu", "oecd", "sco", "brics")
SIZES = {"small": 0.5, "medium": 1.0, "large": 2.0}
STANDARD_ROUNDING = 1e-12
COEFFICIENTS = (
    "b0", "b_late", "b_launch", "b_deadline", "b_align", "b_camp", "b_trade", "b_size", "b_prox", "b_need", "b_region", "b_peers",
    "b_pressure", "credibility", "b_fit", "b_capacity", "b_market", "b_network", "b_offer", "b_cost", "b_exclusive",
)  # fmt: skip


@dataclass
class State:
    """A state: what the tables and the draws make of it."""

    code: str
    row: dict[str, Any]
    trade: list[float]
    gdp_share: float = 0.0
    weight: float = 0.0
    need: float = 0.0
    size: float = 0.0
    plain_ideal: list[float] = field(default_factory=list)
    ideal: list[float] = field(default_factory=list)
    salience: list[float] = field(default_factory=list)
    tolerance: float = 0.0
    openness: float = 0.0
    red_lines: dict[int, RedLine] = field(default_factory=dict)
    effect: float = 0.0
    ties: list[tuple[int, float]] = field(default_factory=list)


@dataclass
class Firm:
    """A firm: where it stands, sells and lobbies."""

    name: str
    home: int | None
    position: list[float]
    salience: list[float]
    budget: float
    technology: float
    layer: str
    market: list[float]
    access: list[float]
    made: float
    opened: float
    clubs: set[str]
    allies: list[tuple[int, float]] = field(default_factory=list)
    completed_by: list[tuple[int, float]] = field(default_factory=list)


@dataclass
class Body:
    """An institution: its rules, and what each state is to it. Lists run over the states."""

    spec: Institution
    sponsor: int
    rival: int
    rival_body: int | None
    others: list[int]
    opening: list[float]
    status_quo: list[float]
    coefficients: dict[str, float]
    covariates: dict[str, list[float]] = field(default_factory=dict)
    leverage: list[float] = field(default_factory=list)
    rival_camp: list[float] = field(default_factory=list)
    side: list[int] = field(default_factory=list)
    quota: list[float] = field(default_factory=list)
    bloc: list[bool] = field(default_factory=list)
    endorse_at: list[float] = field(default_factory=list)
    sign_at: list[float] = field(default_factory=list)
    invite_at: list[float] = field(default_factory=list)
    lag: list[float] = field(default_factory=list)
    partner_at: list[float] = field(default_factory=list)


class World:
    """All agents of a scenario."""

    def __init__(self, scenario: Scenario, draws: Draws) -> None:
        self.scenario, self.draws = scenario, draws
        self.facts = load_facts(scenario)
        self.affiliations = read_table("affiliations", scenario.name, "affiliations", None)
        self.codes = [str(code) for code in self.facts.nations.index]
        self.binding = [k for k, issue in enumerate(scenario.issues) if issue.binding]
        self.in_fit = [k for k, issue in enumerate(scenario.issues) if issue.in_fit]
        self.states = make_states(scenario, self.facts, draws)
        self.firms = make_firms(scenario, self.facts, self.states)
        self.bodies = [make_body(spec, self) for spec in scenario.institutions]

    def day(self, date: Any) -> int | None:
        """Days from the freeze date."""
        return None if date is None else (date - self.scenario.freeze_date).days


# States


def make_states(scenario: Scenario, facts: Facts, draws: Draws) -> list[State]:
    rows = [dict(row) for _, row in facts.nations.iterrows()]
    states = [
        State(str(code), row, [float(share) for share in facts.trade[i]])
        for i, (code, row) in enumerate(zip(facts.nations.index, rows, strict=True))
    ]
    set_weights(states, scenario)
    set_indices(states)
    set_ideals(states, scenario, facts, draws)
    set_characters(states, scenario, draws)
    set_ties(states, scenario)
    return states


def normalized(values: list[float]) -> list[float]:
    """Values that sum to 1, or all 0."""
    total = sum(values)
    return [value / total for value in values] if total > 0 else [0.0 for _ in values]


def set_weights(states: list[State], scenario: Scenario) -> None:
    gdp = normalized([state.row["gdp"] for state in states])
    models = normalized([state.row["ai_models"] for state in states])
    part = scenario.nations.weight
    for state, g, m in zip(states, gdp, models, strict=True):
        state.gdp_share = g
        state.weight = (part.gdp * g + part.ai_models * m) / (part.gdp + part.ai_models) if any(models) else g


def set_indices(states: list[State]) -> None:
    heads = [state.row["gdp"] / state.row["population"] for state in states]
    logs = [math.log(state.row["gdp"]) for state in states]
    low, high = min(logs), max(logs)
    for state, head, log in zip(states, heads, logs, strict=True):
        rank = sum(other < head for other in heads) + (sum(other == head for other in heads) + 1) / 2
        state.need = 1 - (rank - 1) / (len(states) - 1)
        state.size = (log - low) / (high - low) if high > low else 0.0


def expit(x: float) -> float:
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))


def mapped_ideal(issue: Issue, state: State, poles: tuple[float, float]) -> float:
    """An ideal point from covariates."""
    china, america = poles
    g = (state.row["unga"] - china) / (america - china)
    dem, eu = state.row["polyarchy"], state.row["eu"]
    known = {
        "constant": 1.0, "g": g, "g_west": 1.0 if g > 0.95 else 0.0, "dem": dem, "eu": eu, "dem_eu": dem * eu,
        "need": state.need, "cap": state.size, "ally": state.row["us_ally"],
    }  # fmt: skip
    return expit(sum(coefficient * known[name] for name, coefficient in issue.ideal.items()))


def spoken_position(issue: Issue, signs: dict[str, float]) -> float | None:
    """The mean position of the acts that speak to an issue."""
    positions = []
    for letter, sign in issue.stance.items():
        value = float(signs.get(letter, math.nan))
        if not math.isnan(value):
            place = 0.5 + 0.2 * value
            positions.append(place if sign == 1 else 1 - place)
    return sum(positions) / len(positions) if positions else None


def set_ideals(states: list[State], scenario: Scenario, facts: Facts, draws: Draws) -> None:
    codes = [state.code for state in states]
    acts = {str(code): dict(row) for code, row in facts.stances.iterrows()} if scenario.nations.stances else {}
    for issue in scenario.issues:
        noise = draws.normal("ideal", codes, issue.id)
        for i, state in enumerate(states):
            place = mapped_ideal(issue, state, facts.poles)
            spoken = spoken_position(issue, acts.get(state.code, {}))
            place = place if spoken is None else spoken
            override = scenario.nations.overrides.get(state.code)
            place = override.ideal.get(issue.id, place) if override else place
            state.plain_ideal.append(place)
            state.ideal.append(min(1.0, max(0.0, place + scenario.nations.sigma_ideal * float(noise[i]))))


def set_characters(states: list[State], scenario: Scenario, draws: Draws) -> None:
    """Salience, tolerance, openness, red lines and the nation effect."""
    effects = draws.normal("nation", [state.code for state in states])
    for i, state in enumerate(states):
        own = scenario.nations.overrides.get(state.code)
        salience = own.salience if own else {}
        usual = [
            issue.salience * (1 + scenario.nations.extremity * abs(2 * x - 1))
            for issue, x in zip(scenario.issues, state.plain_ideal, strict=True)
        ]
        state.salience = normalized([salience.get(i.id, s) for i, s in zip(scenario.issues, usual, strict=True)])
        tolerance, openness = (own.tolerance, own.openness) if own else (None, None)
        state.tolerance = scenario.nations.tolerance if tolerance is None else tolerance
        state.openness = scenario.nations.openness if openness is None else openness
        lines = own.red_lines if own else {}
        state.red_lines = {k: lines[issue.id] for k, issue in enumerate(scenario.issues) if issue.id in lines}
        state.effect = float(effects[i])


def set_ties(states: list[State], scenario: Scenario) -> None:
    part = scenario.nations.ties
    for i, state in enumerate(states):
        others = [(h, other) for h, other in enumerate(states) if h != i]
        trade = normalized([state.trade[h] for h, _ in others])
        region = normalized([float(other.row["subregion"] == state.row["subregion"]) for _, other in others])
        clubs = normalized([float(sum(state.row[c] * other.row[c] for c in CLUBS)) for _, other in others])
        summed = [
            part.trade * t + part.region * r + part.alliance * a for t, r, a in zip(trade, region, clubs, strict=True)
        ]
        state.ties = [(h, tie) for (h, _), tie in zip(others, normalized(summed), strict=True) if tie != 0]


# Firms


def make_firms(scenario: Scenario, facts: Facts, states: list[State]) -> list[Firm]:
    if scenario.firms is None:
        return []
    rows = [(str(name), dict(row)) for name, row in facts.firms.iterrows()]
    budget, technology = firm_shares(rows, facts)
    salience = normalized([issue.salience for issue in scenario.issues])
    codes = [state.code for state in states]
    trade = {str(home): [float(share) for share in shares] for home, shares in facts.firm_trade.iterrows()}
    firms = []
    for (name, row), b, t in zip(rows, budget, technology, strict=True):
        home = codes.index(row["home"]) if row["home"] in codes else None
        position = [firm_position(issue, k, row, home, states) for k, issue in enumerate(scenario.issues)]
        opened = scenario.firms.open_models if row["o"] > 0 else 0.0
        access, kept = under_control(scenario, row, codes)
        at_home = scenario.firms.home_exposure * (1 - opened)
        market = firm_market(list(trade[row["home"]]), home, at_home, access)
        clubs = set(filter(None, row["alliances"].split(";")))
        clubs |= {alliance.id for alliance in scenario.firms.alliances if alliance.active and name in alliance.members}
        firms.append(
            Firm(
                name, home, position, salience, b * scenario.firms.total_lobbying, t, row["layer"], market, access,
                t * kept, opened, clubs,
            )
        )  # fmt: skip
    set_allies(firms)
    return firms


def firm_shares(rows: list[tuple[str, dict[str, Any]]], facts: Facts) -> tuple[list[float], list[float]]:
    """Each firm's part of all budgets and of all technology."""
    layers = {str(layer): dict(row) for layer, row in facts.layers.iterrows()}
    budgets = [float(layers[row["layer"]]["budget"]) * SIZES[row["size_class"]] for _, row in rows]
    technologies = [float(layers[row["layer"]]["technology"]) * SIZES[row["size_class"]] for _, row in rows]
    return normalized(budgets), normalized(technologies)


def firm_position(issue: Issue, k: int, row: dict[str, Any], home: int | None, states: list[State]) -> float:
    spoken = spoken_position(issue, row)
    if spoken is not None:
        return spoken
    return 0.5 if home is None else states[home].plain_ideal[k]


def under_control(scenario: Scenario, row: dict[str, Any], codes: list[str]) -> tuple[list[float], float]:
    """What of a firm's deliveries reaches each state, and what of its technology it can make."""
    access, kept = [1.0] * len(codes), 1.0
    assert scenario.firms is not None
    for control in scenario.firms.controls:
        if control.active and row["home"] in control.by and row["layer"] in control.layers:
            access = [a * (1 - control.strength) if c in control.on else a for a, c in zip(access, codes, strict=True)]
        if control.active and row["home"] in control.on:
            kept *= 1 - control.strength * control.dependence
    return access, kept


def firm_market(trade: list[float], home: int | None, exposure: float, access: list[float]) -> list[float]:
    market = normalized(trade)
    if home is not None:
        market = [(1 - exposure) * share + (exposure if i == home else 0.0) for i, share in enumerate(market)]
    reached = normalized([share * open_ for share, open_ in zip(market, access, strict=True)])
    return [share * sum(market) for share in reached]


def set_allies(firms: list[Firm]) -> None:
    for f, firm in enumerate(firms):
        allied = [float(g != f and bool(firm.clubs & other.clubs)) for g, other in enumerate(firms)]
        firm.allies = [(g, share) for g, share in enumerate(normalized(allied)) if share > 0]
        other = [a if firms[g].layer != firm.layer else 0.0 for g, a in enumerate(allied)]
        firm.completed_by = [(g, share) for g, share in enumerate(normalized(other)) if share > 0]


# Bodies


def make_body(spec: Institution, world: World) -> Body:
    sponsor, rival = world.codes.index(spec.sponsor), world.codes.index(spec.rival)
    issues = world.scenario.issue_ids
    sponsors = [other.sponsor for other in world.scenario.institutions]
    body = Body(
        spec, sponsor, rival,
        rival_body=sponsors.index(spec.rival) if spec.rival in sponsors else None,
        others=[i for i in range(len(world.codes)) if i not in (sponsor, rival)],
        opening=[spec.opening[k] for k in issues],
        status_quo=[spec.status_quo[k] for k in issues],
        coefficients=draw_coefficients(spec.id, world),
    )  # fmt: skip
    set_covariates(body, world)
    set_leverage(body, world)
    set_quota(body, world)
    body.bloc = [spec.bloc is not None and bool(state.row[spec.bloc]) for state in world.states]
    set_thresholds(body, world)
    return body


def draw_coefficients(body_id: str, world: World) -> dict[str, float]:
    """A number for each coefficient; draws hang together as the scenario says, each keeping the prior of its own."""
    decision = world.scenario.decision
    values = {name: getattr(decision, name) for name in COEFFICIENTS}
    loose = [float(world.draws.normal("coefficient", [name], body_id)[0]) for name in COEFFICIENTS]
    found = {}
    for row, (name, parts) in enumerate(zip(COEFFICIENTS, lower_factor(decision.correlation), strict=True)):
        tied = sum(part * draw for part, draw in zip(parts, loose[: row + 1], strict=True))
        found[name] = draw_from(values[name], tied)
    return found


def draw_from(value: float | Prior, tied: float) -> float:
    """A prior at the quantile of a standard normal draw; a number stays what it is."""
    if not isinstance(value, Prior):
        return float(value)
    if value.sd == 0:
        return value.mean
    cut = 0.0 if value.lower is None else below((value.lower - value.mean) / value.sd)
    return value.mean + value.sd * NormalDist().inv_cdf(cut + (1 - cut) * below(tied))


def below(z: float) -> float:
    """The standard normal distribution function, exact in the lower tail too."""
    return math.erfc(-z / math.sqrt(2)) / 2


def lower_factor(stated: dict[str, dict[str, float]]) -> list[list[float]]:
    """The lower triangle whose product with its own mirror image is the correlation of all coefficients."""
    rows: list[list[float]] = []
    for i, name in enumerate(COEFFICIENTS):
        row: list[float] = []
        for k, other in enumerate(COEFFICIENTS[:i]):
            r = stated.get(name, {}).get(other, stated.get(other, {}).get(name, 0.0))
            row.append((r - sum(row[m] * rows[k][m] for m in range(k))) / rows[k][k])
        rows.append([*row, math.sqrt(1 - sum(part**2 for part in row))])
    return rows


def affiliation(role: str, sponsor: str, state: State, world: World) -> float:
    """The ties of a state to a sponsor in one role, weighted and scaled."""
    ignored = world.scenario.nations.ignore
    rows = [
        (float(row["weight"]), float(state.row[row["column"]]))
        for _, row in world.affiliations.iterrows()
        if row["sponsor"] == sponsor and row["role"] == role
        if row["column"] in state.row and row["column"] not in ignored
    ]
    scale = sum(abs(weight) for weight, _ in rows)
    return sum(weight * dummy for weight, dummy in rows) / scale if scale > 0 else 0.0


def great_circle(lat_1: float, lon_1: float, lat_2: float, lon_2: float) -> float:
    """Kilometres, by the haversine formula."""
    p, q = math.radians(lat_1), math.radians(lat_2)
    half = math.sin((p - q) / 2) ** 2 + math.cos(p) * math.cos(q) * math.sin(math.radians(lon_1 - lon_2) / 2) ** 2
    return 2 * 6371 * math.asin(min(1.0, math.sqrt(half)))


def set_covariates(body: Body, world: World) -> None:
    spec, states = body.spec, world.states
    x_s, x_r = states[body.sponsor].row["unga"], states[body.rival].row["unga"]
    middle, half = (x_s + x_r) / 2, (x_s - x_r) / 2
    alignment = [(state.row["unga"] - middle) / half if half != 0 else 0.0 for state in states]
    camp = [
        affiliation("camp", spec.sponsor, state, world) - affiliation("camp", spec.rival, state, world)
        for state in states
    ]
    km = [great_circle(s.row["capital_lat"], s.row["capital_lon"], spec.seat.lat, spec.seat.lon) for s in states]
    raw = {
        "alignment": alignment,
        "camp": residuals(camp, alignment, body.others),
        "trade": [state.trade[body.sponsor] - state.trade[body.rival] for state in states],
        "size": [math.log(state.row["gdp"]) for state in states],
        "proximity": [-math.log(max(distance, 500.0)) for distance in km],
        "need": [state.need for state in states],
    }
    body.covariates = {name: standardized(values, body.others) for name, values in raw.items()}
    body.covariates["region"] = [0.0 if spec.region is None else float(state.row[spec.region]) for state in states]
    body.side = [int(math.copysign(1, value)) if round(value, 9) != 0 else 0 for value in camp]


def residuals(y: list[float], x: list[float], among: list[int]) -> list[float]:
    """What the least-squares line through some of the points leaves of all of them."""
    mean_x, mean_y = sum(x[i] for i in among) / len(among), sum(y[i] for i in among) / len(among)
    variation = sum((x[i] - mean_x) ** 2 for i in among)
    slope = sum((x[i] - mean_x) * (y[i] - mean_y) for i in among) / variation if variation > 0 else 0.0
    return [b - mean_y - slope * (a - mean_x) for a, b in zip(x, y, strict=True)]


def standardized(values: list[float], among: list[int]) -> list[float]:
    mean = sum(values[i] for i in among) / len(among)
    deviation = math.sqrt(sum((values[i] - mean) ** 2 for i in among) / len(among))
    return [(value - mean) / deviation if deviation >= STANDARD_ROUNDING else 0.0 for value in values]


def set_leverage(body: Body, world: World) -> None:
    allied = [affiliation("alliance", body.spec.rival, state, world) for state in world.states]
    body.leverage = [
        a + (1 - a) * min(1.0, state.trade[body.rival] / 0.5) for a, state in zip(allied, world.states, strict=True)
    ]
    camp = [
        0.0 if i == body.rival else a * state.weight
        for i, (a, state) in enumerate(zip(allied, world.states, strict=True))
    ]
    body.rival_camp = normalized(camp)


def set_quota(body: Body, world: World) -> None:
    force, shares = body.spec.entry_into_force, [state.gdp_share for state in world.states]
    if force.quota_group is None:
        body.quota = shares
        return
    inside = [bool(state.row[force.quota_group]) for state in world.states]
    members = normalized([share if held else 0.0 for share, held in zip(shares, inside, strict=True)])
    rest = normalized([0.0 if held else share for share, held in zip(shares, inside, strict=True)])
    part = force.quota_group_share
    body.quota = normalized([part * m + (1 - part) * r for m, r in zip(members, rest, strict=True)])


def set_thresholds(body: Body, world: World) -> None:
    draws, codes, name = world.draws, world.codes, body.spec.id
    body.endorse_at = [float(x) for x in draws.exponential("endorse", codes, name)]
    body.sign_at = [float(x) for x in draws.exponential("sign", codes, name)]
    body.invite_at = [float(x) for x in draws.exponential("invite", codes, name)]
    body.lag = [float(x) for x in draws.normal("ratify", codes, name)]
    body.partner_at = [float(x) for x in draws.exponential("partner", [firm.name for firm in world.firms], name)]
    for i, code in enumerate(codes):
        override = world.scenario.nations.overrides.get(code)
        forced = override.forced.get(name) if override else None
        if forced == "out":
            body.endorse_at[i] = body.sign_at[i] = math.inf
        elif forced is not None:
            body.endorse_at[i] = 0.0
            body.sign_at[i] = 0.0 if forced == "signed" else body.sign_at[i]
