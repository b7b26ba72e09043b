"""Who negotiates: states and firms as Mesa agents that view rows of arrays, and the institutions they shape."""

from waico.agents.firm import Firm
from waico.agents.institution import Institutions, Stage
from waico.agents.nation import Nation
from waico.agents.setting import Setting
from waico.agents.world import World

__all__ = ["Firm", "Institutions", "Nation", "Setting", "Stage", "World"]
