"""Names of the attributes of a model call's span, as OpenTelemetry's conventions for generative AI have them."""

OPERATION = "gen_ai.operation.name"
PROVIDER = "gen_ai.provider.name"
REQUEST_MODEL = "gen_ai.request.model"
REQUEST_TEMPERATURE = "gen_ai.request.temperature"
REQUEST_MAX_TOKENS = "gen_ai.request.max_tokens"
OUTPUT_TYPE = "gen_ai.output.type"
RESPONSE_MODEL = "gen_ai.response.model"
FINISH_REASONS = "gen_ai.response.finish_reasons"
INPUT_TOKENS = "gen_ai.usage.input_tokens"
OUTPUT_TOKENS = "gen_ai.usage.output_tokens"
CACHE_READ_TOKENS = "gen_ai.usage.cache_read.input_tokens"
CACHE_WRITE_TOKENS = "gen_ai.usage.cache_creation.input_tokens"
ERROR_TYPE = "error.type"

# Ours, where the conventions have none.
PURPOSE = "deskfleet.purpose"
PROMPT_VERSION = "deskfleet.prompt_version"
COST_USD = "deskfleet.cost_usd"
FIRST_TOKEN_MS = "deskfleet.first_token_ms"  # noqa: S105  # a time, not a secret

CHAT = "chat"
JSON = "json"
