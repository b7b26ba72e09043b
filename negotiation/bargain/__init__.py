"""Stage 3, bargain over the text: protocols behind one interface, a file each."""

from waico.negotiation.bargain.alone import Negotiation, bargain_alone
from waico.negotiation.bargain.challenge import Challenge
from waico.negotiation.bargain.compromise import Compromise
from waico.negotiation.bargain.exchange import Exchange, Trade, trades
from waico.negotiation.bargain.nash import Nash
from waico.negotiation.bargain.protocol import NO_PARTNER, BargainingProtocol, Moves, protocols
from waico.negotiation.bargain.stage import bargain

__all__ = [
    "NO_PARTNER", "BargainingProtocol", "Challenge", "Compromise", "Exchange", "Moves", "Nash", "Negotiation", "Trade",
    "bargain", "bargain_alone", "protocols", "trades",
]  # fmt: skip
