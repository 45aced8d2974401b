"""What several scripts beside this file do."""

from importlib.metadata import version


def print_versions(*packages):
    """A line for each installed package."""
    for package in packages:
        print(package, version(package))


def film(name, pictures, rate=30, codec="libx264", stamps=None, base=None, options=None, **opening):
    """Write a video of pictures (240, 320, 3), RGB uint8.

    ``stamps`` are their times in units of ``base``, seconds, where they are not to follow from the rate. ``options``
    are the encoder's; what else is given goes to ``av.open``.
    """
    import av

    with av.open(name, "w", **opening) as file:
        stream = file.add_stream(codec, rate=rate, options=options or {})
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        if base is not None:
            stream.codec_context.time_base = base
        for number, rgb in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(rgb, format="rgb24")
            if stamps is not None:
                frame.pts, frame.time_base = stamps[number], base
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))


def moving_square(num_pictures, step, width):
    """Grey pictures of 240 x 320 with a red square that moves ``step`` px a picture, ``width`` px wide."""
    import numpy as np

    for number in range(num_pictures):
        rgb = np.full((240, 320, 3), 90, np.uint8)
        rgb[100:160, step * number : step * number + width] = (200, 60, 60)
        yield rgb
