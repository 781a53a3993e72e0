"""How well templates serve: how often they are used, how much of them is kept, and what became of the tickets."""

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

# A ticket counts once for each template, however often it was used there; of its ratings the newest counts.
_FIGURES = text("""
with used as (
    select template_id, ticket_id, count(*) as uses, avg(kept) as kept from template_uses
    group by template_id, ticket_id
), rated as (
    select distinct on (ticket_id) ticket_id, (data ->> 'rating')::float8 as rating from ticket_events
    where kind = 'rated' and ticket_id in (select ticket_id from used)
    order by ticket_id, id desc
)
select used.template_id, sum(used.uses)::bigint as uses, avg(used.kept) as kept,
    avg(case when tickets.status in ('resolved', 'closed') then 1.0 else 0.0 end)::float8 as resolved,
    avg(rated.rating) as rating, count(rated.rating) as ratings
from used join tickets on tickets.id = used.ticket_id left join rated on rated.ticket_id = used.ticket_id
group by used.template_id
""")


@dataclass(frozen=True)
class Effect:
    """Of one template. `kept`: mean share of its words that was sent; `resolved`: share of its tickets that are;
    `rating`: mean of those tickets, 1 to 5, None while nobody rated one.
    """

    uses: int = 0
    kept: float = 0.0
    resolved: float = 0.0
    rating: float | None = None
    ratings: int = 0

    @property
    def worth(self) -> float:
        """0 to 1, for ranking alone: half for what is kept and resolved, and drawn to the middle while uses are few."""
        seen = (self.kept + self.resolved) / 2
        return (seen * self.uses + 0.5 * _PRIOR_USES) / (self.uses + _PRIOR_USES)


_PRIOR_USES = 5  # So many uses must speak for a template before they outweigh not knowing.


def effects(session: Session) -> dict[int, Effect]:
    """By a template's row id; one that was never used is not there."""
    return {
        row.template_id: Effect(row.uses, row.kept or 0.0, row.resolved, row.rating, row.ratings)
        for row in session.execute(_FIGURES)
    }
