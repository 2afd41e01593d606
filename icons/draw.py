#!/usr/bin/env python3
"""Draws the icon set from icon.svg: `icons/draw.py`, with rsvg-convert (librsvg2-bin) on the PATH.

Nothing else is needed: .ico and .icns are containers around the PNGs and are written here.
"""

import pathlib
import struct
import subprocess

HERE = pathlib.Path(__file__).parent


def png(size: int) -> bytes:
    """The icon at a size, as PNG."""
    command = ["rsvg-convert", "--width", str(size), "--height", str(size), str(HERE / "icon.svg")]
    return subprocess.run(command, check=True, capture_output=True).stdout


def ico(sizes: list[int]) -> bytes:
    """Windows: a directory of 16 bytes an image, then the PNGs; a side of 256 is written as 0."""
    images = [png(size) for size in sizes]
    head = struct.pack("<HHH", 0, 1, len(images))
    offset = len(head) + 16 * len(images)
    entries = b""
    for size, image in zip(sizes, images):
        side = size % 256
        entries += struct.pack("<BBBBHHII", side, side, 0, 0, 1, 32, len(image), offset)
        offset += len(image)
    return head + entries + b"".join(images)


def icns() -> bytes:
    """macOS: chunks of a four-letter type, a big-endian length with its own 8 bytes, and a PNG."""
    types = {b"ic11": 32, b"ic12": 64, b"ic07": 128, b"ic13": 256, b"ic08": 256, b"ic14": 512, b"ic09": 512, b"ic10": 1024}
    chunks = b""
    for name, size in types.items():
        image = png(size)
        chunks += name + struct.pack(">I", len(image) + 8) + image
    return b"icns" + struct.pack(">I", len(chunks) + 8) + chunks


def main() -> None:
    """Writes every file that tauri.conf.json names."""
    for name, size in {"32x32": 32, "128x128": 128, "128x128@2x": 256, "256x256": 256, "512x512": 512}.items():
        (HERE / f"{name}.png").write_bytes(png(size))
    (HERE / "icon.ico").write_bytes(ico([16, 24, 32, 48, 64, 256]))
    (HERE / "icon.icns").write_bytes(icns())


main()
