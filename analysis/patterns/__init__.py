"""The patterns that the model is held against, each with the ablation that must break it (Grimm et al. 2005).

Every function runs a scenario made for its pattern under common random numbers and returns figures with their standard
errors. `tests/truth/test_patterns.py` states what they must show; `python -m waico.analysis.patterns` prints them all. P7, where
outcomes of real bargaining lie, is background for the default protocol: `tests/truth/test_emission_standards.py` scores protocols.
"""

from waico.analysis.patterns.bank import (
    benefit_beside_alignment,
    breach_lowers_pressure,
    deadline_clusters,
    stages_apart,
)
from waico.analysis.patterns.proposal import costly_texts_divide, display_without_content, overlap_of_memberships

__all__ = [
    "PATTERNS",
    "benefit_beside_alignment",
    "breach_lowers_pressure",
    "costly_texts_divide",
    "deadline_clusters",
    "display_without_content",
    "overlap_of_memberships",
    "stages_apart",
]

PATTERNS = {
    "P1": display_without_content, "P2": costly_texts_divide, "P3": deadline_clusters, "P4": breach_lowers_pressure,
    "P5": benefit_beside_alignment, "P6": overlap_of_memberships, "P8": stages_apart,
}  # fmt: skip
