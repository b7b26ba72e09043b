"""The scenario: every assumption of a run, typed, bounded and described.

One schema with three readers: it validates scenario files, it hands the model its parameters, and it makes the
parameter table of the ODD document (`waico.scenarios.reference.parameter_table`). A scenario is frozen; `waico.scenarios.paths.replace` makes
a changed copy.

Units: shares, indices and positions are in [0, 1]; rates are per 30 days; coefficients act on standardized covariates.
The file is long because it is a catalogue: one line per parameter.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from datetime import date as Date  # a field of Shock is called date
from difflib import get_close_matches
from typing import Annotated, Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator

from waico.scenarios.errors import nearest, wrong

NATION_CODE = re.compile(r"^[A-Z]{3}$")
IDENTIFIER = re.compile(r"^[a-z][a-z0-9_]*$")
ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
Share = Annotated[float, Field(ge=0, le=1)]
Effect = Annotated[float, Field(ge=-1000, le=1000)]   # on the log hazard; more would only overflow
NationCode = Annotated[str, Field(pattern=NATION_CODE.pattern)]
Identifier = Annotated[str, Field(pattern=IDENTIFIER.pattern, max_length=40)]
Status = Literal["out", "endorsed", "signed"]

MAX_DAYS = 36600   # a century: keeps a mistyped year from filling the memory
FARTHEST_CUT = 5.0   # standard deviations above the mean from which on a cut normal is only rounding error
FEATURES = ("constant", "g", "g_west", "dem", "eu", "dem_eu", "need", "cap", "ally")   # of `covariates.features`
STANCES = ("b", "o", "u", "x", "i", "p", "seat")   # columns of stances.csv


def _once(names: list[str]) -> list[str]:
    """Refuse a list that names something twice."""
    for name in names:
        if names.count(name) > 1:
            raise wrong(f"names '{name}' {names.count(name)} times", "name it once")
    return names


NationCodes = Annotated[list[NationCode], AfterValidator(_once)]
Identifiers = Annotated[list[Identifier], AfterValidator(_once)]

JUDGEMENT = "judgement, to be swept"
DESIGN = "starting prior, before calibration"
REVISED = "starting prior, revised after the cases of history were looked at (docs/history.md)"


def param(default: Any, text: str, *, unit: str = "1", source: str = JUDGEMENT, **bounds: Any) -> Any:
    """A documented field: default, meaning, unit, source and bounds in one place."""
    return Field(default, description=text, json_schema_extra={"unit": unit, "source": source}, **bounds)


def as_date(value: Any) -> Any:
    """A date for text that is one; anything else as it is."""
    if isinstance(value, str) and ISO_DATE.fullmatch(value):
        with suppress(ValueError):
            return Date.fromisoformat(value)
    return value


def _known(place: str, names: Iterable[str], known: Iterable[str], kind: str) -> None:
    """Refuse the first of `names` that is not in `known`."""
    for name in names:
        if name not in known:
            raise wrong(f"there is no {kind} '{name}'", nearest(name, known), place)


class Section(BaseModel):
    """A table of a scenario file: immutable, and unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, strict=True)


class Choice(BaseModel):
    """A rule chosen by name together with that rule's own parameters, which the rule itself validates.

    Rules live in `waico.negotiation`, each with its parameters; see `waico.negotiation.registry`.
    """

    model_config = ConfigDict(extra="allow", frozen=True, allow_inf_nan=False, strict=True)

    @model_validator(mode="after")
    def _no_misspelt_key(self) -> Self:
        """A misspelt name of the rule would pass as a parameter of the default one."""
        for key in self.parameters:
            meant = get_close_matches(key, type(self).model_fields, n=1, cutoff=0.8)
            if meant:
                raise wrong("unknown key", f"did you mean '{meant[0]}'?", key)
        return self

    @property
    def parameters(self) -> dict[str, Any]:
        """The keys beside the rule's name."""
        return dict(self.model_extra or {})


