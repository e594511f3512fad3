"""Makes this folder's images: python3 make.py. Needs Pillow and NumPy.

The picture is a part of samples/dandelion.jpg (CC0-1.0, see samples/CREDITS.md); all else is drawn here.
The images are kept in the repository; run this only to add to them, because another version of
Pillow writes other bytes.
"""

import io
import struct
import zlib
from pathlib import Path

import numpy
from PIL import Image, ImageCms, ImageDraw

HERE = Path(__file__).parent
PHOTO = Image.open(HERE / "../../../samples/dandelion.jpg").convert("RGB").crop((900, 100, 1541, 581)).resize(
    (161, 121), Image.Resampling.LANCZOS)
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def exif(orientation):
    data = Image.Exif()
    data[0x0112] = orientation
    data[0x010F] = "Halver"
    data.get_ifd(0x8825).update({1: "N", 2: (47.0, 30.0, 0.0), 3: "E", 4: (11.0, 6.0, 0.0)})
    return data.tobytes()


def badge():
    image = Image.new("RGBA", (97, 64), (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    draw.ellipse((4, 4, 60, 60), fill=(220, 40, 60, 255))
    draw.rectangle((40, 20, 92, 44), fill=(20, 90, 200, 128))
    draw.line((0, 63, 96, 0), fill=(0, 0, 0, 255), width=2)
    return image


def ramp16(channels):
    y, x = numpy.mgrid[0:33, 0:47]
    planes = [(x * 1400 + y * 7) % 65536, (y * 1900 + x * 3) % 65536, (x * y * 41) % 65536][:channels]
    return numpy.stack(planes, axis=-1).astype(">u2")


def png(path, array, color_type, depth, extra=()):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    height, width = array.shape[:2]
    rows = b"".join(b"\0" + array[y].tobytes() for y in range(height))
    header = struct.pack(">IIBBBBB", width, height, depth, color_type, 0, 0, 0)
    (HERE / path).write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + b"".join(chunk(*pair) for pair in extra) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b""))


def save(path, image, **options):
    image.save(HERE / path, **options)


save("photo-420.jpg", PHOTO, quality=88, subsampling="4:2:0")
save("photo-444-q95.jpg", PHOTO, quality=95, subsampling="4:4:4")
save("photo-422-q60.jpg", PHOTO, quality=60, subsampling="4:2:2")
save("photo-progressive.jpg", PHOTO, quality=85, progressive=True)
# So wide that places in it, times its width, outgrow 32 bits.
save("wide.jpg", Image.fromarray(numpy.stack([numpy.tile(numpy.arange(9504) // d % 256, (16, 1)) for d in (2, 3, 5)], 2).astype("uint8")), quality=60, subsampling="4:2:0")
save("photo-grey.jpg", PHOTO.convert("L"), quality=85)
save("photo-cmyk.jpg", PHOTO.convert("CMYK"), quality=85)
for orientation in range(1, 9):
    turn = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}
    # Transpose.X that a viewer's orientation undoes: FLIP_LEFT_RIGHT 0, FLIP_TOP_BOTTOM 1, ROTATE_90 2, …
    stored = PHOTO.resize((48, 36)) if orientation == 1 else PHOTO.resize((48, 36)).transpose(turn[orientation])
    save(f"orientation-{orientation}.jpg", stored, quality=90, subsampling="4:4:4", exif=exif(orientation))
save("private.jpg", PHOTO, quality=85, exif=exif(1), icc_profile=SRGB, comment="taken at home")
save("photo.png", PHOTO, icc_profile=SRGB)
save("badge.png", badge())
save("palette.png", badge().convert("RGB").quantize(16))
save("bilevel.png", PHOTO.convert("1"))
png("deep-grey.png", ramp16(1), 0, 16)
png("deep-rgb.png", ramp16(3), 2, 16)
primaries = struct.pack(">8I", 31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000)
png("gamma.png", numpy.asarray(PHOTO.resize((40, 30))), 2, 8, [(b"gAMA", struct.pack(">I", 100000)), (b"cHRM", primaries)])
save("photo-lossy.webp", PHOTO, quality=80)
save("badge-lossless.webp", badge(), lossless=True)
save("badge-lossy.webp", badge(), quality=80)
save("badge.gif", badge())
save("photo.gif", PHOTO)
frames = [PHOTO.resize((40, 30)).rotate(30 * i) for i in range(3)]
save("animated.gif", frames[0], save_all=True, append_images=frames[1:], duration=100, loop=0)
save("animated.webp", frames[0], save_all=True, append_images=frames[1:], duration=100)
save("animated.png", frames[0], save_all=True, append_images=frames[1:], duration=100)
save("tiny-progressive.jpg", PHOTO.resize((7, 9)), quality=85, subsampling="4:2:0", progressive=True)
save("tiny-cmyk.jpg", PHOTO.resize((9, 7)).convert("CMYK"), quality=85)


def webp_chunk(kind, data):
    return kind + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)


def three(number):
    return struct.pack("<I", number)[:3]


lossy = io.BytesIO()
PHOTO.resize((16, 16)).save(lossy, "WEBP", quality=50)
size = three(15) + three(15)
frame_of_animation = webp_chunk(b"ANMF", three(0) * 2 + size + three(100) + b"\0" + lossy.getvalue()[12:])
body = b"WEBP" + webp_chunk(b"VP8X", b"\x02\0\0\0" + size) + webp_chunk(b"ANIM", b"\0" * 6) + frame_of_animation
(HERE / "one-frame.webp").write_bytes(b"RIFF" + struct.pack("<I", len(body)) + body)
for name in "palette", "badge":
    save(f"{name}.bmp", Image.open(HERE / f"{name}.png"))
save("one-pixel.png", Image.new("RGB", (1, 1), (1, 2, 3)))
save("one-column.jpg", PHOTO.crop((80, 0, 81, 121)), quality=90)

sound = (HERE / "photo-420.jpg").read_bytes()
(HERE / "truncated.jpg").write_bytes(sound[: len(sound) // 2])
frame = sound.index(b"\xff\xc0")
(HERE / "huge-header.jpg").write_bytes(sound[: frame + 5] + b"\xff\xff\xff\xff" + sound[frame + 9 :])
(HERE / "text.jpg").write_bytes(b"I am no photograph.\n")
(HERE / "empty.jpg").write_bytes(b"")
