"""Bytes that lie with the host, in pieces as large as it takes. For worlds that have blobs."""

from wit_world.imports import blobs, types

PIECE = 1 << 20
"""Bytes of one piece."""


def read_all(blob: str) -> bytes:
    """All of a blob. It has to fit into the plugin's memory."""
    size = blobs.stat(blob).size
    return b"".join(blobs.read(blob, at, PIECE) for at in range(0, size, PIECE))


def write_all(data: bytes, mime: str, filename: str | None = None) -> str:
    """Makes a blob; its name, which belongs to this call."""
    blob = blobs.create(mime, filename)
    for at in range(0, len(data), PIECE):
        blobs.append(blob, data[at : at + PIECE])
    blobs.seal(blob)
    return blob


def stored(blob: str, mime: str, filename: str | None) -> types.Attachment:
    """A file of a message, of bytes that lie with the host."""
    return types.Attachment(filename, mime, size=None, content_id=None, body=types.AttachmentBody_Stored(blob))


def bytes_of(file: types.Attachment) -> bytes:
    """The bytes of a file that leaves. Saker hands over names of blobs; recorded calls may have the bytes themselves."""
    match file.body:
        case types.AttachmentBody_Inline(data):
            return data
        case types.AttachmentBody_Stored(blob):
            return read_all(blob)
    return b""


def body_of(file: types.Attachment) -> types.HttpBody:
    """A file that leaves as a request's body, without its bytes coming in here."""
    if isinstance(file.body, types.AttachmentBody_Stored):
        return types.HttpBody_Blob(file.body.value)
    return types.HttpBody_Bytes(bytes_of(file))