class Rounds(Section):
    """How time is cut into rounds. A round is cut short at a date on which something opens or closes."""

    days: int = param(30, "length of a round", unit="days", ge=1, le=366)
    window_days: int = param(
        7, "length of a round between the opening of signature and its deadline", unit="days", ge=1, le=366
    )
    horizon: Date = param(Date(2028, 8, 26), "last day simulated", unit="date")


class Prior(Section):
    """A coefficient drawn once per replicate and institution: normal, cut off below `lower` if that is given."""

    mean: Effect = param(..., "mean of the normal before the cut", source="-")
    sd: float = param(..., "standard deviation of the normal before the cut", source="-", ge=0, le=1000)
    lower: Effect | None = param(None, "draws lie above this bound", source="-")

    @model_validator(mode="after")
    def _cut_leaves_something(self) -> Self:
        if self.lower is not None and self.lower > self.mean + FARTHEST_CUT * self.sd:
            raise wrong(
                f"has its lower bound {self.lower:g} more than {FARTHEST_CUT:g} sd above its mean {self.mean:g}",
                "give a lower bound that some draws pass",
            )
        return self


Coefficient = Effect | Prior


def prior(mean: float, sd: float, lower: float | None = None) -> Prior:
    """Shorthand for the defaults below."""
    return Prior(mean=mean, sd=sd, lower=lower)


class Weight(Section):
    """Capability of a state: a mean of shares of the world."""

    gdp: Share = param(0.75, "share given to the state's share of the GDP of all states")
    ai_models: Share = param(0.25, "share given to its share of notable AI models (0 where the count was not public)")

    @model_validator(mode="after")
    def _some_weight(self) -> Self:
        if self.gdp + self.ai_models <= 0:
            raise wrong("has no weight above 0", "give one of gdp and ai_models a weight above 0")
        return self


class Ties(Section):
    """How much each network counts when a state looks at its neighbours. Normalized to sum to 1."""

    trade: Share = param(0.5, "trade partners, by share of goods trade")
    region: Share = param(0.25, "states of the same subregion, equally")
    alliance: Share = param(0.25, "states in the same alliances and clubs, by how many they share")

    @model_validator(mode="after")
    def _some_tie(self) -> Self:
        if self.trade + self.region + self.alliance <= 0:
            raise wrong("has no weight above 0", "give one of trade, region and alliance a weight above 0")
        return self


class RedLine(Section):
    """A position a state will not cross on one issue."""

    floor: float | None = param(None, "the text may not lie below it", ge=0, le=1)
    ceiling: float | None = param(None, "the text may not lie above it", ge=0, le=1)


class NationOverride(Section):
    """What differs for one state. Written as `[nations.GBR]`."""

    ideal: dict[Identifier, Share] = param({}, "ideal point by issue")
    salience: dict[Identifier, Annotated[float, Field(gt=0, le=100)]] = param(
        {}, "salience by issue, before normalization"
    )
    tolerance: float | None = param(None, "loss accepted beyond the status quo", ge=0, le=1)
    openness: float | None = param(None, "openness to lobbying", ge=0, le=1)
    red_lines: dict[Identifier, RedLine] = param({}, "red lines by issue")
    forced: dict[Identifier, Status] = param({}, "by institution: kept out, or made to endorse or sign when it can")


