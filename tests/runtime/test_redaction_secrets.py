"""Keys, tokens and passwords."""

import pytest

from runtime.redaction import redact


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ghp_abcdefghij0123456789abcdefghij012345", "[SECRET]"),
        ("AKIAIOSFODNN7EXAMPLE", "[SECRET]"),
        ("dfk_Zx81kqLmN0pQrStUvWxYz012345", "[SECRET]"),
        ("eyJhbGciOiJIUzI1.eyJzdWIiOiIx.c2lnbmF0", "[SECRET]"),
        ("Authorization: Bearer abcdef1234567890abcd", "Authorization: Bearer [SECRET]"),
        ("https://bob:s3cret@example.com/x", "https://bob:[SECRET]@example.com/x"),
        ("password: hunter", "password: [SECRET]"),
        ("Passwort: sommer", "Passwort: [SECRET]"),
        ("mein Passwort ist Sommer2024.", "mein Passwort ist [SECRET]."),
        ("mot de passe : été2024!", "mot de passe : [SECRET]"),
        ("la contraseña es 'verano'", "la contraseña es '[SECRET]'"),
        ("hasło to Zima2024", "hasło to [SECRET]"),
        ("şifrem: kedi123", "şifrem: [SECRET]"),
        ("パスワードはabc12345です", "パスワードは[SECRET]です"),
        ("密码是abc12345", "密码是[SECRET]"),
        ("API key = 0a1b2c3d4e", "API key = [SECRET]"),
        ("CVV 123 and PIN is 4821", "CVV [SECRET] and PIN is [SECRET]"),
    ],
)
def test_secrets_are_taken_out(text: str, expected: str) -> None:
    assert redact(text) == expected


def test_a_private_key_goes_whole() -> None:
    key = "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\nabc\n-----END RSA PRIVATE KEY-----"
    assert redact(f"Here: {key} ok") == "Here: [SECRET] ok"


@pytest.mark.parametrize(
    "text",
    [
        "my password is not accepted",
        "the token was invalid",
        "mein Passwort ist falsch",
        "le mot de passe est incorrect",
        "I forgot my password yesterday",
        "browser.download.skipConfirmLaunchExecutable",
        "the skeleton-of-a-long-compound-word",
    ],
)
def test_talking_about_passwords_is_no_secret(text: str) -> None:
    assert redact(text) == text
