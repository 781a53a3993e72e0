"""The desk's figures, each defined once. Pure: out of the stories of tickets, never out of counters that could drift.

A figure without anything to count is None, not zero. A ticket belongs to the day on which it began.
"""

import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from analytics.stories import Story

SILENCE = timedelta(days=1)
DURABLE = timedelta(days=7)
HANDLING = timedelta(minutes=5)  # What a ticket costs a person, for the hours that the agent saves.


@dataclass(frozen=True)
class Figures:
    """What `measure` found of some tickets. Times are in seconds, shares between 0 and 1."""

    tickets: int
    messages: int
    first_response_p50_s: float | None
    first_response_p90_s: float | None
    resolution_p50_s: float | None
    resolution_p90_s: float | None
    ai_resolution: float | None
    durable_resolution: float | None
    escalation: float | None
    reopened: float | None
    satisfaction: float | None
    ratings: int
    draft_edits: float | None
    cost_per_ticket_usd: float | None
    hours_saved: float


def measure(stories: Sequence[Story], now: datetime) -> Figures:
    first, done = first_responses(stories), resolutions(stories, now)
    rated = [story.rating for story in stories if story.rating is not None]
    edits = [share for story in stories for share in story.edits]
    return Figures(
        tickets=len(stories),
        messages=sum(len(story.questions) for story in stories),
        first_response_p50_s=percentile(first, 0.5),
        first_response_p90_s=percentile(first, 0.9),
        resolution_p50_s=percentile(done, 0.5),
        resolution_p90_s=percentile(done, 0.9),
        ai_resolution=ai_resolution(stories, now),
        durable_resolution=durable_resolution(stories, now),
        escalation=escalation(stories),
        reopened=reopened(stories, now),
        satisfaction=statistics.fmean(rated) if rated else None,
        ratings=len(rated),
        draft_edits=statistics.fmean(edits) if edits else None,
        cost_per_ticket_usd=sum(story.cost_usd for story in stories) / len(stories) if stories else None,
        hours_saved=hours_saved(stories, now),
    )


def resolved_at(story: Story, now: datetime) -> datetime | None:
    """When it was first closed by staff, or answered by the first reply that a day of silence followed."""
    if now not in story.resolved:
        story.resolved[now] = _resolved_at(story, now)
    return story.resolved[now]


def _resolved_at(story: Story, now: datetime) -> datetime | None:
    found = story.closings[:1]
    for reply in sorted([*story.agent_replies, *story.staff_replies]):
        after = next((at for at in story.questions if at > reply), None)
        if (after or now) - reply >= SILENCE:
            found.append(reply)
            break
    return min(found, default=None)


def by_agent_alone(story: Story) -> bool:
    """The agent replied, nobody else did, and it was never with staff."""
    return bool(story.agent_replies) and not story.staff_replies and not story.escalations


def first_responses(stories: Iterable[Story]) -> list[float]:
    """Of each ticket that was answered: the first reply − its beginning, in seconds."""
    replies = (
        (story.began, min([*story.agent_replies[:1], *story.staff_replies[:1]], default=None))
        for story in stories
    )
    return [(reply - began).total_seconds() for began, reply in replies if reply]


def resolutions(stories: Iterable[Story], now: datetime) -> list[float]:
    """Of each ticket that was resolved: `resolved_at` − its beginning, in seconds."""
    times = ((story.began, resolved_at(story, now)) for story in stories)
    return [(done - began).total_seconds() for began, done in times if done]


def ai_resolution(stories: Iterable[Story], now: datetime) -> float | None:
    """Resolved by the agent alone ÷ (resolved by anybody + still with staff). Those too fresh to tell do not count."""
    decided = [story for story in stories if resolved_at(story, now) or story.escalations]
    return _share(decided, lambda story: by_agent_alone(story) and resolved_at(story, now) is not None)


def durable_resolution(stories: Iterable[Story], now: datetime) -> float | None:
    """Of the tickets resolved at least 7 days ago: without a message of the customer in the 7 days after."""
    told = [story for story in stories if (done := resolved_at(story, now)) and now - done >= DURABLE]
    return _share(told, lambda story: not _came_back(story, now))


def reopened(stories: Iterable[Story], now: datetime) -> float | None:
    """Of the resolved tickets: with a message of the customer within 7 days after, so far."""
    return _share(
        [story for story in stories if resolved_at(story, now)], lambda story: _came_back(story, now)
    )


def escalation(stories: Sequence[Story]) -> float | None:
    """Tickets that were ever with staff ÷ all tickets."""
    return _share(stories, lambda story: bool(story.escalations))


def reasons(stories: Iterable[Story]) -> dict[str, int]:
    """How many tickets went to staff for which reason; the first one counts. The most frequent first."""
    counts: dict[str, int] = {}
    for story in stories:
        if story.escalations:
            reason = story.escalations[0][1]
            counts[reason] = counts.get(reason, 0) + 1
    return dict(sorted(counts.items(), key=lambda one: (-one[1], one[0])))


def hours_saved(stories: Iterable[Story], now: datetime) -> float:
    """Tickets that the agent resolved alone × five minutes."""
    alone = sum(by_agent_alone(story) and resolved_at(story, now) is not None for story in stories)
    return alone * HANDLING / timedelta(hours=1)


def by_part(stories: Iterable[Story], part: Callable[[Story], str], now: datetime) -> Mapping[str, Figures]:
    """The same figures of each part, such as a day or a category; sorted by its name."""
    parts: dict[str, list[Story]] = {}
    for story in stories:
        parts.setdefault(part(story), []).append(story)
    return {name: measure(parts[name], now) for name in sorted(parts)}


def percentile(values: Sequence[float], share: float) -> float | None:
    """By linear interpolation between the two nearest ranks."""
    if not values:
        return None
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def _came_back(story: Story, now: datetime) -> bool:
    done = resolved_at(story, now)
    return done is not None and any(done < at <= done + DURABLE for at in story.questions)


def _share(stories: Sequence[Story], holds: Callable[[Story], bool]) -> float | None:
    return sum(map(holds, stories)) / len(stories) if stories else None
