"""Which queue a ticket belongs to, without any server."""

from dataclasses import dataclass

import pytest

from tickets.queue_choice import Wanted, choose


@dataclass(frozen=True)
class Queue:
    id: int
    categories: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    tiers: tuple[str, ...] = ()
    priorities: tuple[str, ...] = ()
    name: str = ""


EVERYTHING = Queue(1)
BILLING = Queue(2, categories=("billing_inquiry",))
FRENCH = Queue(3, languages=("fr",))
FRENCH_BILLING = Queue(4, categories=("billing_inquiry",), languages=("fr", "de"))
VIP = Queue(5, tiers=("vip",), priorities=("critical", "high"))
ALL = (EVERYTHING, BILLING, FRENCH, FRENCH_BILLING, VIP)


@pytest.mark.parametrize(
    ("wanted", "queue"),
    [
        (Wanted("shipping", "normal", "en", "standard"), EVERYTHING),
        (Wanted("billing_inquiry", "normal", "en", "standard"), BILLING),
        (Wanted("billing_inquiry", "normal", "fr", "standard"), FRENCH_BILLING),
        (Wanted("shipping", "normal", "fr", "standard"), FRENCH),
        (Wanted("shipping", "critical", "en", "vip"), VIP),
        (Wanted("shipping", "low", "en", "vip"), EVERYTHING),
        (Wanted("", "normal", "", ""), EVERYTHING),
    ],
)
def test_a_ticket_goes_where_its_skills_are_named_most_closely(wanted: Wanted, queue: Queue) -> None:
    assert choose(ALL, wanted) == queue.id
    assert choose(ALL[::-1], wanted) == queue.id


def test_of_two_that_fit_as_closely_the_older_is_chosen() -> None:
    assert choose((FRENCH, BILLING), Wanted("billing_inquiry", "normal", "fr", "standard")) == BILLING.id


def test_where_none_fits_there_is_none() -> None:
    assert choose((BILLING, VIP), Wanted("shipping", "normal", "en", "standard")) is None
    assert choose((), Wanted("shipping", "normal", "en", "standard")) is None


def test_the_queue_of_a_category_comes_before_what_others_ask_for_while_it_is_there() -> None:
    returns = Queue(6, languages=("ja",), name="Returns")
    wanted = Wanted("shipping", "critical", "en", "vip", queue="Returns")
    assert choose((*ALL, returns), wanted) == returns.id
    assert choose(ALL, wanted) == VIP.id
