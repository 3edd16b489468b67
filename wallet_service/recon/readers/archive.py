"""A zip archive's directory, believed of nothing: what it declares is measured before anybody unpacks it.

Source: the layout of local headers and the bombs of overlapping or understated members, in the archive format's own
description (APPNOTE 4.3.7, 4.4). Runs in the confined process.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator

from wallet_service.recon.readers.cells import Unreadable

MOST_MEMBERS = 200
LARGEST_UNPACKED = 250_000_000
"""Bytes of all members together: 2 lakh rows of a statement take about half of it."""

_LOCAL_HEADER = struct.Struct("<4s5H3L2H")
_LOCAL_MARK = b"PK\x03\x04"
_CHUNK = 1 << 18
_ENCRYPTED = 0x1
_DAMAGED = "The workbook is damaged: its directory and its contents do not agree. Download it again."


class Archive:
    """The members of a zip archive, each of which may be unpacked, a piece at a time, after all have been checked."""

    def __init__(self, content: bytes) -> None:
        """Take the directory of *content* and refuse what no bank writes.

        Raises:
            Unreadable: it is no archive, or one with too many members, two of one name, members that overlap, are
                encrypted, or together are larger than `LARGEST_UNPACKED`.
        """
        self._content = content
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                found = archive.infolist()
        except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError, struct.error) as error:
            raise Unreadable("The workbook is damaged: it has no directory. Download it again.") from error
        self._members = {member.filename: member for member in found}
        self.names = frozenset(self._members)
        if len(found) > MOST_MEMBERS:
            raise Unreadable(f"The workbook has more than {MOST_MEMBERS} parts: no bank writes such a file.")
        if len(self._members) < len(found):
            raise Unreadable("The workbook has two parts of one name: no bank writes such a file.")
        if any(member.flag_bits & _ENCRYPTED for member in found):
            raise Unreadable("The archive is locked with a password. Remove the password and bring the file again.")
        if sum(member.file_size for member in found) > LARGEST_UNPACKED:
            raise Unreadable(
                f"The workbook unpacks to more than {LARGEST_UNPACKED // 1_000_000} MB: no statement is as large."
            )
        self._starts = self._placed(found)

    def pieces(self, name: str) -> Iterator[bytes]:
        """Yield a member unpacked, a piece at a time, and no byte more than its directory declares.

        Raises:
            Unreadable: it is packed otherwise than workbooks are, is longer or shorter than declared, or is damaged.
        """
        member = self._members[name]
        start = self._starts[name]
        packed = memoryview(self._content)[start : start + member.compress_size]
        if member.compress_type == zipfile.ZIP_STORED:
            unpacked: Iterator[bytes] = (bytes(packed[at : at + _CHUNK]) for at in range(0, len(packed), _CHUNK))
        elif member.compress_type == zipfile.ZIP_DEFLATED:
            unpacked = _inflated(packed)
        else:
            raise Unreadable("The workbook is packed in a way that no bank uses. Download it again.")
        size = checksum = 0
        for piece in unpacked:
            size += len(piece)
            checksum = zlib.crc32(piece, checksum)
            if size > member.file_size:
                raise Unreadable(_DAMAGED)
            yield piece
        if (size, checksum) != (member.file_size, member.CRC):
            raise Unreadable(_DAMAGED)

    def _placed(self, members: list[zipfile.ZipInfo]) -> dict[str, int]:
        """Return where each member's packed bytes start; none may reach into the next one or name another file."""
        starts: dict[str, int] = {}
        free = 0
        for member in sorted(members, key=lambda member: member.header_offset):
            head = self._content[member.header_offset : member.header_offset + _LOCAL_HEADER.size]
            if member.header_offset < free or len(head) < _LOCAL_HEADER.size or not head.startswith(_LOCAL_MARK):
                raise Unreadable(_DAMAGED)
            *_, name_length, extra_length = _LOCAL_HEADER.unpack(head)
            name_at = member.header_offset + _LOCAL_HEADER.size
            name = self._content[name_at : name_at + name_length]
            start = name_at + name_length + extra_length
            free = start + member.compress_size
            if name != member.orig_filename.encode("utf-8" if member.flag_bits & 0x800 else "cp437", "replace"):
                raise Unreadable(_DAMAGED)
            if free > len(self._content):
                raise Unreadable(_DAMAGED)
            starts[member.filename] = start
        return starts


def _inflated(packed: memoryview) -> Iterator[bytes]:
    inflating = zlib.decompressobj(-zlib.MAX_WBITS)
    coming: bytes | memoryview = packed
    try:
        while not inflating.eof:
            piece = inflating.decompress(coming, _CHUNK)
            coming = inflating.unconsumed_tail
            if not piece and not coming:
                break
            yield piece
    except zlib.error as error:
        raise Unreadable(_DAMAGED) from error
    if not inflating.eof or inflating.unused_data:
        raise Unreadable(_DAMAGED)
