"""Wrong input as a user types it: exit code 2 and one line: file, field, what is wrong, what would be right."""

import csv
import io
import subprocess
import sysconfig
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from waico import bundled_scenarios
from waico.cli import _run
from waico.scenarios.coefficients import bundled_coefficients

DATA = Path(__file__).resolve().parents[2] / "scenarios" / "data"
EXTENDS = 'extends = "waic2025"\n'
WAICO = '[[institutions]]\nid = "waico"\n'
NEW_BODY = """
[[institutions]]
id = "new"
sponsor = "CHN"
rival = "USA"
seat = { city = "Geneva", lat = 46.2, lon = 6.15 }
status_quo = { seat = 0.0 }
"""
ISSUES = "enforcement, mandate, timetable, membership, agenda, sharing, un_role, seat"
GROUPS = "aiib_regional, bri, brics, eu, g77, nato, oecd, sco, taipei_ties, us_ally"
TOP = (
    "assumptions, bargaining, coefficients, decision, extends, firms, freeze_date, institutions, issues, nations, outcome, question, "
    "rounds, shocks, title"
)
GIVE = f"give a .toml file or one of {', '.join(bundled_scenarios())}"
NO_CODE = "give an ISO 3166 code from the table 'nations'"
OUTSIDE = "lies outside the scenario's folder; name a file beside the scenario"
NO_TABLE = "name a .csv beside the scenario, or leave it out for the bundled table"


@dataclass(frozen=True)
class Case:
    """A scenario file, what is typed after its name, other files beside it, and the line that must come."""

    text: str | bytes
    expected: str
    options: tuple[str, ...] = ()
    files: dict[str, str | bytes] = field(default_factory=dict)


def extending(text: str, expected: str, **files: str | bytes) -> Case:
    """A change to the bundled scenario; `files` are CSV files by their stem."""
    return Case(EXTENDS + text, f"bad.toml: {expected}", files={f"{name}.csv": data for name, data in files.items()})


def setting(change: str, expected: str) -> Case:
    return Case(EXTENDS, f"--set: {expected}", ("--set", change))


def typed(*options: str, expected: str) -> Case:
    return Case(EXTENDS, expected, options)


