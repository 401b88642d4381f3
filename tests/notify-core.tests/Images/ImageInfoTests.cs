using System.Buffers.Binary;
using FsCheck.Xunit;
using Notify.Images;
using Xunit;

namespace Notify.Tests.Images;

public sealed class ImageInfoTests
{
    private static byte[] Png(uint width, uint height)
    {
        byte[] file =
        [
            0x89,
            .. "PNG\r\n\x1A\n"u8,
            0,
            0,
            0,
            13,
            .. "IHDR"u8,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            8,
            2,
            0,
            0,
            0,
            1,
            2,
            3,
            4,
            0,
            0,
        ];
        BinaryPrimitives.WriteUInt32BigEndian(file.AsSpan(16), width);
        BinaryPrimitives.WriteUInt32BigEndian(file.AsSpan(20), height);
        return file;
    }

    private static byte[] Segment(byte marker, params byte[] body) =>
        [0xFF, marker, (byte)((body.Length + 2) >> 8), (byte)(body.Length + 2), .. body];

    private static byte[] Jpeg(byte frame, ushort width, ushort height, params byte[] before) =>
        [
            0xFF,
            0xD8,
            .. before,
            .. Segment(0xDB, new byte[65]),
            .. Segment(0xC4, new byte[20]),
            .. Segment(frame, 8, (byte)(height >> 8), (byte)height, (byte)(width >> 8), (byte)width, 1, 1, 0x11, 0),
            .. Segment(0xDA, 1, 1, 0, 0, 63, 0),
            0,
            0xFF,
            0xD9,
        ];

    [Fact]
    public void A_png_tells_its_size() =>
        Assert.Equal(new ImageInfo(ImageKind.Png, 4000, 20, 35), ImageInfo.Read(Png(4000, 20)));

    [Theory]
    [InlineData(0xC0)] // baseline
    [InlineData(0xC2)] // progressive
    public void A_jpeg_tells_its_size_behind_any_metadata(byte frame)
    {
        // Exif with a thumbnail inside, which has a frame header of its own, then filling bytes.
        byte[] metadata =
        [
            .. Segment(0xE0, new byte[14]),
            .. Segment(0xE1, Jpeg(0xC0, 160, 120)),
            0xFF,
            .. Segment(0xE2, new byte[60_000]),
        ];
        var file = Jpeg(frame, 1280, 720, metadata);
        Assert.Equal(new ImageInfo(ImageKind.Jpeg, 1280, 720, file.Length), ImageInfo.Read(file));
    }

    [Fact]
    public void Other_files_are_no_picture()
    {
        Assert.Null(ImageInfo.Read([]));
        Assert.Null(ImageInfo.Read("GIF89a\x01\x00\x01\x00 and so on, long enough for a header"u8));
        Assert.Null(ImageInfo.Read("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"10\" height=\"10\"/>"u8));
        Assert.Null(ImageInfo.Read([0xFF, 0xD8, 0xFF, 0xD9]));
    }

    [Fact]
    public void A_picture_without_extent_is_none()
    {
        Assert.Null(ImageInfo.Read(Png(0, 10)));
        Assert.Null(ImageInfo.Read(Png(10, 0x8000_0000)));
        Assert.Null(ImageInfo.Read(Jpeg(0xC0, 10, 0)));
    }

    [Fact]
    public void A_header_that_is_cut_off_is_none()
    {
        foreach (var file in (byte[][])[Png(10, 10)[..33], Jpeg(0xC0, 10, 10)[..(2 + 69 + 24 + 9)]])
        {
            Assert.NotNull(ImageInfo.Read(file));
            for (var length = 0; length < file.Length; length++)
            {
                Assert.Null(ImageInfo.Read(file.AsSpan(0, length)));
            }
        }
    }

    [Property(MaxTest = 3000)]
    public void Any_bytes_after_a_right_beginning_are_survived(byte[] bytes, bool png)
    {
        byte[] file = png ? [.. Png(1, 1)[..12], .. bytes] : [0xFF, 0xD8, 0xFF, .. bytes];
        if (ImageInfo.Read(file) is { } info)
        {
            Assert.True(info is { Width: > 0, Height: > 0 });
        }
    }
}
