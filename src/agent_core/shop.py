"""Which form of the shop is connected: its API, the sample shop's file, or none."""

from agent_core import shop_file, shop_rest
from agent_core.shop_contract import Shop
from runtime.settings import settings


def connected() -> Shop | None:
    """The API goes before the file; None: no shop, and the agent sees no order."""
    agent = settings().agent
    if agent.shop_url:
        return shop_rest
    return shop_file if agent.shop_file else None
