import threading

from llm.payer import Payer, billed_to, payer


def test_the_payer_is_the_innermost_one_and_ends_with_its_block() -> None:
    assert payer() == Payer()
    with billed_to(ticket_id=1, customer_id=2):
        with billed_to(ticket_id=3, customer_id=None):
            assert payer() == Payer(3, None)
        assert payer() == Payer(1, 2)
    assert payer() == Payer()


def test_threads_have_payers_of_their_own() -> None:
    seen: list[Payer] = []
    with billed_to(ticket_id=1, customer_id=2):
        other = threading.Thread(target=lambda: seen.append(payer()))
        other.start()
        other.join()
    assert seen == [Payer()]
