"""What happens in a round, a module per stage: propose, lobby, bargain, offer, adopt, decide, measure."""

from waico.negotiation.adopt import AdoptionRule, Verdict, adoption_rules
from waico.negotiation.bargain import BargainingProtocol, protocols
from waico.negotiation.gate import GateRule, gates
from waico.negotiation.table import Table

__all__ = ["AdoptionRule", "BargainingProtocol", "GateRule", "Table", "Verdict", "adoption_rules", "gates", "protocols"]
