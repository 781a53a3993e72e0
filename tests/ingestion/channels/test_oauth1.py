from ingestion.channels.oauth1 import Credentials, authorization, base_string

# The signature was computed apart from this code, with `openssl dgst -sha1 -hmac` over the string below.
CREDENTIALS = Credentials(
    consumer_key="desk key", consumer_secret="c/secret", token="7001-tok", token_secret="t&secret~"
)
URL = "HTTP://API.Example.com:80/2/things?b=two%20words&a=%C3%A9&empty="
BASE = (
    "POST&http%3A%2F%2Fapi.example.com%2F2%2Fthings&a%3D%25C3%25A9%26b%3Dtwo%2520words%26empty%3D%26"
    "oauth_consumer_key%3Ddesk%2520key%26oauth_nonce%3Dn-1_x%26oauth_signature_method%3DHMAC-SHA1%26"
    "oauth_timestamp%3D1795255200%26oauth_token%3D7001-tok%26oauth_version%3D1.0"
)


def test_the_string_that_is_signed_is_normalised() -> None:
    oauth = {
        "oauth_consumer_key": "desk key",
        "oauth_nonce": "n-1_x",
        "oauth_signature_method": "HMAC-SHA1",
        "oauth_timestamp": "1795255200",
        "oauth_token": "7001-tok",
        "oauth_version": "1.0",
    }
    assert base_string("post", URL, oauth) == BASE


def test_the_signature_is_that_of_the_standard() -> None:
    header = authorization("POST", URL, CREDENTIALS, nonce="n-1_x", timestamp=1_795_255_200)
    assert header.startswith('OAuth oauth_consumer_key="desk%20key", oauth_nonce="n-1_x", ')
    assert 'oauth_signature="S0naj%2B7YHhDGi3axJxDTOr6cF4Y%3D"' in header


def test_a_port_of_its_own_is_signed_too() -> None:
    assert base_string("GET", "https://api.example.com:8443", {}).startswith(
        "GET&https%3A%2F%2Fapi.example.com%3A8443%2F&"
    )


def test_each_request_has_a_nonce_of_its_own() -> None:
    first, second = (authorization("GET", "https://api.example.com/", CREDENTIALS) for _ in range(2))
    assert first != second


def test_credentials_do_not_show_themselves() -> None:
    assert "secret" not in repr(CREDENTIALS)