class Nations(Section):
    """Which states take part, and what is assumed of each beyond the data."""

    table: str = param("nations", "bundled table, or a CSV beside the scenario file with the same columns", unit="-")
    subset: NationCodes = param([], "only these states; empty means all of the table", unit="ISO 3166 alpha-3")
    exclude: NationCodes = param([], "states left out", unit="ISO 3166 alpha-3")
    vintage: int | None = param(
        None, "newest year of data used; the newest public one if not given", unit="year", ge=1900
    )
    retrospective: list[str] = param([], "variables coded years later that are used knowingly", unit="-")
    ignore: list[str] = param(
        [], "variables of the table that tie no state to a sponsor here, such as the memberships to be told", unit="-"
    )
    without: list[Literal["trade", "unga"]] = param(
        [], "data left out: without `trade` every state trades the same share with all others, without `unga` all stand halfway between the two powers",
        unit="-",
    )
    stances: bool = param(True, "whether the stances read from acts of key states replace the mapping from covariates")
    sigma_ideal: float = param(0.08, "standard deviation of the noise on ideal points, per replicate", ge=0, le=0.5)
    tolerance: float = param(0.06, "loss accepted beyond the status quo before a state objects", ge=0, le=1)
    openness: float = param(0.3, "openness to lobbying: how far full pressure moves a stated position", ge=0, le=1)
    extremity: float = param(
        0.5, "how much more a state weighs an issue on which it stands at an end than one on which it stands in the middle",
        source="sign: Thomson & Stokman 2006 on EU decisions; size: judgement, to be swept", ge=0, le=10,
    )  # fmt: skip
    weight: Weight = param(Weight(), "capability")
    ties: Ties = param(Ties(), "networks among states")
    overrides: dict[NationCode, NationOverride] = param({}, "single states, written as [nations.GBR]")

    @model_validator(mode="before")
    @classmethod
    def _codes_are_overrides(cls, raw: Any) -> Any:
        """`[nations.GBR]` in a file is `overrides.GBR` here, so that file and path read alike."""
        if not isinstance(raw, dict):
            return raw
        codes = {key: value for key, value in raw.items() if NATION_CODE.fullmatch(str(key))}
        rest = {key: value for key, value in raw.items() if key not in codes}
        return {**rest, "overrides": {**rest.get("overrides", {}), **codes}} if codes else raw


class Alliance(Section):
    """Firms bound to each other: one's partnership draws in the others."""

    id: Identifier = param(..., "name in paths", unit="-")
    members: Identifiers = param(..., "firms", unit="-", min_length=2)
    active: bool = param(True, "whether it stands already; a shock may switch it on")
    source: str = param("", "where it was read", unit="-")


def _unique_ids(items: list[Any]) -> list[Any]:
    """Refuse entries that share an id."""
    for name, times in Counter(item.id for item in items if item.id is not None).items():
        if times > 1:
            raise wrong(f"has '{name}' {times} times", "give each its own id")
    return items


class Control(Section):
    """Export controls: what some firms may not deliver to some states."""

    id: Identifier = param(..., "name in paths", unit="-")
    by: NationCodes = param(..., "homes of the firms that it binds", unit="ISO 3166 alpha-3", min_length=1)
    layers: Identifiers = param(["chip"], "layers of the firms that it binds", unit="-", min_length=1)
    on: NationCodes = param(..., "states that it keeps from their technology", unit="ISO 3166 alpha-3", min_length=1)
    strength: float = param(0.5, "share of deliveries that it stops", ge=0, le=0.95)
    dependence: Share = param(
        0.5, "share of the technology of firms at home in those states that hangs on what is controlled"
    )
    active: bool = param(True, "whether it is in force already; a shock may lift or impose it")
    source: str = param("", "where it was read", unit="-")


class Firms(Section):
    """Firms: who lobbies whom, with what. A scenario without this table has no firms."""

    table: str = param("firms", "bundled table, or a CSV beside the scenario file with the same columns", unit="-")
    exclude: Identifiers = param([], "firms left out", unit="-")
    total_lobbying: float = param(1.0, "sum of all budgets", unit="budget per 30 days", ge=0, le=100)
    pressure_0: float = param(
        1.0, "lobbying per share of world GDP at which half of a state's openness is used", unit="budget", gt=0, le=1000
    )
    home_exposure: Share = param(0.5, "share of a firm's market at home; the rest follows its home's trade shares")
    alliances: Annotated[list[Alliance], AfterValidator(_unique_ids)] = param(
        [], "alliances of firms beyond those in the table"
    )
    controls: Annotated[list[Control], AfterValidator(_unique_ids)] = param([], "export controls")
    open_models: Share = param(
        0.0, "share of the technology of firms that favour open source which anybody may use, member or not"
    )


