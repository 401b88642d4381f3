using System.Globalization;
using Notify.Contracts;
using Notify.Files;
using Notify.Http;

namespace Notify.Bot.SendApi;

/// <summary>The pictures and files of a request, copied into memory or into temporary files, which go with it.</summary>
/// <param name="grow">Takes another turn for each further <see cref="SendApiLimits.Photo"/> bytes; throws if there is none.</param>
internal sealed class ReceivedAttachments(Action grow) : IAsyncDisposable
{
    private readonly List<Stream> _pictures = [];
    private readonly List<(Stream Content, string Name)> _files = [];
    private long _bytes;

    /// <summary>The pictures in their order: the part <c>photo</c> first.</summary>
    internal IReadOnlyList<Stream> Pictures => _pictures;

    /// <summary>The files with their cleaned names.</summary>
    internal IReadOnlyList<(Stream Content, string Name)> Files => _files;

    /// <summary>Whether the part <c>photo</c> is there.</summary>
    internal bool HasPhoto { get; private set; }

    /// <summary>How many there are.</summary>
    internal int Count => _pictures.Count + _files.Count;

    /// <exception cref="ApiException">400: there are as many pictures as a notification takes.</exception>
    internal void RequireRoomForPicture(string field)
    {
        if (field == SendField.Photo && HasPhoto)
        {
            throw ApiException.Field(SendField.Photo, $"is there twice; send several as '{SendField.Photos}'");
        }

        if (_pictures.Count == SendApiLimits.Images)
        {
            throw ApiException.Field(
                field,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"is one too many: {SendApiLimits.Images} photos are the limit"
                )
            );
        }
    }

    /// <exception cref="ApiException">400: there are as many files as a notification takes.</exception>
    internal void RequireRoomForFile()
    {
        if (_files.Count == SendApiLimits.Files)
        {
            throw ApiException.Field(
                SendField.Files,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"has one too many: {SendApiLimits.Files} files are the limit"
                )
            );
        }
    }

    internal void AddPicture(string field, Stream picture)
    {
        if (field == SendField.Photo)
        {
            _pictures.Insert(0, picture);
            HasPhoto = true;
        }
        else
        {
            _pictures.Add(picture);
        }

        CountBytes(picture);
    }

    internal void AddFile(string? name, Stream file)
    {
        _files.Add((file, AttachmentName.Clean(name)));
        CountBytes(file);
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        foreach (var stream in _pictures.Concat(_files.Select(file => file.Content)))
        {
            await stream.DisposeAsync();
        }
    }

    private void CountBytes(Stream added)
    {
        var before = _bytes / SendApiLimits.Photo;
        _bytes += added.Length;
        for (var turn = before; turn < _bytes / SendApiLimits.Photo; turn++)
        {
            grow();
        }
    }
}
