using Notify.Text;

namespace Notify.Scripts;

/// <summary>An unknown field of a script's result.</summary>
/// <param name="Name">Its name, on one line and cut.</param>
/// <param name="Meant">The probably intended field; null if none is similar, or it is present too.</param>
public sealed record UnknownField(string Name, string? Meant)
{
    /// <summary>A sentence for the script's author.</summary>
    public string Sentence =>
        Meant is null
            ? $"There is no field \"{Name}\"; it is ignored."
            : $"There is no field \"{Name}\"; did you mean \"{Meant}\"?";
}

/// <summary>The names of the fields of a script's result (docs/notifications.md).</summary>
internal static class ScriptFields
{
    internal const string Notify = "notify";
    internal const string Title = "title";
    internal const string Message = "message";
    internal const string ImagePath = "image_path";
    internal const string Cooldown = "cooldown";
    internal const string Data = "data";
    internal const string Images = "images";
    internal const string Files = "files";
    internal const string Table = "table";
    internal const string Buttons = "buttons";
    internal const string Urgent = "urgent";
    internal const string Silent = "silent";

    /// <summary>All of them.</summary>
    internal static IReadOnlyList<string> All { get; } =
    [Notify, Title, Message, ImagePath, Cooldown, Data, Images, Files, Table, Buttons, Urgent, Silent];

    /// <summary>Longest name that can be a slip.</summary>
    internal const int MaxNameLength = 40;

    /// <summary>Names of fields in other systems and in the send API.</summary>
    private static readonly Dictionary<string, string> OtherNames = new(StringComparer.Ordinal)
    {
        ["alert"] = Notify,
        ["send"] = Notify,
        ["subject"] = Title,
        ["header"] = Title,
        ["heading"] = Title,
        ["headline"] = Title,
        ["text"] = Message,
        ["body"] = Message,
        ["msg"] = Message,
        ["content"] = Message,
        ["caption"] = Message,
        ["description"] = Message,
        ["image"] = ImagePath,
        ["img"] = ImagePath,
        ["photo"] = ImagePath,
        ["photopath"] = ImagePath,
        ["picture"] = ImagePath,
        ["chart"] = ImagePath,
        ["chartpath"] = ImagePath,
        ["plot"] = ImagePath,
        ["imgs"] = Images,
        ["photos"] = Images,
        ["pictures"] = Images,
        ["charts"] = Images,
        ["plots"] = Images,
        ["imagepaths"] = Images,
        ["album"] = Images,
        ["file"] = Files,
        ["filepath"] = Files,
        ["attachment"] = Files,
        ["document"] = Files,
        ["csv"] = Files,
        ["rows"] = Table,
        ["frame"] = Table,
        ["dataframe"] = Table,
        ["keyboard"] = Buttons,
        ["action"] = Buttons,
        ["priority"] = Urgent,
        ["important"] = Urgent,
        ["quiet"] = Silent,
        ["mute"] = Silent,
        ["interval"] = Cooldown,
        ["throttle"] = Cooldown,
        ["payload"] = Data,
        ["metadata"] = Data,
        ["extra"] = Data,
    };

    /// <summary>The field that an unknown name probably means; null if none is similar.</summary>
    internal static string? Nearest(string name)
    {
        if (name.Length > MaxNameLength)
        {
            return null;
        }

        var plain = NearestName.Plain(name);
        if (OtherNames.TryGetValue(plain, out var known) || OtherNames.TryGetValue(plain.TrimEnd('s'), out known))
        {
            return known;
        }

        return NearestName.Find(name, All);
    }
}