class Issue(Section):
    """One dimension of the text, from 0 to 1, and where states stand on it."""

    id: Identifier = param(..., "name in paths and tables", unit="-")
    low: str = param("", "what 0 means", unit="-")
    high: str = param("", "what 1 means", unit="-")
    binding: bool = param(False, "whether it is part of depth")
    in_fit: bool = param(True, "whether it counts when a state weighs the text against the status quo")
    salience: float = param(1.0, "weight in every state's loss, before normalization", gt=0, le=100)
    ideal: dict[str, Effect] = param({}, f"ideal point on the logit scale: coefficients of {', '.join(FEATURES)}")
    stance: dict[str, Literal[1, -1]] = param(
        {}, "stances that speak to this issue, and their sign; the mean of those known replaces the mapping", unit="-"
    )

    @field_validator("ideal", "stance")
    @classmethod
    def _known_names(cls, table: dict[str, Any], info: ValidationInfo) -> dict[str, Any]:
        _known("", table, FEATURES if info.field_name == "ideal" else STANCES, "variable")
        return table


class Seat(Section):
    """Where the body sits."""

    city: str = param(..., "city", unit="-")
    lat: float = param(..., "latitude", unit="degrees north", ge=-90, le=90)
    lon: float = param(..., "longitude", unit="degrees east", ge=-180, le=180)


class Answer(Section):
    """A sponsor that tables its charter in answer to another institution."""

    to: Identifier = param(..., "the institution answered", unit="-")
    momentum: Share = param(0.1, "weight share of other states that must have endorsed it")
    escalation: float = param(
        0.0, "growth of this sponsor's inducement budget per weight share that has endorsed it", ge=0, le=100
    )


class Endorsement(Section):
    """The stage before signature: applications, letters of intent. Without it, signing is endorsing."""

    opens: Date | None = param(None, "first day; from the proposal if not given", unit="date")
    closes: Date | None = param(None, "deadline; none if not given, and then joining late costs nothing", unit="date")
    launch: bool = param(False, "whether it opens with a ceremony")


class Signature(Section):
    """The ceremony and the window for original signatories."""

    ceremony: Date | None = param(None, "date of the ceremony", unit="date")
    after_days: int | None = param(None, "or: days from proposal to ceremony", unit="days", ge=1, le=3660)
    window_days: int = param(31, "days during which the text is open at first", unit="days", ge=1, le=3660)
    launch: bool = param(True, "whether it opens with a ceremony, which draws signatures; without one it is just a date")

    @model_validator(mode="after")
    def _one_date(self) -> Self:
        if (self.ceremony is None) == (self.after_days is None):
            both = "both ceremony and after_days" if self.ceremony else "neither ceremony nor after_days"
            raise wrong(f"has {both}", "give exactly one of them")
        return self


class EntryIntoForce(Section):
    """When the body comes into force."""

    ratifications: int = param(10, "number of ratifications", unit="states", ge=1, le=200)
    quota_share: Share = param(0.0, "share of the signatories' capital quota that must have ratified")
    quota_group: str | None = param(None, "0/1 variable of the states that hold a fixed part of the quota", unit="-")
    quota_group_share: Share = param(0.75, "the part of the quota that they hold, by GDP among themselves")


class Inducement(Section):
    """What the sponsor spends on undecided states."""

    budget: float = param(0.02, "budget", unit="share of world GDP^0.5, per 30 days", ge=0, le=10)
    price: float = param(0.1, "p0 in price = p0 * (share of world GDP)^0.5", gt=0, le=10)
    counter: Share = param(0.0, "share of the budget that goes where the rival body's sponsor offered a round before")


class Adoption(Choice):
    """How a text is adopted; see `waico.negotiation.adopt` for the rules."""

    rule: str = param("coalition_of_the_willing", "name of the rule", unit="-")
    earliest: Date | None = param(None, "no adoption before this day", unit="date")
    lapse_days: int = param(
        365, "days after the planned ceremony at which talks without a text fail", unit="days", ge=0
    )


class Gate(Choice):
    """Who may join; see `waico.negotiation.gate` for the kinds."""

    kind: str = param("open", "name of the gate", unit="-")


