"""PDFs for tests, written byte by byte: plain ones, and such as were made to break a reader."""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

_FONT = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"


@dataclass
class Pdf:
    """Objects by number. The catalog is 1, the root of the page tree 2, the font 3."""

    objects: dict[int, bytes] = field(default_factory=dict)
    info: int | None = None

    def add(self, body: bytes) -> int:
        number = max(self.objects, default=3) + 1
        self.objects[number] = body
        return number

    def stream(self, content: bytes, more: bytes = b"") -> int:
        return self.add(b"<< /Length %d %s >>\nstream\n%s\nendstream" % (len(content), more, content))

    def page(self, contents: int) -> int:
        return self.add(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents %d 0 R "
            b"/Resources << /Font << /F1 3 0 R >> >> >>" % contents
        )

    def finish(self, pages: Sequence[int], catalog: bytes = b"") -> bytes:
        kids = b" ".join(b"%d 0 R" % number for number in pages)
        tree = b"<< /Type /Pages /Kids [%s] /Count %d >>" % (kids, len(pages))
        given = {1: b"<< /Type /Catalog /Pages 2 0 R %s >>" % catalog, 2: tree, 3: _FONT}
        return _written(given | self.objects, self.info)


def _written(objects: Mapping[int, bytes], info: int | None) -> bytes:
    made = b"%PDF-1.7\n"
    places = {}
    for number, body in sorted(objects.items()):
        places[number] = len(made)
        made += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    rows = b"".join(b"%010d 00000 n \n" % places[number] for number in sorted(places))
    more = b" /Info %d 0 R" % info if info else b""
    trailer = b"trailer\n<< /Size %d /Root 1 0 R%s >>\nstartxref\n%d\n%%%%EOF\n" % (
        len(objects) + 1, more, len(made),
    )  # fmt: skip
    return made + b"xref\n0 %d\n0000000000 65535 f \n%s" % (len(objects) + 1, rows) + trailer


def text(words: str) -> bytes:
    """A string as it stands in a PDF."""
    escaped = words.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
    return b"(" + escaped.encode("cp1252") + b")"


def lines(said: Sequence[str]) -> bytes:
    """A content stream with one line below the other."""
    shown = b" T* ".join(text(line) + b" Tj" for line in said)
    return b"BT /F1 12 Tf 14 TL 50 790 Td %s ET" % shown


def a_pdf(
    pages: Sequence[Sequence[str]],
    *,
    title: str = "",
    language: str = "",
    outline: Sequence[tuple[str, int]] = (),
) -> bytes:
    """`outline`: an entry's words, and the page that it leads to."""
    pdf = Pdf()
    numbers = [pdf.page(pdf.stream(zlib.compress(lines(page)), b"/Filter /FlateDecode")) for page in pages]
    if title:
        pdf.info = pdf.add(b"<< /Title %s >>" % text(title))
    catalog = b"/Lang %s" % text(language) if language else b""
    if outline:
        first = max(pdf.objects) + 1
        root = first + len(outline)
        for place, (words, page) in enumerate(outline):
            following = b"/Next %d 0 R" % (first + place + 1) if place + 1 < len(outline) else b""
            pdf.add(
                b"<< /Title %s /Parent %d 0 R /Dest [%d 0 R /Fit] %s >>"
                % (text(words), root, numbers[page], following)
            )
        pdf.add(b"<< /Type /Outlines /First %d 0 R /Last %d 0 R >>" % (first, root - 1))
        catalog += b" /Outlines %d 0 R" % root
    return pdf.finish(numbers, catalog)


def unpacks_to(size: int) -> bytes:
    """A page whose content is packed twice: a few kilobytes become `size` bytes."""
    packer = zlib.compressobj(1)
    packed = b"".join(packer.compress(b" " * 1_000_000) for _ in range(size // 1_000_000)) + packer.flush()
    pdf = Pdf()
    content = pdf.stream(zlib.compress(packed), b"/Filter [/FlateDecode /FlateDecode]")
    return pdf.finish([pdf.page(content)])


def contains_itself() -> bytes:
    """A page tree that is its own branch."""
    return Pdf().finish([2])


def is_deep(levels: int) -> bytes:
    """A page at the end of a branch of so many levels."""
    pdf = Pdf()
    for level in range(levels):
        pdf.add(b"<< /Type /Pages /Count 1 /Parent %d 0 R /Kids [%d 0 R] >>" % (3 + level, 5 + level))
    pdf.page(pdf.stream(lines(["Far down."])))
    return pdf.finish([4])


def repeats_a_page(times: int, said: int, line: str = "word") -> bytes:
    """The same long page again and again."""
    pdf = Pdf()
    page = pdf.page(pdf.stream(zlib.compress(lines([line] * said)), b"/Filter /FlateDecode"))
    return pdf.finish([page] * times)
