"""A real slow and lossy link, where this machine lets a test make one (as root)."""

import pytest

from tests.sync import network


@pytest.mark.skipif(not network.possible(), reason="needs root, ip, tc and nft")
def test_a_slow_link_that_loses_packets_brings_everything() -> None:
    measured = network.measure(20, kilobits=256, loss_percent=5, attachment=3_000)
    assert (measured["stored"], measured["left"]) == (20, 0)