class Institution(Section):
    """A body in the making: its text, dates, rules and benefits."""

    id: Identifier = param(..., "name in paths and tables", unit="-")
    name: str = param("", "full name", unit="-")
    sponsor: NationCode = param(..., "the state that tables it", unit="ISO 3166 alpha-3")
    rival: NationCode = param(..., "the state that opposes it; never a member", unit="ISO 3166 alpha-3")
    seat: Seat = param(..., "seat", unit="-")
    opening: dict[Identifier, Share] = param(..., "the sponsor's opening text by issue")
    status_quo: dict[Identifier, Share] = param(..., "what holds without a text, by issue")
    proposed: Date | None = param(None, "day it is tabled; if not given, when the sponsor expects to gain", unit="date")
    tabling_cost: float = param(0.002, "expected gain that a sponsor must exceed to table it", unit="loss", ge=0, le=1)
    answers: Answer | None = param(None, "the institution that it answers, if any", unit="-")
    endorsement: Endorsement | None = param(None, "the stage before signature, if there is one", unit="-")
    signature: Signature = param(..., "ceremony and window", unit="-")
    gate: Gate = param(Gate(), "who may join", unit="-")
    participants: Literal["all", "engaged"] | NationCodes = param(
        "all", "who negotiates the text: all, those engaged (named or endorsed), or a list", unit="-"
    )
    named: NationCodes = param([], "states engaged from the start", unit="ISO 3166 alpha-3")
    adoption: Adoption = param(Adoption(), "how the text is adopted", unit="-")
    entry_into_force: EntryIntoForce = param(EntryIntoForce(), "when it comes into force", unit="-")
    exclusive_from: Date | None = param(None, "day from which members may not join the rival body", unit="date")
    capacity_benefit: float = param(0.0, "training, compute and models for states in need", ge=0, le=10)
    market_benefit: float = param(
        0.0, "contracts, shares, access and a say: what is worth more to a large state than to the mean one", ge=0, le=10
    )
    partisanship: Share = param(
        1.0, "how far joining takes sides between sponsor and rival, from a trade in benefits (0) to a choice of camp (1)"
    )
    region: str | None = param(None, "0/1 variable of the states that the body is meant for; all if not given", unit="-")
    crowding: float = param(0.25, "c in (1 + members)^-c, by which members share capacity", ge=0, le=0.5)
    inducement: Inducement = param(Inducement(), "the sponsor's inducements", unit="-")
    rival_pressure: float = param(0.0, "how hard the rival presses its allies and dependents", ge=0, le=10)
    agenda_power: Share = param(0.5, "sponsor's share in the text at tabling; falls to 0 at the planned ceremony")
    bloc: str | None = param(None, "0/1 variable of states that decide once, by majority of weight", unit="-")
    scored_status: Literal["endorsed", "signed"] = param("signed", "what history records as membership", unit="-")

    @property
    def principals(self) -> tuple[str, str]:
        """Sponsor and rival, whose accession is no question."""
        return self.sponsor, self.rival

    @model_validator(mode="after")
    def _two_states(self) -> Self:
        if self.sponsor == self.rival:
            raise wrong(f"has {self.sponsor} both as sponsor and as rival", "name two different states")
        if self.answers is not None and self.answers.to == self.id:
            raise wrong("answers itself", "name another institution", "answers.to")
        return self


class Bargaining(Choice):
    """Which protocol moves the text; its parameters stand beside its name (`waico.negotiation.bargain`)."""

    protocol: str = param("compromise", "name of the protocol", unit="-")


class Endorse(Section):
    """How the hazard of endorsing differs from that of signing."""

    b0: Effect = param(0.0, "added to the intercept", unit="log hazard per 30 days")
    fit_share: Share = param(0.5, "part of the fit term that counts", source=DESIGN)
    cost_share: Share = param(0.0, "part of the cost term that counts", source=DESIGN)


class Ratify(Section):
    """Lag from signature to ratification: lognormal, stretched by domestic veto players."""

    median_days: float = param(270.0, "median lag of a state without veto players", unit="days", gt=0, le=36500)
    spread: float = param(0.6, "standard deviation of the log lag", ge=0, le=3)
    veto_players: float = param(0.5, "the lag is multiplied by 1 + this * polyarchy", ge=0, le=10)


class Withdraw(Section):
    """When a member leaves: a low payoff that lasts. The margin lies well below what joining takes (hysteresis)."""

    margin: float = param(3.5, "a member whose payoff stays below minus this leaves", unit="log hazard", ge=0, le=100)
    days: int = param(90, "for so long without a break", unit="days", ge=1, le=3660)


