"""What a file is by its content, whatever its name and its sender say."""

import io
import time
import zipfile

import pytest

from tickets.file_types import LONGEST_NAME, PROGRAM, UNKNOWN, plain_name, plain_type, refusal, sniffed_type

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR"


def bomb() -> bytes:
    """A hundred megabytes of nothing in a hundred kilobytes."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("nothing", bytes(100_000_000))
    return packed.getvalue()


@pytest.mark.parametrize(
    ("content", "name", "kind"),
    [
        (PNG, "photo.png", "image/png"),
        (PNG, "invoice.pdf", "image/png"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "", "image/jpeg"),
        (b"GIF89a\x01\x00\x01\x00", "x", "image/gif"),
        (b"RIFF\x24\x00\x00\x00WEBPVP8 ", "x", "image/webp"),
        (b"RIFF\x24\x00\x00\x00WAVEfmt ", "x.wav", "audio/wave"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "bill.pdf", "application/pdf"),
        (b"%PDF-1.7\n\x00\x01", "bill", "application/pdf"),
        (b"PK\x03\x04" + bytes(60), "a.zip", "application/zip"),
        (b"PK\x03\x04" + bytes(60), "who-knows", "application/zip"),
        (
            b"PK\x03\x04" + bytes(60),
            "letter.docx",
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        ),
        (b"\x1f\x8b\x08\x00\x00\x00\x00\x00", "log.gz", "application/x-gzip"),
        (b"Where is my parcel?", "note.txt", "text/plain"),
        ("小包はどこですか".encode(), "note", "text/plain"),
        ("Wo ist mein Päckchen?".encode("latin-1"), "note.txt", "text/plain"),
        (b"BM is a company.\n", "note.txt", "text/plain"),
        (b"MZ Wallace bags\n", "note.txt", "text/plain"),
        (b"order,amount\n1,2\n", "orders.CSV", "text/csv"),
        (b"<!DOCTYPE html><p>", "photo.png", "text/html"),
        (b"\xef\xbb\xbf  <HTML>", "photo.jpg", "text/html"),
        (b"<script>alert(1)</script>", "a.gif", "text/html"),
        (b"<svg onload=alert(1)>", "logo.svg", "image/svg+xml"),
        (b"<?xml version='1.0'?>", "a.xml", "application/xml"),
        (b"\x7fELF\x02\x01\x01\x00", "photo.png", PROGRAM),
        (b"MZ\x90\x00\x03\x00", "photo.png", PROGRAM),
        (b"\xca\xfe\xba\xbe\x00\x00\x00\x34", "A.class", PROGRAM),
        (b"L\x00\x00\x00\x01\x14\x02\x00\x00", "Invoice", PROGRAM),
        (b"#!/bin/sh\nrm -rf /\n", "readme.txt", PROGRAM),
        (bytes(range(1, 100)), "noise.png", UNKNOWN),
        (b"", "empty.png", "text/plain"),
    ],
)
def test_the_content_says_what_a_file_is(content: bytes, name: str, kind: str) -> None:
    assert sniffed_type(content, name) == kind


def test_a_character_that_is_cut_where_the_look_ends_makes_no_text_a_binary() -> None:
    assert sniffed_type("é".encode() * 40_000, "a.txt") == "text/plain"
    assert sniffed_type(b"a" + "é".encode() * 40_000, "a.txt") == "text/plain"


def test_an_archive_is_not_unpacked_to_know_what_it_is() -> None:
    packed = bomb()
    started = time.perf_counter()
    assert sniffed_type(packed, "photos.zip") == "application/zip"
    assert time.perf_counter() - started < 1


@pytest.mark.parametrize("letter", [b"\x00", b"A", b"<", b"%", b"\xff", b"PK\x03\x04", b"<html"])
def test_a_large_file_is_looked_into_quickly(letter: bytes) -> None:
    content = letter * (20_000_000 // len(letter))
    started = time.perf_counter()
    sniffed_type(content, "a" * 10_000 + ".png")
    assert time.perf_counter() - started < 3


@pytest.mark.parametrize(
    ("kind", "name", "refused"),
    [
        (PROGRAM, "photo.png", True),
        (UNKNOWN, "setup.EXE", True),
        ("text/plain", "run.ps1", True),
        (UNKNOWN, "run.com", True),
        ("text/plain", "Mail of bob@example.com", False),
        ("application/zip", "photos.zip", False),
        ("image/svg+xml", "logo.svg", False),
        ("text/html", "page.html", False),
    ],
)
def test_programs_are_refused_and_nothing_else(kind: str, name: str, refused: bool) -> None:
    assert bool(refusal(kind, name)) is refused


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("photo.png", "photo.png"),
        ("C:\\Users\\Alice\\photo.png", "photo.png"),
        ("../../etc/passwd", "passwd"),
        ("a\r\nSet-Cookie: b=c.png", "aSet-Cookie: b=c.png"),
        ("gnp.\u202eexe", "gnp.exe"),
        ("\x1b[2Jphoto\x00.png", "[2Jphoto.png"),
        (" .hidden. ", "hidden"),
        ("Straße 小包.pdf", "Straße 小包.pdf"),
        ("half\ud800.txt", "half.txt"),
        ("", "unnamed"),
        ("/", "unnamed"),
        ("...", "unnamed"),
    ],
)
def test_a_name_is_shown_without_what_could_steer_anything(given: str, shown: str) -> None:
    assert plain_name(given) == shown


def test_a_long_name_keeps_its_ending() -> None:
    name = plain_name("a" * 1_000 + ".pdf")
    assert (len(name), name[-4:]) == (LONGEST_NAME, ".pdf")


@pytest.mark.parametrize(
    ("stated", "kept"),
    [
        ("image/PNG; name=x", "image/png"),
        ("text/html\r\nX: y", ""),
        ("a\x00/b", ""),
        ("", ""),
        ("x" * 200 + "/y", ""),
        ("no type", ""),
    ],
)
def test_a_stated_type_is_kept_as_far_as_it_is_one(stated: str, kept: str) -> None:
    assert plain_type(stated) == kept
