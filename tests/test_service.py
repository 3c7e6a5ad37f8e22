"""The service as a whole: manners, validators, limits, and what it says when it cannot."""

import httpx
from conftest import Served

MEMBERS = "/query/members.csv?organisation=NATO&on=2022-10-12"


def test_it_answers_and_ends_when_it_is_told_to(service: Served) -> None:
    answer = httpx.get(service.address + MEMBERS)
    assert answer.status_code == 200
    assert len(answer.text.splitlines()) == 31
