namespace Notify.Sandbox.Telegram;

/// <summary>A command in the menu that Telegram shows.</summary>
internal sealed record MenuCommand(string Command, string Description);

/// <summary>The lists of commands by scope and language. Guarded by the world's gate.</summary>
internal sealed class CommandLists
{
    private readonly Dictionary<(string Scope, string Language), IReadOnlyList<MenuCommand>> _lists = [];

    public IReadOnlyList<MenuCommand> Get(string scope, string language) =>
        _lists.GetValueOrDefault((scope, language), []);

    public void Set(string scope, string language, IReadOnlyList<MenuCommand> commands) =>
        _lists[(scope, language)] = commands;
}
