namespace Notify.Posix;

/// <summary>Modes of files and folders, each with the digits that <c>chmod</c> takes.</summary>
public static class FileModes
{
    /// <summary>0600: a file of its owner alone.</summary>
    public const UnixFileMode OwnerFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>0700: a folder of its owner alone.</summary>
    public const UnixFileMode OwnerFolder = OwnerFile | UnixFileMode.UserExecute;

    /// <summary>0640: a file that its group may read.</summary>
    public const UnixFileMode GroupReadFile = OwnerFile | UnixFileMode.GroupRead;

    /// <summary>0750: a folder that its group may look into.</summary>
    public const UnixFileMode GroupReadFolder = OwnerFolder | UnixFileMode.GroupRead | UnixFileMode.GroupExecute;

    /// <summary>0660: a file that its group may change, or a socket that it may connect to.</summary>
    public const UnixFileMode GroupFile = GroupReadFile | UnixFileMode.GroupWrite;

    /// <summary>0770: the same with the right to execute.</summary>
    public const UnixFileMode GroupFolder = GroupReadFolder | UnixFileMode.GroupWrite;

    /// <summary>2770: a folder whose new files get its group, whichever member creates them.</summary>
    public const UnixFileMode SharedFolder = GroupFolder | UnixFileMode.SetGroup;

    /// <summary>0007: every right of others.</summary>
    public const UnixFileMode Others = UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    /// <summary>0077: every right of the group and of others.</summary>
    public const UnixFileMode GroupAndOthers =
        UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute | Others;

    /// <summary>0022: writing, by the group or by others.</summary>
    public const UnixFileMode WrittenByOthers = UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;

    /// <summary>0777: all rights, without the set-id and sticky bits.</summary>
    public const UnixFileMode AllRights = OwnerFolder | GroupAndOthers;

    /// <summary>A mode as <c>chmod</c> takes it, such as <c>0660</c>.</summary>
    public static string Octal(UnixFileMode mode) => Convert.ToString((int)mode, 8).PadLeft(4, '0');
}
