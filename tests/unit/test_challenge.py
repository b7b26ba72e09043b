"""The challenge protocol: the contract, and cases worked out by hand."""

from dataclasses import replace

import numpy as np
import pytest

from tests.contract import ProtocolContract
from tests.generators import plain_table
from waico.negotiation import Table
from waico.negotiation.bargain import NO_PARTNER, Challenge
from waico.negotiation.bargain.protocol import weighted_median


class TestChallenge(ProtocolContract):
    protocol = Challenge()


class TestChallengeOfTheRiskNeutral(ProtocolContract):
    protocol = Challenge(risk=False, round_days=60.0)
