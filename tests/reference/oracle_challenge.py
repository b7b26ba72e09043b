"""Reference implementation: expected-utility challenges on one issue, actor by actor, as the papers may be read.

The default `Reading` is the rule of docs/odd.md (section 3.4), every vote counted one by one. The other readings exist
only to be compared with the published case (tests/truth/emission_readings.py).

Sources: Bueno de Mesquita (1985, 1994, 1997); Scholz, Calbert & Smith (2011).
"""

from __future__ import annotations

from dataclasses import dataclass, field

EPS = 1e-9   # utilities and distances nearer than this are equal


@dataclass(frozen=True)
class Reading:
    """One way to read the papers.

    q: weight of the status quo's staying as it is; the rest goes to its change.
    better: probability T that a changed status quo is better; None: 1 if the median is nearer to the challenger than
        the opponent is, else 0.
    vote_risk: third parties vote with their own exponents, or with 1.
    view: whose exponent judges a challenge: the mover's own in both directions, or each challenger's.
    risk: exponents are 1 ("none"); or by where an actor's danger lies between the least and the greatest: of the actors
        ("present"), or of the actor itself at all positions held ("hypothetical").
    risk_from: exponents with which dangers are measured: 1 in each round, those of the last round, or 1 in the first
        round and never again.
    fixed_range: distances are shares of the range at the start, or of that of the round.
    choice: an actor takes the offer that its proposer can best enforce, or that moves it least, or by kind
        (confrontation, compromise, capitulation) and then the least.
    confrontation: who loses: the lower expected utility, the lower probability, or nobody ("none").
    compromise: the weaker moves by the ratio of utilities, or to their weighted mean.
    """

    q: float = 1.0
    better: float | None = None
    vote_risk: bool = True
    view: str = "mover"
    risk: str = "present"
    risk_from: str = "neutral"
    fixed_range: bool = True
    choice: str = "enforceable"
    confrontation: str = "utility"
    compromise: str = "ratio"


@dataclass(frozen=True)
class Offer:
    """What j offers to i: i's gain and j's if either challenges, and where i would stand."""

    proposer: int
    own: float
    theirs: float
    kind: int
    target: float