class Partner(Section):
    """The hazard of a firm becoming a partner of an institution."""

    b0: Effect = param(-4.0, "intercept", unit="log hazard per 30 days")
    b_market: Effect = param(2.0, "share of its market among members")
    b_cost: float = param(1.0, "depth of the text (entered with a minus)", ge=0, le=1000)
    b_home: Effect = param(1.5, "its home inside (+1) or inside the rival body (-1)")
    b_allied: Effect = param(1.0, "share of allied firms that are partners")
    technology: float = param(2.0, "capacity benefit added when all technology on offer is with partners", ge=0, le=10)
    synergy: float = param(
        0.5, "how much more a partner's technology is worth with all its allies of other layers as partners", ge=0, le=10
    )


class Decision(Section):
    """Coefficients of the payoff of joining. A number is fixed; a prior is drawn per replicate and institution."""

    b0: Coefficient = param(prior(-4.5, 2.0), "intercept", unit="log hazard per 30 days", source=DESIGN)
    b_late: Coefficient = param(prior(-1.0, 0.5), "added to the intercept after the window", unit="log hazard")
    b_launch: Coefficient = param(prior(2.5, 2.0), "in the week of the ceremony", source=DESIGN)
    b_deadline: Coefficient = param(prior(2.0, 2.0), "times 2^(-days left / 14)", source=DESIGN)
    b_align: Coefficient = param(prior(0.8, 0.5), "UNGA alignment with the sponsor, times partisanship", source=DESIGN)
    b_camp: Coefficient = param(
        prior(0.3, 0.3), "clubs shared with the sponsor, less with the rival, times partisanship", source=REVISED
    )
    b_trade: Coefficient = param(prior(0.3, 0.3), "trade share, sponsor's less rival's", source=REVISED)
    b_size: Coefficient = param(0.0, "ln GDP by itself: large states join for what they gain (b_market)", source=REVISED)
    b_prox: Coefficient = param(prior(0.3, 0.3), "-ln(km to the seat)", source=DESIGN)
    b_need: Coefficient = param(
        prior(-0.3, 0.3), "1 - percentile of GDP per head: taking part asks for means (what it brings is b_capacity)",
        source=REVISED,
    )  # fmt: skip
    b_region: Coefficient = param(prior(1.0, 0.5), "in the region that the body is meant for", source=REVISED)
    b_peers: Coefficient = param(prior(1.0, 0.7, 0.0), "neighbours inside less inside the rival body", source=DESIGN)
    b_pressure: Coefficient = param(prior(1.0, 0.5, 0.0), "the rival's pressure (entered with a minus)", source=DESIGN)
    credibility: Coefficient = param(8.0, "how fast breaches of the rival's camp undo its pressure", source=DESIGN)
    b_fit: Coefficient = param(prior(0.7, 0.5, 0.0), "gain of the text over the status quo", source=DESIGN)
    b_capacity: Coefficient = param(prior(3.0, 1.5, 0.0), "need times capacity benefit", source=REVISED)
    b_market: Coefficient = param(prior(1.0, 0.5, 0.0), "size times market benefit", source=REVISED)
    b_network: Coefficient = param(prior(0.5, 0.15, 0.0), "weight inside less inside the rival body", source=DESIGN)
    b_offer: Coefficient = param(prior(1.0, 0.25, 0.0), "log(1 + offer / price)", source=DESIGN)
    b_cost: Coefficient = param(prior(1.0, 0.25, 0.0), "depth times exposure (entered with a minus)", source=DESIGN)
    b_exclusive: Coefficient = param(
        prior(1.5, 0.4, 0.0), "member of an exclusive rival body (entered with a minus)", source=DESIGN
    )
    correlation: dict[str, dict[str, Annotated[float, Field(ge=-1, le=1)]]] = param(
        {}, "correlation of two priors, before bounds cut them: a table by the first and the second name", source=DESIGN
    )
    s_u: float = param(0.5, "standard deviation of the nation effect", source=DESIGN, ge=0, le=10)
    fit_scale: float = param(0.05, "loss that counts as one unit of fit", unit="loss", gt=0, le=1)
    smoothness: float = param(0.02, "width of the smooth objection around the tolerance", unit="loss", gt=0, le=1)
    endorse: Endorse = param(Endorse(), "endorsing, where it differs")
    ratify: Ratify = param(Ratify(), "ratification")
    withdraw: Withdraw = param(Withdraw(), "withdrawal")
    partner: Partner = param(Partner(), "firms")

    @model_validator(mode="after")
    def _correlations_hold_together(self) -> Self:
        for first, others in self.correlation.items():
            _known("correlation", [first], COEFFICIENTS, "coefficient")
            _known(f"correlation.{first}", others, COEFFICIENTS, "coefficient")
            for second in others:
                if first == second or first in self.correlation.get(second, {}):
                    what = "is the coefficient itself" if first == second else f"is given the other way round, too: {second}.{first}"
                    raise wrong(what, "give each pair once, as the set of coefficients has it if there is one", f"correlation.{first}.{second}")
        if self.correlation and np.linalg.eigvalsh(self.correlation_matrix()).min() < 1e-9:
            raise wrong("holds pairs that cannot go together", "give correlations that one distribution can have", "correlation")
        return self

    def correlation_matrix(self) -> NDArray[np.float64]:
        """Correlations of the draws of all coefficients, in the order of `COEFFICIENTS`; 1 on the diagonal."""
        matrix = np.eye(len(COEFFICIENTS))
        for first, others in self.correlation.items():
            for second, value in others.items():
                pair = COEFFICIENTS.index(first), COEFFICIENTS.index(second)
                matrix[pair] = matrix[pair[::-1]] = value
        return matrix


