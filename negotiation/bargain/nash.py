"""Nash: the text moves towards the asymmetric bargaining solution among those whose consent is needed."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from waico.negotiation.bargain.protocol import BargainingProtocol, protocols
from waico.negotiation.bargain.solutions import nash_text
from waico.negotiation.table import Table

Floats = NDArray[np.float64]


@protocols.register("nash")
class Nash(BargainingProtocol):
    """The outcome maximizes the product of gains over the status quo, each to the power of its bargaining weight.

    The asymmetric solution (Nash 1950; Harsanyi & Selten 1972; Kalai 1977) among the participants whose consent the
    adoption rule needs; positions stay where they are. Without a text by which all of them gain there is no outcome, and
    the text stays as it is.
    """

    asks_consent: ClassVar[bool] = True
    needs_status_quo: ClassVar[bool] = True

    def outcome(self, table: Table) -> Floats | None:
        """The Nash text."""
        return nash_text(
            table.position, table.salience, table.status_quo, table.weight, table.consent,
            start=np.clip(table.text, 0.0, 1.0),
        )  # fmt: skip
