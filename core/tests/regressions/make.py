"""Makes the files here that were drawn by hand: python3 make.py. Needs nothing but Python.

They put the largest numbers where a decoder may have room for smaller ones, and count blocks in every way there is.
Terms and limits are those of ITU-T T.81.
"""

import struct
from pathlib import Path

HERE = Path(__file__).parent
# Codes of four bits: sizes in the DC table, (run, size) in the AC table.
DC_SIZES = [0, 1, 11, 15]
AC_SYMBOLS = [0x00, 0x01, 0x0A, 0x0F, 0x10, 0x11, 0xE0, 0xF0]


def segment(marker, payload):
    return struct.pack(">BBH", 0xFF, marker, len(payload) + 2) + payload


def short_table(place, symbols):
    """One symbol of each length: 0, 10, 110 and so on."""
    counts = [1] * len(symbols) + [0] * (16 - len(symbols))
    return segment(0xC4, bytes([place] + counts + symbols))


def table(place, symbols):
    return segment(0xC4, bytes([place]) + bytes([0, 0, 0, len(symbols)] + [0] * 12) + bytes(symbols))


def quantization(step, wide=True):
    return segment(0xDB, bytes([wide << 4]) + struct.pack(">64H" if wide else ">64B", *[step] * 64))


def frame(kind, width, height, components=((1, 0x11),)):
    parts = b"".join(bytes([name, factors, 0]) for name, factors in components)
    return segment(kind, struct.pack(">BHHB", 8, height, width, len(components)) + parts)


def restarts(interval):
    return segment(0xDD, struct.pack(">H", interval))


def scan(components, first, last, approximation, *intervals):
    """Each interval is (value, bits) pairs; its last byte is filled up with ones, every 0xFF is stuffed, and RST 0 to 7 go between."""
    data = b""
    for number, codes in enumerate(intervals):
        bits = "".join(f"{value:0{length}b}" for value, length in codes)
        bits += "1" * (-len(bits) % 8)
        data += bytes([0xFF, 0xD0 + (number - 1) % 8]) * (number > 0)
        data += bytes(int(bits[at:at + 8], 2) for at in range(0, len(bits), 8)).replace(b"\xff", b"\xff\0")
    names = b"".join(bytes([name, 0]) for name in components)
    return segment(0xDA, bytes([len(components)]) + names + bytes([first, last, approximation])) + data


def dc(size, value=0):
    return [(DC_SIZES.index(size), 4)] + [(value, size)] * (size > 0)


def ac(symbol, value=0):
    return [(AC_SYMBOLS.index(symbol), 4)] + [(value, symbol & 15)] * (symbol & 15 > 0)


def save(name, *parts):
    (HERE / name).write_bytes(b"\xff\xd8" + b"".join(parts) + b"\xff\xd9")


TABLES = table(0x00, DC_SIZES) + table(0x10, AC_SYMBOLS)

# Approximation from bit 13: coefficients of 10 bits and DC differences of 15 are moved out of any 16. Then a run of
# 2**15 - 1 blocks without coefficients in a picture of four, and refinements of what was never sent.
save(
    "progressive-brim.jpg", quantization(0xFFFF), frame(0xC2, 16, 16), TABLES,
    scan([1], 0, 0, 0x0D, dc(15, 0x7FFF) * 4),
    scan([1], 0, 0, 0xDC, [(1, 1)] * 4),
    scan([1], 1, 31, 0x0D, (ac(0x0A, 0x3FF) * 31) * 4),
    scan([1], 1, 63, 0xDC, ac(0xE0) + [(0x3FFF, 14)] + [(1, 1)] * (31 * 4)),
    scan([1], 40, 63, 0x00, ac(0xE0) + [(0, 14)]),
)

# 17 by 9 pixels in 4:2:0. Interleaved, luma has 4 by 2 blocks in 2 MCUs; alone, it has 3 by 2 and the rest is never
# sent. The restart interval counts MCUs in the one case and blocks in the other, and changes between the scans.
luma = dc(11, 0x400) + dc(1, 0) * 3
chroma = dc(11, 0x401) + dc(11, 0x3FF)
save(
    "interleaved-and-not.jpg", quantization(1), frame(0xC2, 17, 9, ((1, 0x22), (2, 0x11), (3, 0x11))), TABLES,
    restarts(1), scan([1, 2, 3], 0, 0, 0x01, luma + chroma, luma + chroma),
    restarts(4),
    scan(
        [1], 1, 63, 0x02,
        ac(0x01, 1) * 63 + ac(0x11, 0) * 31 + ac(0x00) + ac(0x10) + [(0, 1)],
        ac(0x0A, 0) + ac(0x00) * 2,
    ),
    restarts(0), scan([2], 1, 5, 0x00, ac(0x11, 1) + ac(0x00) * 2),
    restarts(2), scan([3], 1, 63, 0x00, ac(0xF0) * 3 + ac(0x0A, 0x3FF) + ac(0x00) * 2),
    restarts(1), scan([1, 2, 3], 0, 0, 0x10, [(1, 1)] * 6, [(0, 1)] * 6),
)

# Every coefficient 2**15 - 1 and every step 2**16 - 1: products reach 31 bits, their sums 37.
highest = ac(0x0F, 0x7FFF) * 63
save(
    "sequential-brim.jpg", quantization(0xFFFF), frame(0xC1, 16, 16), TABLES,
    scan([1], 0, 63, 0, dc(15, 0x7FFF) + highest + (dc(0) + highest) * 3),
)

# The highest and the lowest in turns, from block to block and inside each.
low, high = (ac(0x0F, 0) + ac(0x0F, 0x7FFF)) * 31 + ac(0x0F, 0), (ac(0x0F, 0x7FFF) + ac(0x0F, 0)) * 31 + ac(0x0F, 0x7FFF)
swing = dc(15, 0) + low + dc(15, 0x7FFF) + high
save("sequential-swing.jpg", quantization(0xFFFF), frame(0xC1, 16, 16), TABLES, scan([1], 0, 63, 0, swing * 2))

# A DC prediction that leaves 16 bits with its second difference, and 32 with its 257th once it is multiplied.
save(
    "runaway.jpg", quantization(0xFF, wide=False), frame(0xC1, 136, 136), TABLES,
    scan([1], 0, 63, 0, (dc(15, 0x7FFF) + ac(0x00)) * (17 * 17)),
)

# One colour, a scan for each component: a block has two bits, so that whole restart intervals are read ahead.
flat = [scan([name], 0, 63, 0, [(0, 2)] * 10, [(0, 2)] * 5) for name in (1, 2, 3)]
save(
    "restart-flat.jpg", quantization(1, wide=False), frame(0xC0, 17, 33, ((1, 0x11), (2, 0x11), (3, 0x11))),
    short_table(0x00, [0]), short_table(0x10, [0]), restarts(10), *flat,
)

# Sixteen zeros have a code of one bit: a full block, then one of zeros, whose codes might all be of the first. Taken as
# one block they are 79 coefficients and an EOB. Fuzzing found it in a half of noise.
full, zeros = [(0, 1)] + [(0, 1)] * 3 + [(0b10, 2), (1, 1)], [(0, 1)] + [(0, 1)] * 2 + [(0b110, 3)]
save(
    "zeros-of-one-bit.jpg", quantization(16, wide=False), frame(0xC0, 32, 8),
    short_table(0x00, [0]), short_table(0x10, [0xF0, 0xE1, 0x00]), scan([1], 0, 63, 0, full + zeros + full + zeros),
)