COEFFICIENTS = tuple(name for name, field in Decision.model_fields.items() if field.annotation == Coefficient)


class Outcome(Section):
    """Thresholds of the outcome classes of the first institution."""

    force_days: int = param(730, "a text not in force so long after the window has failed", unit="days", ge=0)
    declaration_depth: Share = param(0.25, "a failed text shallower than this is a declaration, else unratified")
    thin_depth: Share = param(0.40, "a body in force shallower than this is thin")
    club_states: Share = param(1 / 3, "below this share of the other states a body is a narrow club")
    club_weight: Share = param(0.25, "below this share of their weight a body is a narrow club")
    bloc_share: Share = param(0.10, "share of the other states that each of two rival blocs must hold")
    bloc_overlap: Share = param(0.10, "Jaccard overlap below which two bodies are rival blocs")


CHOICES: dict[str, type[Choice]] = {"rule": Adoption, "kind": Gate, "protocol": Bargaining}
EITHER = {"ceremony": "after_days", "after_days": "ceremony"}


def without_stale_parameters(table: dict[str, Any], chosen: dict[str, Any]) -> dict[str, Any]:
    """A table without what `chosen` puts out of force: the parameters of another rule, the other way to fix a date."""
    for key, model in CHOICES.items():
        if key in table and key in chosen and table[key] != chosen[key]:
            return {name: value for name, value in table.items() if name in model.model_fields}
    stale = {other for key, other in EITHER.items() if chosen.get(key) is not None and other not in chosen}
    return {name: value for name, value in table.items() if name not in stale}


class Shock(Section):
    """A change of the scenario during the run, on a date or at a round."""

    id: Identifier | None = param(
        None, "name in paths; lists of shocks that all have one merge by it, others are replaced as a whole", unit="-"
    )
    date: Date | None = param(None, "it acts in the round that contains this day", unit="date")
    round: int | None = param(None, "or: the round at whose start it acts", ge=1)
    path: str = param(..., "what changes, as in --set", unit="-", min_length=1)
    value: bool | int | float | str | Date = param(..., "its new value", unit="-")
    note: str = param("", "what happened, with its source", unit="-")

    @model_validator(mode="after")
    def _one_time(self) -> Self:
        if (self.date is None) == (self.round is None):
            raise wrong(f"has {'both date and' if self.date else 'neither date nor'} round", "give exactly one of them")
        return self

    @field_validator("value")
    @classmethod
    def _day(cls, value: Any) -> Any:
        """A day comes as text from run.json; as a date the scenario read from there equals the one written."""
        return as_date(value)


