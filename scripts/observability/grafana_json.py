"""A dashboard as Grafana reads it. Called by `generate`."""

import json

from grafana_foundation_sdk.builders import dashboard, prometheus, stat, timeseries
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import DataSourceRef

from scripts.observability.panels import Dashboard, Panel

_SOURCE = DataSourceRef(type_val="prometheus", uid="prometheus")
_WIDTH, _HEIGHT = 12, 8


def as_json(one: Dashboard) -> str:
    """What Grafana provisions."""
    built = (
        dashboard.Dashboard(one.title)
        .uid(f"deskfleet-{one.name}")
        .tags(["deskfleet"])
        .readonly()
        .time("now-6h", "now")
        .refresh("30s")
        .timezone("browser")
    )
    for number, panel in enumerate(one.panels):
        built = built.with_panel(_panel(panel, number))
    return json.dumps(built.build(), cls=JSONEncoder, indent=1, sort_keys=True) + "\n"


def _panel(panel: Panel, number: int) -> stat.Panel | timeseries.Panel:
    shown: stat.Panel | timeseries.Panel = stat.Panel() if panel.now else timeseries.Panel()
    shown = (
        shown.id(number + 1)
        .title(panel.title)
        .description(panel.description)
        .unit(panel.unit)
        .datasource(_SOURCE)
        .height(_HEIGHT)
        .span(_WIDTH)
    )
    for letter, query in zip("ABCDEF", panel.queries, strict=False):
        asked = prometheus.Dataquery().ref_id(letter).expr(query.expr).datasource(_SOURCE)
        shown = shown.with_target(asked.legend_format(query.legend or panel.title))
    return shown
