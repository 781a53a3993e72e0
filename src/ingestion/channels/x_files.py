"""Who may have the files of direct messages on X: only the account that they were sent to, by its signature."""

from urllib.parse import urlsplit

from ingestion.channels import oauth1
from runtime.settings import settings

# Pictures of posts are public, on other hosts, and are asked for without our name.
_PRIVATE_HOST = "ton.twitter.com"


def file_headers(url: str) -> dict[str, str]:
    """The signed header for this address, if it is one of X's own host of private files."""
    x = settings().x
    place = urlsplit(url)
    if place.scheme != "https" or place.hostname != _PRIVATE_HOST or place.port not in (None, 443):
        return {}
    credentials = oauth1.Credentials(
        consumer_key=x.consumer_key.get_secret_value(),
        consumer_secret=x.consumer_secret.get_secret_value(),
        token=x.access_token.get_secret_value(),
        token_secret=x.access_token_secret.get_secret_value(),
    )
    return {"Authorization": oauth1.authorization("GET", url, credentials)}