class Scenario(Section):
    """A whole scenario, resolved: what `waico run` runs and run.json records.

    Read one with `waico.load_scenario`; change one with `waico.scenarios.paths.replace`.
    """

    name: str = param("scenario", "name of the file", unit="-")
    title: str = param(..., "one line", unit="-")
    question: str = param("", "what it asks", unit="-")
    freeze_date: Date = param(..., "last day of what its inputs know; the run starts here", unit="date")
    coefficients: str = param(
        "", "coefficients estimated on history, below those of [decision]: a bundled set, or a .toml beside this file", unit="-"
    )
    assumptions: dict[str, str] = param({}, "paths of values that are assumed, and why", unit="-")
    rounds: Rounds = param(Rounds(), "time")
    nations: Nations = param(Nations(), "states")
    firms: Firms | None = param(None, "firms, if any take part")
    issues: Annotated[list[Issue], AfterValidator(_unique_ids)] = param(
        ..., "what the text is about", min_length=1, max_length=64
    )
    institutions: Annotated[list[Institution], AfterValidator(_unique_ids)] = param(
        ..., "the bodies proposed", min_length=1, max_length=8
    )
    bargaining: Bargaining = param(Bargaining(), "the protocol")
    decision: Decision = param(Decision(), "the payoff of joining")
    outcome: Outcome = param(Outcome(), "outcome classes")
    shocks: Annotated[list[Shock], AfterValidator(_unique_ids)] = param([], "changes during the run", max_length=200)

    @model_validator(mode="after")
    def _names_agree(self) -> Self:
        """Issues and institutions named anywhere exist, and every text names every issue."""
        issues, institutions = self.issue_ids, self.institution_ids
        for institution in self.institutions:
            place = f"institutions.{institution.id}"
            for name in ("opening", "status_quo"):
                text = getattr(institution, name)
                _known(f"{place}.{name}", text, issues, "issue")
                for issue in issues:
                    if issue not in text:
                        raise wrong(f"has no value for the issue '{issue}'", "give one from 0 to 1", f"{place}.{name}")
            if institution.answers is not None:
                _known(f"{place}.answers.to", [institution.answers.to], institutions, "institution")
        for code, nation in self.nations.overrides.items():
            for name in ("ideal", "salience", "red_lines"):
                _known(f"nations.{code}.{name}", getattr(nation, name), issues, "issue")
            _known(f"nations.{code}.forced", nation.forced, institutions, "institution")
        return self

    @model_validator(mode="after")
    def _time_runs_forward(self) -> Self:
        start, end = self.freeze_date, self.rounds.horizon
        if end <= start:
            raise wrong(f"is {end}, which is not after freeze_date {start}", "give a later day", "rounds.horizon")
        if (end - start).days > MAX_DAYS:
            latest = "a day at most a century after freeze_date"
            raise wrong(f"is {end}, which is too far after freeze_date {start}", f"give {latest}", "rounds.horizon")
        if self.nations.vintage is not None and self.nations.vintage > start.year:
            raise wrong(
                f"is {self.nations.vintage}, which is after freeze_date {start}", "give an earlier year",
                "nations.vintage",
            )  # fmt: skip
        return self

    def day(self, when: Date) -> float:
        """Days from the freeze date, on which a run starts, to a date."""
        return float((when - self.freeze_date).days)

    @property
    def issue_ids(self) -> list[str]:
        """Issues in order."""
        return [issue.id for issue in self.issues]

    @property
    def institution_ids(self) -> list[str]:
        """Institutions in order; outcomes are those of the first."""
        return [institution.id for institution in self.institutions]

    def institution(self, name: str) -> Institution:
        """The institution of that id, which must be one."""
        return self.institutions[self.institution_ids.index(name)]

    def forced(self, institution: str) -> list[str]:
        """States whose accession to an institution the scenario fixes."""
        return [code for code, nation in self.nations.overrides.items() if institution in nation.forced]
