using Microsoft.Extensions.Time.Testing;
using Notify.Linking;
using Notify.Tests.Files;
using Xunit;

namespace Notify.Tests.Linking;

/// <summary>A data folder, a clock that the test moves, and the store of a bot.</summary>
public abstract class LinkStoreScene : IDisposable
{
    private readonly ScratchFolder _folder = new();

    protected LinkStoreScene() => Store = new JsonLinkStore(_folder.Path, Time);

    // Present, since the times of files are the system's.
    internal FakeTimeProvider Time { get; } = new(TimeProvider.System.GetUtcNow());

    internal JsonLinkStore Store { get; }

    internal static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    internal static UserName Alice { get; } = UserName.Parse("alice");

    internal static UserName Bob { get; } = UserName.Parse("bob");

    internal string Folder => _folder.Path;

    internal string UsersPath => _folder["telegram_users.json"];

    internal string CodesPath => _folder["pending_codes.json"];

    internal string DeepLinksPath => _folder["pending_links.json"];

    internal string WrongCodesPath => _folder["wrong_codes.json"];

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
        Store.Dispose();
        _folder.Dispose();
    }

    internal async Task<Verification> VerifyAsync(UserName user, string code) =>
        await Store.VerifyAsync(user, code, Cancellation);

    /// <summary>A code that is not pending.</summary>
    internal string WrongCode()
    {
        var pending = File.Exists(CodesPath) ? File.ReadAllText(CodesPath) : "";
        return Enumerable
            .Range(0, 1_000_000)
            .Select(i => i.ToString("D6", System.Globalization.CultureInfo.InvariantCulture))
            .First(code => !pending.Contains(code, StringComparison.Ordinal));
    }
}