@dataclass
class Issue:
    """One issue in one round: positions, shares of attention, power, the range of positions.

    `risks` are the actors' exponents in this round; `before` those of the round before, None at the start.
    """

    x: list[float]
    attention: list[float]
    power: list[float]
    span: float
    reading: Reading = field(default_factory=Reading)
    before: list[float] | None = None
    risks: list[float] = field(init=False)

    def __post_init__(self) -> None:
        """Measure dangers with the exponents the reading asks for, then set the exponents of this round."""
        self.actors = range(len(self.x))
        self.weight = [p * s for p, s in zip(self.power, self.attention, strict=True)]
        self.middle = median(self.x, self.weight)
        first = self.before is None or self.reading.risk_from == "neutral"
        self.risks = [1.0 for _ in self.x] if first or self.before is None else list(self.before)
        if self.span > EPS and (self.reading.risk_from != "start" or self.before is None):
            self.risks = self.new_risks()

    def distance(self, a: float, b: float) -> float:
        return abs(a - b) / self.span

    def probability(self, i: int, j: int) -> float:
        """P_ij = sum of votes for i / sum of all votes; voter k casts w_k (d_kj^r_k - d_ki^r_k)."""
        won = cast = scale = 0.0
        for k in self.actors:
            r = self.risks[k] if self.reading.vote_risk else 1.0
            far = self.distance(self.x[k], self.x[j]) ** r, self.distance(self.x[k], self.x[i]) ** r
            vote = self.weight[k] * (far[0] - far[1])
            won += max(vote, 0.0)
            cast += abs(vote)
            scale += self.weight[k] * sum(far)
        return won / cast if cast > 1e-12 * scale else 0.5   # up to rounding errors, no votes

    def utility(self, i: int, j: int, r: float) -> float:
        """E_ij: what i expects of challenging j, with the exponent r of whoever judges."""
        d, p, s = self.distance(self.x[i], self.x[j]), self.probability(i, j), self.attention[j]
        success, failure = 2.0 - 4.0 * (0.5 - 0.5 * d) ** r, 2.0 - 4.0 * (0.5 + 0.5 * d) ** r
        challenge = s * (p * success + (1.0 - p) * failure) + (1.0 - s) * success
        return challenge - self.without_challenge(i, j, d, r)

    def without_challenge(self, i: int, j: int, d: float, r: float) -> float:
        """The status quo stays with weight q; else it gets better with probability T, or worse."""
        stays, q = 2.0 - 4.0 * 0.5**r, self.reading.q
        if q == 1.0:
            return stays
        m = self.distance(self.x[i], self.middle)
        change = min(0.25 * (m + d), 0.5)
        t = self.reading.better
        if t is None:
            t = 1.0 if m < d else 0.0
        better, worse = 2.0 - 4.0 * (0.5 - change) ** r, 2.0 - 4.0 * (0.5 + change) ** r
        return q * stays + (1.0 - q) * (t * better + (1.0 - t) * worse)

    def danger(self, i: int) -> float:
        """Sum over the others of what they expect of challenging i."""
        return sum(self.utility(j, i, self.risks[j]) for j in self.actors if self.x[j] != self.x[i])

    def new_risks(self) -> list[float]:
        """r = (1 - R/3) / (1 + R/3), R from -1 (safest) to 1 (most endangered)."""
        if self.reading.risk == "none":
            return [1.0 for _ in self.actors]
        dangers = [self.danger(i) for i in self.actors]
        exponents = []
        for i in self.actors:
            pool = dangers if self.reading.risk == "present" else self.hypothetical_dangers(i)
            low, high = min(pool), max(pool)
            taste = (2.0 * dangers[i] - low - high) / (high - low) if high - low > EPS else 0.0
            exponents.append((1.0 - taste / 3.0) / (1.0 + taste / 3.0))
        return exponents

    def hypothetical_dangers(self, i: int) -> list[float]:
        held, dangers = self.x[i], []
        for position in sorted(set(self.x)):
            self.x[i] = position
            dangers.append(self.danger(i))
        self.x[i] = held
        return dangers

    def offer(self, i: int, j: int) -> Offer | None:
        """What j gets i to accept, as i sees it; None if j has nothing to gain or i holds out."""
        reading = self.reading
        own = self.utility(i, j, self.risks[i])
        theirs = self.utility(j, i, self.risks[i] if reading.view == "mover" else self.risks[j])
        if theirs <= EPS:
            return None
        gap = self.x[j] - self.x[i]
        if own > EPS:
            return Offer(j, own, theirs, 0, self.x[j]) if self.loses(i, j, own, theirs) else None
        loss = max(-own, 0.0)
        if loss >= theirs:
            return Offer(j, own, theirs, 2, self.x[j])
        share = loss / theirs if reading.compromise == "ratio" else theirs / (theirs + loss)
        return Offer(j, own, theirs, 1, self.x[i] + share * gap)

    def loses(self, i: int, j: int, own: float, theirs: float) -> bool:
        """Whether i loses a confrontation in which both expect to gain."""
        if self.reading.confrontation == "probability":
            return self.probability(j, i) > self.probability(i, j) + EPS
        return self.reading.confrontation == "utility" and theirs > own + EPS

    def chosen(self, i: int) -> Offer | None:
        """The offer that i takes; None without one, or if equal ones pull both ways."""
        made = [self.offer(i, j) for j in self.actors if self.distance(self.x[i], self.x[j]) > EPS]
        offers = [offer for offer in made if offer is not None]
        if not offers:
            return None
        if self.reading.choice == "enforceable":
            best = max(offer.theirs for offer in offers)
            offers = [offer for offer in offers if offer.theirs >= best - EPS]
        elif self.reading.choice == "kind":
            first = min(offer.kind for offer in offers)
            offers = [offer for offer in offers if offer.kind == first]
        least = min(self.distance(offer.target, self.x[i]) for offer in offers)
        offers = [offer for offer in offers if self.distance(offer.target, self.x[i]) <= least + EPS]
        up = [self.x[offer.proposer] > self.x[i] for offer in offers]
        if any(up) and not all(up):
            return None
        return min(offers, key=lambda offer: self.distance(offer.target, self.x[i]))

    def targets(self) -> list[float]:
        """Where the actors would stand if every chosen offer were carried out in full."""
        if self.span <= EPS:
            return list(self.x)
        chosen = [self.chosen(i) for i in self.actors]
        return [offer.target if offer is not None else x for offer, x in zip(chosen, self.x, strict=True)]


def median(x: list[float], weight: list[float]) -> float:
    """The middle of all positions with at most half of the weight on either side; x[0] without any weight."""
    half = 0.5 * sum(weight)
    if half == 0.0:
        return x[0]
    middles = []
    for position in x:
        below = sum(w for y, w in zip(x, weight, strict=True) if y < position)
        above = sum(w for y, w in zip(x, weight, strict=True) if y > position)
        here = sum(w for y, w in zip(x, weight, strict=True) if y == position)
        if here > 0.0 and max(below, above) <= half * (1.0 + EPS):
            middles.append(position)
    return 0.5 * (min(middles) + max(middles))


def rounds(
    x: list[float], attention: list[float], power: list[float], reading: Reading, number: int
) -> list[list[float]]:
    """Positions after each of `number` rounds."""
    start, risks, table = max(x) - min(x), None, []
    for _ in range(number):
        issue = Issue(list(x), attention, power, start if reading.fixed_range else max(x) - min(x), reading, risks)
        x, risks = issue.targets(), issue.risks
        table.append(x)
    return table
