"""Shapes of the custom resources whose schemas no package brings: what our manifests use of them, and nothing else.

A field that is not here is refused, so that a misspelt one is found; add what you need from the vendor's reference.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictInt, StrictStr

_Duration = Annotated[str, Field(pattern=r"^(\d+h)?(\d+m)?(\d+s)?$", min_length=2)]


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Meta(_Closed):
    name: str
    namespace: str
    labels: dict[StrictStr, StrictStr] = {}
    annotations: dict[StrictStr, StrictStr] = {}


class _StoreRef(_Closed):
    kind: Literal["SecretStore", "ClusterSecretStore"]
    name: str


class _Template(_Closed):
    engineVersion: Literal["v2"]  # noqa: N815
    data: Annotated[dict[StrictStr, StrictStr], Field(min_length=1)]


class _Target(_Closed):
    name: str
    template: _Template | None = None
    creationPolicy: Literal["Owner", "Orphan", "Merge", "None"]  # noqa: N815  # the resource's own names
    deletionPolicy: Literal["Retain", "Delete", "Merge"]  # noqa: N815


class _RemoteRef(_Closed):
    key: str
    property: str


class _SecretData(_Closed):
    secretKey: str  # noqa: N815
    remoteRef: _RemoteRef  # noqa: N815


class _Extract(_Closed):
    key: str


class _Source(_Closed):
    extract: _Extract


class _ExternalSecretSpec(_Closed):
    refreshInterval: _Duration  # noqa: N815
    secretStoreRef: _StoreRef  # noqa: N815
    target: _Target
    data: Annotated[list[_SecretData], Field(min_length=1)] | None = None
    dataFrom: Annotated[list[_Source], Field(min_length=1)] | None = None  # noqa: N815


class ExternalSecret(_Closed):
    apiVersion: Literal["external-secrets.io/v1"]  # noqa: N815
    kind: Literal["ExternalSecret"]
    metadata: _Meta
    spec: _ExternalSecretSpec


class _Argument(_Closed):
    name: str
    value: str | None = None
    valueFrom: dict[Literal["podTemplateHashValue"], Literal["Latest", "Stable"]] | None = None  # noqa: N815


class _TemplateRef(_Closed):
    templateName: str  # noqa: N815


class _Analysis(_Closed):
    startingStep: StrictInt  # noqa: N815
    templates: Annotated[list[_TemplateRef], Field(min_length=1)]
    args: list[_Argument] = []


class _Alb(_Closed):
    ingress: str
    rootService: str  # noqa: N815
    servicePort: StrictInt  # noqa: N815


class _Routing(_Closed):
    alb: _Alb


class _Pause(_Closed):
    duration: _Duration | None = None


class _Step(_Closed):
    setWeight: Annotated[int, Field(ge=0, le=100)] | None = None  # noqa: N815
    pause: _Pause | None = None


class _Canary(_Closed):
    maxSurge: StrictInt  # noqa: N815
    maxUnavailable: StrictInt  # noqa: N815
    stableService: str  # noqa: N815
    canaryService: str  # noqa: N815
    trafficRouting: _Routing  # noqa: N815
    analysis: _Analysis
    steps: Annotated[list[_Step], Field(min_length=1)]


class _Strategy(_Closed):
    canary: _Canary


class _Selector(_Closed):
    matchLabels: dict[str, str]  # noqa: N815


class _RolloutSpec(_Closed):
    revisionHistoryLimit: StrictInt  # noqa: N815
    progressDeadlineSeconds: StrictInt  # noqa: N815
    progressDeadlineAbort: bool  # noqa: N815
    selector: _Selector
    strategy: _Strategy
    # A pod template is Kubernetes' own: it is checked by that schema, as a Deployment's.
    template: dict[str, object]


class Rollout(_Closed):
    apiVersion: Literal["argoproj.io/v1alpha1"]  # noqa: N815
    kind: Literal["Rollout"]
    metadata: _Meta
    spec: _RolloutSpec


class _Prometheus(_Closed):
    address: Annotated[str, Field(pattern="^https?://")]
    query: str


class _Provider(_Closed):
    prometheus: _Prometheus


class _Metric(_Closed):
    name: str
    interval: _Duration
    failureLimit: StrictInt  # noqa: N815
    consecutiveErrorLimit: StrictInt  # noqa: N815
    successCondition: str  # noqa: N815
    provider: _Provider


class _AnalysisSpec(_Closed):
    args: list[_Argument]
    metrics: Annotated[list[_Metric], Field(min_length=1)]


class AnalysisTemplate(_Closed):
    apiVersion: Literal["argoproj.io/v1alpha1"]  # noqa: N815
    kind: Literal["AnalysisTemplate"]
    metadata: _Meta
    spec: _AnalysisSpec
