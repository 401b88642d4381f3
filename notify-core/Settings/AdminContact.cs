namespace Notify.Settings;

/// <summary>Whom people ask: the setting <c>NOTIFY_CONTACT</c>, named in messages such as "Tell data-platform@example.org."</summary>
public static class AdminContact
{
    /// <summary>The variable.</summary>
    public const string Name = "NOTIFY_CONTACT";

    /// <summary>What messages say without the setting.</summary>
    public const string Default = "the admin";

    /// <summary>Longest contact, in UTF-16 units. It stands within sentences.</summary>
    public const int MaxLength = 100;

    /// <summary>Reads and checks the setting.</summary>
    public static string Read(SettingsReader reader)
    {
        ArgumentNullException.ThrowIfNull(reader);
        var contact = reader.Text(Name, Default).Trim();
        if (contact.Length is 0 or > MaxLength || !contact.All(IsVisible))
        {
            reader.Wrong(
                Name,
                reader.Raw(Name) ?? "",
                $"whom people ask, such as data-platform@example.org: one line of at most {MaxLength} characters"
            );
        }

        return contact;
    }

    /// <summary>Letters and symbols of any language. Control, formatting and unpaired characters could change the sentence around them.</summary>
    private static bool IsVisible(char c) =>
        c == ' '
        || char.IsLetterOrDigit(c)
        || char.IsPunctuation(c)
        || char.IsSymbol(c)
        || char.GetUnicodeCategory(c) is System.Globalization.UnicodeCategory.NonSpacingMark;
}
