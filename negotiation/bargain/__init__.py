"""Stage 3, bargain over the text: protocols behind one interface, a file each."""

from waico.negotiation.bargain.challenge import Challenge
from waico.negotiation.bargain.compromise import Compromise
from waico.negotiation.bargain.protocol import NO_PARTNER, BargainingProtocol, Moves, protocols
from waico.negotiation.bargain.stage import bargain

__all__ = ["NO_PARTNER", "BargainingProtocol", "Challenge", "Compromise", "Moves", "bargain", "protocols"]