def table(name: str, key: str = "", column: str = "", value: str = "", *, without: str = "", twice: str = "") -> str:
    """A bundled table with one cell changed, a column left out, or a row repeated."""
    with (DATA / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        head, *rows = csv.reader(file)
    for row in rows:
        if row[0] == key:
            row[head.index(column)] = value
    rows += [row for row in rows if row[0] == twice]
    kept = [n for n, title in enumerate(head) if title != without]
    text = io.StringIO()
    csv.writer(text).writerows([row[n] for n in kept] for row in [head, *rows])
    return text.getvalue()


def nations_csv(expected: str, data: str | bytes) -> Case:
    return extending('[nations]\ntable = "mine.csv"\n', f"nations.table: {expected}", mine=data)


def firms_csv(expected: str, data: str | bytes) -> Case:
    return extending('[firms]\ntable = "mine.csv"\n', f"firms.table: {expected}", mine=data)


WRONG_TYPE = {
    "text for a number": extending('[decision]\ns_u = "high"\n', "decision.s_u: is 'high'; give a number"),
    "text for a coefficient": extending(
        '[decision]\nb_fit = "high"\n', "decision.b_fit: is 'high'; give a number or a table"
    ),
    "text inside a prior": extending(
        "[decision]\nb_fit = { mean = 'a', sd = 1.0 }\n", "decision.b_fit.mean: is 'a'; give a number"
    ),
    "fraction for a whole number": extending("[rounds]\ndays = 30.5\n", "rounds.days: is 30.5; give a whole number"),
    "truth value for a number": extending("[decision]\ns_u = true\n", "decision.s_u: is true; give a number"),
    "number for a truth value": extending(
        "[nations]\nstances = 1\n", "nations.stances: is 1; give true or false"
    ),
    "number for a date": extending(
        "[rounds]\nhorizon = 2028\n", "rounds.horizon: is 2028; give a date such as 2026-07-26, without quotes"
    ),
    "date in quotes": extending(
        '[rounds]\nhorizon = "2028-01-01"\n',
        "rounds.horizon: is '2028-01-01'; give a date such as 2026-07-26, without quotes",
    ),
    "time of day for a date": extending(
        "freeze_date = 2025-07-26T08:00:00\n",
        "freeze_date: is 2025-07-26T08:00:00; give a date such as 2026-07-26, without quotes",
    ),
    "list for a table": extending("rounds = [1]\n", "rounds: is [1]; give a table"),
    "number for a table": extending("nations = 3\n", "nations: is 3; give a table"),
    "number for the table of a state": extending("nations.GBR = 3\n", "nations.GBR: is 3; give a table"),
    "text for a list": extending(
        '[nations]\nsubset = "CHN"\n', "nations.subset: is 'CHN'; give a list in [brackets]"
    ),
    "table for a list of tables": extending(
        "[institutions.waico]\nrival_pressure = 0.5\n",
        "institutions: is { waico = { rival_pressure = 0.5 } }; write each entry under its own [[institutions]]",
    ),
    "text for an entry": extending('institutions = ["waico"]\n', "institutions.1: is 'waico'; give a table"),
    "text for one of several forms": extending(
        WAICO + 'participants = "some"\n',
        "institutions.waico.participants: is 'some'; it should be 'all' or 'engaged' or a list in [brackets]",
    ),
    "list as the value of a shock": extending(
        '[[shocks]]\nround = 3\npath = "decision.b_fit"\nvalue = [1]\n',
        "shocks.1.value: is [1]; give a number, true or false, a date or text",
    ),
    "long text is cut": extending(
        f'[rounds]\ndays = "{"x" * 500}"\n', f"rounds.days: is '{'x' * 56}...; give a whole number"
    ),
    "control characters are spelt out": extending(
        '[rounds]\ndays = "a\\u001b[31m\\nb"\n', "rounds.days: is 'a\\x1b[31m\\nb'; give a whole number"
    ),
    "control characters in a key": extending(
        '"titel\\u001b" = 1\n', "titel?: unknown key; did you mean 'title'?"
    ),
}

OUT_OF_RANGE = {
    "share above one": extending("[nations]\ntolerance = 1.5\n", "nations.tolerance: is 1.5; it should be at most 1"),
    "share below zero": extending(
        "[nations]\ntolerance = -0.1\n", "nations.tolerance: is -0.1; it should be at least 0"
    ),
    "nan": extending("[nations]\ntolerance = nan\n", "nations.tolerance: is nan; give a finite number"),
    "inf": extending("[decision.withdraw]\nmargin = inf\n", "decision.withdraw.margin: is inf; give a finite number"),
    "nan coefficient": extending(
        "[decision]\nb_fit = nan\n", "decision.b_fit: is nan; give a finite number or a table"
    ),
    "huge coefficient": extending(
        "[decision.partner]\nb0 = 1e308\n", "decision.partner.b0: is 1e+308; it should be at most 1000"
    ),
    "huge whole number": extending(
        f"[rounds]\ndays = {10**30}\n", "rounds.days: is a number of more than 18 digits; it should be at most 366"
    ),
    "negative spread of a prior": extending(
        "[decision]\nb_fit = { mean = 1.0, sd = -1.0 }\n", "decision.b_fit.sd: is -1.0; it should be at least 0"
    ),
    "prior cut off beyond its draws": extending(
        "[decision]\nb_fit = { mean = 0.0, sd = 0.1, lower = 4.0 }\n",
        "decision.b_fit: has its lower bound 4 more than 5 sd above its mean 0; "
        "give a lower bound that some draws pass",
    ),
    "salience of zero": extending(
        '[[issues]]\nid = "seat"\nsalience = 0.0\n', "issues.seat.salience: is 0.0; it should be above 0"
    ),
    "negative salience": extending(
        '[[issues]]\nid = "seat"\nsalience = -1.0\n', "issues.seat.salience: is -1.0; it should be above 0"
    ),
    "salience of zero for one state": extending(
        "[nations.GBR.salience]\nseat = 0.0\n", "nations.GBR.salience.seat: is 0.0; it should be above 0"
    ),
    "seat off the globe": extending(
        WAICO + "seat = { lat = 95.0 }\n", "institutions.waico.seat.lat: is 95.0; it should be at most 90"
    ),
    "text of an opening above one": extending(
        WAICO + "opening = { seat = 1.5 }\n", "institutions.waico.opening.seat: is 1.5; it should be at most 1"
    ),
    "sign of a stance": extending(
        '[[issues]]\nid = "seat"\nstance = { b = 2 }\n', "issues.seat.stance.b: is 2; it should be 1 or -1"
    ),
    "no weights": extending(
        "[nations.weight]\ngdp = 0.0\nai_models = 0.0\n",
        "nations.weight: has no weight above 0; give one of gdp and ai_models a weight above 0",
    ),
    "no ties": extending(
        "[nations.ties]\ntrade = 0.0\nregion = 0.0\nalliance = 0.0\n",
        "nations.ties: has no weight above 0; give one of trade, region and alliance a weight above 0",
    ),
    "alliance of one": extending(
        '[[firms.alliances]]\nid = "model_chip"\nmembers = ["huawei"]\n',
        "firms.alliances.model_chip.members: is ['huawei']; give at least 2 entries",
    ),
    "no issues": extending("issues = []\n", "issues: is []; give at least 1 entry"),
    "round zero": extending(
        '[[shocks]]\nround = 0\npath = "decision.b_fit"\nvalue = 0.0\n', "shocks.1.round: is 0; it should be at least 1"
    ),
}

UNKNOWN_KEY = {
    "at the top": extending('titel = "x"\n', "titel: unknown key; did you mean 'title'?"),
    "at the top, unlike any": extending('zzzzz = "x"\n', f"zzzzz: unknown key; one of {TOP}"),
    "misspelt extends": Case(
        'extend = "waic2025"\n', "bad.toml: extend: unknown key; did you mean 'extends'? (and 4 more errors)"
    ),
    "in a table": extending(
        "[nations]\ntolerence = 0.1\n", "nations.tolerence: unknown key; did you mean 'tolerance'?"
    ),
    "in a table of a table": extending(
        "[decision.ratify]\nmedian_day = 3.0\n", "decision.ratify.median_day: unknown key; did you mean 'median_days'?"
    ),
    "in a prior": extending(
        "[decision]\nb_fit = { mean = 1.0, sd = 1.0, lowr = 0.0 }\n",
        "decision.b_fit.lowr: unknown key; did you mean 'lower'?",
    ),
    "in an entry of a list": extending(
        WAICO + 'sponser = "CHN"\n', "institutions.waico.sponser: unknown key; did you mean 'sponsor'?"
    ),
    "in a table of an entry": extending(
        WAICO + "signature = { ceremoney = 2026-07-26 }\n",
        "institutions.waico.signature.ceremoney: unknown key; did you mean 'ceremony'?",
    ),
    "in a table with parameters of a rule": extending(
        WAICO + 'gate = { knd = "values" }\n', "institutions.waico.gate.knd: unknown key; did you mean 'kind'?"
    ),
    "of a state": extending(
        "[nations.GBR]\ntolerence = 0.1\n", "nations.GBR.tolerence: unknown key; did you mean 'tolerance'?"
    ),
    "in a red line of a state": extending(
        "[nations.GBR.red_lines.seat]\nflor = 0.1\n",
        "nations.GBR.red_lines.seat.flor: unknown key; did you mean 'floor'?",
    ),
    "state in small letters": extending(
        "[nations.gbr]\ntolerance = 0.1\n", "nations.gbr: unknown key; did you mean 'GBR'?"
    ),
    "name": extending(
        'name = "mine"\n', "name: is not set here; leave it out: a scenario has the name of its file"
    ),
    "two wrong things": extending(
        '[nations]\ntolerance = "x"\nopennes = 0.2\n',
        "nations.opennes: unknown key; did you mean 'openness'? (and 1 more error)",
    ),
}

UNKNOWN_NAME = {
    "sponsor": extending(
        WAICO + 'sponsor = "XXX"\n', f"institutions.waico.sponsor: there is no state 'XXX'; {NO_CODE}"
    ),
    "sponsor by its name": extending(
        WAICO + 'sponsor = "China"\n',
        "institutions.waico.sponsor: is 'China'; give an ISO 3166 code of three capitals, such as CHN",
    ),
    "sponsor that is left out": extending(
        '[nations]\nsubset = ["DEU", "KOR", "QAT", "RUS", "USA", "ZAF"]\n',
        "institutions.waico.sponsor: state 'CHN' is left out by nations.subset; add it to that list",
    ),
    "named state that is left out": extending(
        '[nations]\nexclude = ["QAT"]\n',
        "institutions.waico.named: state 'QAT' is left out by nations.exclude; take it off that list",
    ),
    "named state": extending(
        WAICO + 'named = ["DEU", "XYZ"]\n', f"institutions.waico.named: there is no state 'XYZ'; {NO_CODE}"
    ),
    "participant": extending(
        WAICO + 'participants = ["CHN", "XYZ"]\n',
        f"institutions.waico.participants: there is no state 'XYZ'; {NO_CODE}",
    ),
    "participant in small letters": extending(
        WAICO + 'participants = ["CHN", "usa"]\n',
        "institutions.waico.participants.2: is 'usa'; give an ISO 3166 code of three capitals, such as CHN",
    ),
    "subset": extending(
        '[nations]\nsubset = ["CHN", "USA", "XYZ"]\n', f"nations.subset: there is no state 'XYZ'; {NO_CODE}"
    ),
    "exclude": extending('[nations]\nexclude = ["XYZ"]\n', f"nations.exclude: there is no state 'XYZ'; {NO_CODE}"),
    "subset of two": extending(
        '[nations]\nsubset = ["CHN", "USA"]\n', "nations.subset: leaves 2 states; keep 3 to 1000"
    ),
    "override": extending("[nations.XXX]\ntolerance = 0.1\n", f"nations.XXX: there is no state 'XXX'; {NO_CODE}"),
    "issue in an opening": extending(
        WAICO + "opening = { seet = 0.5 }\n",
        "institutions.waico.opening: there is no issue 'seet'; did you mean 'seat'?",
    ),
    "issue of a state": extending(
        "[nations.GBR.ideal]\nclimate = 0.1\n", f"nations.GBR.ideal: there is no issue 'climate'; one of {ISSUES}"
    ),
    "institution that forces": extending(
        '[nations.GBR.forced]\nwaicoo = "out"\n',
        "nations.GBR.forced: there is no institution 'waicoo'; did you mean 'waico'?",
    ),
    "institution answered": extending(
        '[[institutions]]\nid = "us_coalition"\nanswers = { to = "waic" }\n',
        "institutions.us_coalition.answers.to: there is no institution 'waic'; did you mean 'waico'?",
    ),
    "variable of an ideal point": extending(
        '[[issues]]\nid = "seat"\nideal = { democracy = 1.0 }\n',
        "issues.seat.ideal: there is no variable 'democracy'; "
        "one of constant, g, g_west, dem, eu, dem_eu, need, cap, ally",
    ),
    "variable of a bloc": extending(
        WAICO + 'bloc = "g78"\n', f"institutions.waico.bloc: variable 'g78' does not exist; one of {GROUPS}"
    ),
    "bloc by a variable that is no group": extending(
        WAICO + 'bloc = "gdp"\n', f"institutions.waico.bloc: variable 'gdp' is no 0/1 variable; one of {GROUPS}"
    ),
    "variable of a region": extending(
        WAICO + 'region = "aiib_regionl"\n',
        f"institutions.waico.region: variable 'aiib_regionl' does not exist; one of {GROUPS}",
    ),
    "region by a variable that is no group": extending(
        WAICO + 'region = "gdp"\n', f"institutions.waico.region: variable 'gdp' is no 0/1 variable; one of {GROUPS}"
    ),
    "variable to ignore": extending(
        '[nations]\nignore = ["bri", "brisc"]\n', "nations.ignore: 'brisc' ties no state to a sponsor; did you mean 'brics'?"
    ),
    "retrospective variable": extending(
        '[nations]\nretrospective = ["polyarchie"]\n',
        "nations.retrospective: 'polyarchie' is no variable that was coded in retrospect; did you mean 'polyarchy'?",
    ),
    "firm in an alliance": extending(
        '[[firms.alliances]]\nid = "model_chip"\nmembers = ["huawei", "metta"]\n',
        "firms.alliances.model_chip.members: there is no firm 'metta'; did you mean 'meta'?",
    ),
    "assumption": extending(
        '[assumptions]\n"decision.b_foo" = "x"\n',
        "assumptions: decision.b_foo: there is no 'b_foo'; did you mean 'b_fit'?",
    ),
}

RULES = {
    "unknown protocol": extending(
        '[bargaining]\nprotocol = "compromize"\n',
        "bargaining.protocol: there is no protocol 'compromize'; did you mean 'compromise'?",
    ),
    "unknown parameter of a protocol": extending(
        "[bargaining]\nspeed = 3.0\n",
        "bargaining.speed: 'compromise' has no such parameter; its parameters: rate",
    ),
    "parameter of a protocol out of range": extending(
        "[bargaining]\nrate = -1.0\n", "bargaining.rate: is -1.0; it should be above 0"
    ),
    "unknown adoption rule": extending(
        WAICO + 'adoption = { rule = "consensu" }\n',
        "institutions.waico.adoption.rule: there is no adoption rule 'consensu'; did you mean 'consensus'?",
    ),
    "unknown parameter of an adoption rule": extending(
        WAICO + 'adoption = { rule = "consensus", veto = 0.1 }\n',
        "institutions.waico.adoption.veto: 'consensus' has no such parameter; "
        "its parameters: veto_share, epsilon, walkout",
    ),
    "parameter of an adoption rule out of range": extending(
        WAICO + 'adoption = { rule = "consensus", veto_share = 1.1 }\n',
        "institutions.waico.adoption.veto_share: is 1.1; it should be at most 1",
    ),
    "negative lapse": extending(
        WAICO + "adoption = { lapse_days = -1 }\n",
        "institutions.waico.adoption.lapse_days: is -1; it should be at least 0",
    ),
    "unknown gate": extending(
        WAICO + 'gate = { kind = "opne" }\n',
        "institutions.waico.gate.kind: there is no gate 'opne'; did you mean 'open'?",
    ),
    "unknown parameter of a gate": extending(
        WAICO + "gate = { rate = 0.3 }\n",
        "institutions.waico.gate.rate: 'open' has no such parameter; its parameters: none",
    ),
}

MISFITS = {
    "issue missing in an opening": extending(
        NEW_BODY + "signature = { after_days = 30 }\nopening = { seat = 0.1 }\n",
        "institutions.new.opening: has no value for the issue 'enforcement'; give one from 0 to 1",
    ),
    "new institution without its fields": extending(
        '[[institutions]]\nid = "new"\n', "institutions.new.sponsor: is missing; add it (and 5 more errors)"
    ),
    "institution with a bad id": extending(
        NEW_BODY.replace('"new"', '"New Body"') + "signature = { after_days = 30 }\nopening = { seat = 0.1 }\n",
        "institutions.New Body.id: is 'New Body'; use small letters, digits and _, with a letter first",
    ),
    "both ways to fix a date": extending(
        WAICO + "signature = { ceremony = 2026-07-26, after_days = 30 }\n",
        "institutions.waico.signature: has both ceremony and after_days; give exactly one of them",
    ),
    "no way to fix a date": extending(
        NEW_BODY + "signature = {}\nopening = { seat = 0.1 }\n",
        "institutions.new.signature: has neither ceremony nor after_days; give exactly one of them",
    ),
    "issue twice": extending(
        '[[issues]]\nid = "seat"\n[[issues]]\nid = "seat"\n', "issues: has 'seat' 2 times; give each its own id"
    ),
    "institution twice": extending(WAICO + WAICO, "institutions: has 'waico' 2 times; give each its own id"),
    "state twice": extending(
        WAICO + 'named = ["DEU", "DEU"]\n', "institutions.waico.named: names 'DEU' 2 times; name it once"
    ),
    "sponsor equal to rival": extending(
        WAICO + 'rival = "CHN"\n',
        "institutions.waico: has CHN both as sponsor and as rival; name two different states",
    ),
    "institution that answers itself": extending(
        '[[institutions]]\nid = "us_coalition"\nanswers = { to = "us_coalition" }\n',
        "institutions.us_coalition.answers.to: answers itself; name another institution",
    ),
    "shock with a wrong path": extending(
        '[[shocks]]\nround = 3\npath = "decision.b_presure"\nvalue = 0.0\n',
        "shocks.1: decision.b_presure: there is no 'b_presure'; did you mean 'b_pressure'?",
    ),
    "shock without a path": extending(
        '[[shocks]]\nround = 3\npath = ""\nvalue = 0.0\n', "shocks.1.path: is ''; it should have at least 1 character"
    ),
    "shock with a wrong value": extending(
        '[[shocks]]\nround = 3\npath = "decision.b_pressure"\nvalue = "x"\n',
        "shocks.1: decision.b_pressure: is 'x'; give a number or a table",
    ),
    "shock to an unknown state": extending(
        '[[shocks]]\nround = 3\npath = "nations.XXX.tolerance"\nvalue = 0.1\n',
        f"shocks.1: nations.XXX: there is no state 'XXX'; {NO_CODE}",
    ),
    "shock to what a run is built on": extending(
        '[[shocks]]\nround = 3\npath = "institutions.waico.sponsor"\nvalue = "DEU"\n',
        "shocks.1: institutions.waico.sponsor: cannot change during a run; change the scenario itself",
    ),
    "shock without a time": extending(
        '[[shocks]]\npath = "decision.b_pressure"\nvalue = 0.0\n',
        "shocks.1: has neither date nor round; give exactly one of them",
    ),
    "shock with two times": extending(
        '[[shocks]]\ndate = 2026-01-01\nround = 3\npath = "decision.b_pressure"\nvalue = 0.0\n',
        "shocks.1: has both date and round; give exactly one of them",
    ),
}

TIME = {
    "horizon before freeze date": extending(
        "[rounds]\nhorizon = 2025-07-01\n",
        "rounds.horizon: is 2025-07-01, which is not after freeze_date 2025-07-26; give a later day",
    ),
    "absurd horizon": extending(
        "[rounds]\nhorizon = 9999-12-31\n",
        "rounds.horizon: is 9999-12-31, which is too far after freeze_date 2025-07-26; "
        "give a day at most a century after freeze_date",
    ),
    "freeze date before any data": extending(
        "freeze_date = 1990-01-01\n",
        "freeze_date: no figures of 'unga' and 11 more variables were public by 1990-01-01; "
        "give 2016-01-04 or later",
    ),
    "freeze date before one variable": extending(
        "freeze_date = 2014-10-23\nshocks = []\n",
        "freeze_date: no figures of 'polyarchy' were public by 2014-10-23; "
        "give 2016-01-04 or later, or put 'polyarchy' into nations.retrospective",
    ),
    "vintage that is not there": extending(
        "[nations]\nvintage = 1999\n",
        "nations.vintage: is 1999, before the first figures of 'unga' and 11 more variables; give 2013 or later",
    ),
    "vintage in the future": extending(
        "[nations]\nvintage = 2999\n",
        "nations.vintage: is 2999, which is after freeze_date 2025-07-26; give an earlier year",
    ),
}

FILES = {
    "extends itself": Case(
        'extends = "bad.toml"\n',
        "bad.toml: extends: goes in a circle: bad -> bad; extend a scenario that stands alone",
    ),
    "extends in a circle": Case(
        'extends = "other.toml"\n',
        "bad.toml: extends: goes in a circle: bad -> other -> bad; extend a scenario that stands alone",
        files={"other.toml": 'extends = "bad.toml"\n'},
    ),
    "extends an unknown name": Case(
        'extends = "waic2026"\n', "bad.toml: extends: 'waic2026' does not exist; did you mean 'waic2025'?"
    ),
    "extends a missing file": Case(
        'extends = "nope.toml"\n',
        f"bad.toml: extends: 'nope.toml' does not exist; {GIVE}",
    ),
    "extends a file elsewhere": Case('extends = "../x.toml"\n', f"bad.toml: extends: '../x.toml' {OUTSIDE}"),
    "a key of ten thousand parts": Case(
        EXTENDS + ".".join(["a"] * 10_001) + " = 1\n", "bad.toml: has a line with 10000 dots; no key or list of a scenario is that long"
    ),
    "more shocks than anybody would look through": Case(
        'extends = "aiib2014"\ntitle = "Many"\n' + "".join(f'[[shocks]]\nid = "s{n}"\nround = 1\npath = "decision.b_fit"\nvalue = 1\n' for n in range(2500)),
        "bad.toml: shocks: is [{ id = 's0', round = 1, path = 'decision.b_fit', value =...; give at most 200 entries",
    ),
    "thousands of issues": Case(
        'extends = "aiib2014"\ntitle = "Many"\nissues = [\n' + "".join(f'{{ id = "i{n}", salience = 1.0 }},\n' for n in range(20_000)) + "]\n",
        "bad.toml: issues: is [{ id = 'conditionality', low = 'none', high = 'policy co...; give at most 64 entries",
    ),
    "extends a number": Case(
        "extends = 3\n", "bad.toml: extends: is 3; give a bundled name or a .toml file beside this one"
    ),
    "error in the file that is extended": Case(
        'extends = "base.toml"\ntitle = "child"\n',
        "base.toml: nations.tolerence: unknown key; did you mean 'tolerance'?",
        files={"base.toml": EXTENDS + "[nations]\ntolerence = 0.1\n"},
    ),
    "state unknown in the file that is extended": Case(
        'extends = "base.toml"\ntitle = "child"\n',
        f"base.toml: institutions.waico.named: there is no state 'XYZ'; {NO_CODE}",
        files={"base.toml": EXTENDS + WAICO + 'named = ["XYZ"]\n'},
    ),
    "missing table file": extending(
        '[nations]\ntable = "nope.csv"\n', f"nations.table: there is no file 'nope.csv'; {NO_TABLE}"
    ),
    "missing table": extending('[nations]\ntable = "nope"\n', f"nations.table: there is no table 'nope'; {NO_TABLE}"),
    "table by a way around": extending(
        '[nations]\ntable = "../data/nations"\n', f"nations.table: there is no table '../data/nations'; {NO_TABLE}"
    ),
    "table outside the folder": extending('[nations]\ntable = "../x.csv"\n', f"nations.table: '../x.csv' {OUTSIDE}"),
    "table with a name that no file has": extending(
        f'[nations]\ntable = "{"x" * 300}.csv"\n', f"nations.table: there is no file '{'x' * 300}.csv'; {NO_TABLE}"
    ),
    "table by an absolute path": extending(
        '[nations]\ntable = "/etc/x.csv"\n', f"nations.table: '/etc/x.csv' {OUTSIDE}"
    ),
    "table of firms outside the folder": extending(
        '[firms]\ntable = "../x.csv"\n', f"firms.table: '../x.csv' {OUTSIDE}"
    ),
    "no TOML": Case(
        "this is not toml\n",
        "bad.toml: is not valid TOML: Expected '=' after a key in a key/value pair (at line 1, column 6); "
        "mend the line",
    ),
    "key twice": Case(
        'title = "a"\ntitle = "b"\n',
        "bad.toml: is not valid TOML: Cannot overwrite a value (at line 2, column 12); mend the line",
    ),
    "binary": Case(bytes(range(256)), "bad.toml: is not text in UTF-8; give a TOML file, saved as UTF-8"),
    "zeros": Case(bytes(100), "bad.toml: is not text in UTF-8; give a TOML file, saved as UTF-8"),
    "another encoding": Case(
        'title = "Pékin"\n'.encode("latin-1"), "bad.toml: is not text in UTF-8; give a TOML file, saved as UTF-8"
    ),
    "huge": Case(
        f'title = "{"x" * 1_000_000}"\n',
        "bad.toml: is larger than 1000000 bytes; scenario files are a few kilobytes",
    ),
    "deeply nested lists": Case(
        f"title = {'[' * 5000}{']' * 5000}\n",
        "bad.toml: is not valid TOML: it is nested too deeply; mend the brackets",
    ),
    "deeply nested tables": Case(
        f"title{'.a' * 200} = 1\n",
        "bad.toml: has tables more than 20 levels deep; no table of a scenario lies so deep",
    ),
    "number of thousands of digits": Case(
        f"title = {'9' * 5000}\n", "bad.toml: is not valid TOML: a number has thousands of digits; mend it"
    ),
    "empty": Case("\n", "bad.toml: is empty; give at least a title and extends = 'waic2025'"),
}

TABLES = {
    "missing column": nations_csv(
        "mine.csv has no column 'gdp_2023'; take its columns from the bundled table",
        table("nations", without="gdp_2023"),
    ),
    "missing key": nations_csv(
        "mine.csv has no column 'iso3'; take its columns from the bundled table", table("nations", without="iso3")
    ),
    "row twice": nations_csv(
        "mine.csv has more than one row for GBR; keep one of them", table("nations", twice="GBR")
    ),
    "text in a column of numbers": nations_csv(
        "mine.csv has 'n/a' for unga_2023 of GBR; give a number from -3 to 3",
        table("nations", "GBR", "unga_2023", "n/a"),
    ),
    "empty cell": nations_csv(
        "mine.csv has nothing for gdp_2023 of GBR; give a number above 0", table("nations", "GBR", "gdp_2023", "")
    ),
    "negative GDP": nations_csv(
        "mine.csv has '-5' for gdp_2023 of GBR; give a number above 0", table("nations", "GBR", "gdp_2023", "-5")
    ),
    "infinite GDP": nations_csv(
        "mine.csv has 'inf' for gdp_2023 of GBR; give a number above 0", table("nations", "GBR", "gdp_2023", "inf")
    ),
    "neither 0 nor 1": nations_csv(
        "mine.csv has '2' for nato_2025 of GBR; give one of 0, 1", table("nations", "GBR", "nato_2025", "2")
    ),
    "no region": nations_csv(
        "mine.csv has nothing for subregion of GBR; give a text", table("nations", "GBR", "subregion", "")
    ),
    "code in small letters": nations_csv(
        "mine.csv has a row for 'gbr'; give it a code of three capitals", table("nations", "GBR", "iso3", "gbr")
    ),
    "no poles": nations_csv(
        "mine.csv does not tell CHN from USA in UN votes (unga_2023); keep a row for each of them",
        table("nations", "CHN", "iso3", "CHX"),
    ),
    "ragged": nations_csv("mine.csv has 3 cells in place of 2 in line 3; mend the table", "iso3,a\nCHN,1\nUSA,1,2\n"),
    "ragged throughout": nations_csv(
        "mine.csv has more cells in its rows than columns; mend the table", "iso3,a\nCHN,1,2\nUSA,1,2\n"
    ),
    "open quotation": nations_csv(
        "mine.csv has a quotation mark in line 2 that is never closed; mend the table", 'iso3,a\n"CHN,1\nUSA,1\n'
    ),
    "empty table": nations_csv("mine.csv is empty; mend the table", ""),
    "binary table": nations_csv("mine.csv is not text in UTF-8; mend the table", bytes(range(256))),
    "unknown layer": firms_csv(
        "mine.csv has 'chips' for layer of huawei; give one of chip, cloud, model, application, supplier",
        table("firms", "huawei", "layer", "chips"),
    ),
    "unknown home": firms_csv(
        "there is no state 'XXX' for a firm to be at home; give its ISO 3166 code",
        table("firms", "huawei", "home", "XXX"),
    ),
    "unknown stance": firms_csv(
        "mine.csv has '+++' for b of huawei; give one of ++, +, 0, -, --, or nothing",
        table("firms", "huawei", "b", "+++"),
    ),
    "no date": firms_csv(
        "mine.csv has '2025-13-01' for date of huawei; give a date such as 2025-07-26",
        table("firms", "huawei", "date", "2025-13-01"),
    ),
    "firm with a bad id": firms_csv(
        "mine.csv has a row for 'Huawei Inc'; give it a name of small letters, digits and _, with a letter first",
        table("firms", "huawei", "firm", "Huawei Inc"),
    ),
}

SETS = ", ".join(bundled_coefficients())


def fitted(expected: str, content: str, text: str = "") -> Case:
    """A scenario whose coefficients are in a file beside it."""
    return Case(f'{EXTENDS}coefficients = "mine.toml"\n{text}', expected, files={"mine.toml": content})


COEFFICIENTS = {
    "an unknown set": extending('coefficients = "histroy"\n', "coefficients: there is no set 'histroy'; did you mean 'history'?"),
    "an unknown set unlike any": extending('coefficients = "zzz"\n', f"coefficients: there is no set 'zzz'; one of {SETS}"),
    "a file that is not there": extending('coefficients = "mine.toml"\n', f"coefficients: there is no set 'mine.toml'; one of {SETS}"),
    "a file whose name no file can have": extending(
        f'coefficients = "{"x" * 300}.toml"\n', f"coefficients: there is no set '{'x' * 56}...; one of {SETS}"
    ),
    "a number": extending("coefficients = 5\n", f"coefficients: there is no set 5; give one of {SETS}"),
    "an unknown set on the command line": setting(
        "coefficients=without_aib", "coefficients: there is no set 'without_aib'; did you mean 'without_aiib'?"
    ),
    "a file elsewhere": extending('coefficients = "../mine.toml"\n', f"coefficients: '../mine.toml' {OUTSIDE}"),
    "a file without its last day": fitted(
        "mine.toml: until: is missing or no date; give a file that waico calibrate made", "[decision]\nb_fit = 1.0\n"
    ),
    "a file without coefficients": fitted(
        "mine.toml: decision: is missing or no table; give a file that waico calibrate made", "until = 2024-01-31\n"
    ),
    "a file with an unknown coefficient": fitted(
        "mine.toml: decision.b_fti: unknown key; did you mean 'b_fit'?", "until = 2024-01-31\n[decision]\nb_fti = 1.0\n"
    ),
    "a file fitted on what came later": fitted(
        "bad.toml: coefficients: 'mine.toml' was fitted on history up to 2025-07-27, after freeze_date 2025-07-26; "
        "give an earlier fit, or say why under [assumptions]",
        "until = 2025-07-27\n[decision]\nb_fit = 1.0\n",
    ),
    "a set fitted on what came later": extending(
        "freeze_date = 2024-12-31\n",
        "coefficients: 'history' was fitted on history up to 2025-02-28, after freeze_date 2024-12-31; "
        "give an earlier fit, or say why under [assumptions]",
    ),
    "a shock to them": extending(
        '[[shocks]]\nround = 2\npath = "coefficients"\nvalue = "without_aiib"\n',
        "shocks.1: coefficients: cannot change during a run; change the scenario itself",
    ),
    "correlation of an unknown coefficient": extending(
        "[decision.correlation.b_fit]\nb_aling = 0.1\n",
        "decision.correlation.b_fit: there is no coefficient 'b_aling'; did you mean 'b_align'?",
    ),
    "a correlation given twice": extending(
        "[decision.correlation.b_align]\nb_fit = 0.1\n",
        "decision.correlation.b_fit.b_align: is given the other way round, too: b_align.b_fit; "
        "give each pair once, as the set of coefficients has it if there is one",
    ),
    "correlations that cannot be": extending(
        "[decision.correlation.b_fit]\nb_align = 1.0\n",
        "decision.correlation: holds pairs that cannot go together; give correlations that one distribution can have",
    ),
}  # fmt: skip

SET = {
    "unknown path": setting(
        "decision.b_presure=0", "decision.b_presure: there is no 'b_presure'; did you mean 'b_pressure'?"
    ),
    "no assignment": setting(
        "decision.b_fit", "decision.b_fit: is not an assignment; write path=value, such as decision.b_pressure=0"
    ),
    "no path": setting("=3", "=3: is not an assignment; write path=value, such as decision.b_pressure=0"),
    "empty step": setting(
        "decision..b_fit=1", "decision..b_fit: has an empty step; write names with single dots between them"
    ),
    "text for a number": setting(
        "decision.b_fit=high", "decision.b_fit: is 'high'; give a number or a table"
    ),
    "second line": setting("rounds.days=3\nx = 4", "rounds.days: is '3\\nx = 4'; give a whole number"),
    "whole entry": setting(
        "institutions.waico=3",
        "institutions.waico: is a whole entry; add the field to change, such as institutions.waico.name",
    ),
    "below a single value": setting(
        "decision.credibility.sd=1",
        "decision.credibility.sd: there is nothing below 'decision.credibility'; shorten the path",
    ),
    "position in a list": setting(
        "shocks.0.round=3", "shocks.0: there is no '0'; one of model_chip, shanghai_chamber"
    ),
    "no day of the calendar": setting(
        "freeze_date=2025-02-30", "freeze_date: is '2025-02-30'; give a date such as 2026-07-26, without quotes"
    ),
    "out of range": setting("nations.tolerance=3", "nations.tolerance: is 3; it should be at most 1"),
    "unknown state": setting("nations.XXX.tolerance=0.1", f"nations.XXX: there is no state 'XXX'; {NO_CODE}"),
    "state in small letters": setting(
        "nations.gbr.tolerance=0.1", "nations.gbr: there is no 'gbr'; did you mean 'GBR'?"
    ),
    "unknown field of a state": setting(
        "nations.GBR.tol=0.1",
        "nations.GBR.tol: unknown key; one of forced, ideal, openness, red_lines, salience, tolerance",
    ),
    "unknown rule": setting(
        "bargaining.protocol=nsh", "bargaining.protocol: there is no protocol 'nsh'; did you mean 'nash'?"
    ),
    "vintage that is not there": setting(
        "nations.vintage=1999",
        "nations.vintage: is 1999, before the first figures of 'unga' and 11 more variables; give 2013 or later",
    ),
    "table outside the folder": setting("nations.table=../x.csv", f"nations.table: '../x.csv' {OUTSIDE}"),
}

OPTIONS = {
    "last day that is none": typed(
        "--until", "2026-13-01", expected="--until: '2026-13-01' is no date; write it as 2026-07-26"
    ),
    "last day before the start": typed(
        "--until", "2025-07-26",
        expected="--until: 2025-07-26 is not after the freeze date 2025-07-26; give a later day",
    ),
    "folder that is a file": typed(
        "--out", "bad.toml", expected="--out: bad.toml: cannot be written (bad.toml is a file); give another folder"
    ),
    "folder below a file": typed(
        "--out", "bad.toml/a/b",
        expected="--out: bad.toml/a/b: cannot be written (bad.toml is a file); give another folder",
    ),
}  # fmt: skip

GROUPS_OF_CASES = {
    "type": WRONG_TYPE, "range": OUT_OF_RANGE, "key": UNKNOWN_KEY, "name": UNKNOWN_NAME, "rule": RULES,
    "misfit": MISFITS, "time": TIME, "file": FILES, "table": TABLES, "coefficients": COEFFICIENTS, "set": SET, "option": OPTIONS,
}  # fmt: skip
CASES = {f"{group}: {name}": case for group, cases in GROUPS_OF_CASES.items() for name, case in cases.items()}
IN_A_PROCESS = ("type: text for a number", "file: binary", "file: deeply nested lists", "table: negative GDP")


def write(case: Case, folder: Path) -> dict[str, bytes]:
    """Write the files of a case and return all there is in the folder."""
    for name, data in {"bad.toml": case.text, **case.files}.items():
        (folder / name).write_bytes(data if isinstance(data, bytes) else data.encode())
    return contents(folder)


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("name", CASES)
def test_one_line_and_exit_code_2(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    case = CASES[name]
    monkeypatch.chdir(tmp_path)
    before = write(case, tmp_path)
    where = () if "--out" in case.options else ("--out", "result")
    code = _run(["run", "bad.toml", *where, *case.options])
    out, err = capsys.readouterr()
    assert (code, out, err) == (2, "", case.expected + "\n")
    assert contents(tmp_path) == before
    assert not (tmp_path / "result").exists()


@pytest.mark.parametrize("name", IN_A_PROCESS)
def test_the_same_from_a_shell(name: str, tmp_path: Path) -> None:
    case = CASES[name]
    before = write(case, tmp_path)
    command = [str(Path(sysconfig.get_path("scripts")) / "waico"), "run", "bad.toml", "--out", "result", *case.options]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", case.expected + "\n")
    assert contents(tmp_path) == before
    assert not (tmp_path / "result").exists()


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("waic2026", "waic2026: does not exist; did you mean 'waic2025'?"),
        ("nowhere/mine.toml", f"nowhere/mine.toml: does not exist; {GIVE}"),
        ("folder", f"folder: is a folder; {GIVE}"),
        ("folder.toml", f"folder.toml: is a folder; {GIVE}"),
        ("notes.txt", f"notes.txt: is not a .toml file; {GIVE}"),
        ("", f"SCENARIO: is empty; {GIVE}"),
        ("a\0b.toml", f"a?b.toml: does not exist; {GIVE}"),
    ],
)
@pytest.mark.parametrize("command", ["run", "validate"])
def test_what_is_no_scenario(
    command: str, source: str, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder.toml").mkdir()
    (tmp_path / "notes.txt").write_text(EXTENDS)
    assert _run([command, source]) == 2
    assert capsys.readouterr() == ("", expected + "\n")


@pytest.mark.parametrize("name", [f"{group}: {next(iter(cases))}" for group, cases in GROUPS_OF_CASES.items()][:-1])
def test_validate_says_the_same(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    case = CASES[name]
    monkeypatch.chdir(tmp_path)
    write(case, tmp_path)
    assert _run(["validate", "bad.toml", *case.options]) == 2
    assert capsys.readouterr() == ("", case.expected + "\n")


def test_messages_speak_no_python() -> None:
    """Words that mean nothing to someone who knows TOML and no Python."""
    for case in CASES.values():
        for word in ("Error", "Traceback", "None", "True", "dict", "str ", "pydantic", "Scenario", "Value error"):
            assert word not in case.expected
