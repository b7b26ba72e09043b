"""Names of the terms of the payoff of joining, in the order in which they are stacked."""

TERMS = (
    "alignment", "camp", "trade", "size", "proximity", "need", "region",   # what does not change in a run
    "nation", "peers", "pressure", "fit", "capacity", "market", "network", "offer", "cost", "exclusive",
)  # fmt: skip
(
    ALIGNMENT, CAMP, TRADE, SIZE, PROXIMITY, NEED, REGION,
    NATION, PEERS, PRESSURE, FIT, CAPACITY, MARKET, NETWORK, OFFER, COST, EXCLUSIVE,
) = range(len(TERMS))  # fmt: skip
STANDING = ("b_align", "b_camp", "b_trade", "b_size", "b_prox", "b_need", "b_region")   # coefficients of the first seven
TAKING_SIDES = (ALIGNMENT, CAMP)   # what counts as far as membership takes sides
