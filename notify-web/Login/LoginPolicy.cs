using Notify.Linking;

namespace Notify.Web.Login;

/// <summary>Whether a person may enter, and as which user.</summary>
public abstract record Admission
{
    private Admission() { }

    /// <summary>They may.</summary>
    /// <param name="User">The user.</param>
    /// <param name="Account">The user's current account.</param>
    public sealed record Admitted(UserName User, AccountId Account) : Admission;

    /// <summary>They may not.</summary>
    /// <param name="Why">A sentence for the page: the reason, and whom to ask.</param>
    public sealed record Refused(string Why) : Admission;

    /// <summary>It can't be decided now.</summary>
    /// <param name="Why">A sentence for the page.</param>
    public sealed record Undecided(string Why) : Admission;
}

/// <summary>
/// Decides who may enter. This is the whole rule. It applies at the login and at every request, so a user who leaves the group
/// or loses their line is out at once.
/// </summary>
public sealed class LoginPolicy(WebSettings settings, UserMap map, Accounts accounts)
{
    /// <summary>Decides.</summary>
    public Admission Of(GoogleAccount account)
    {
        ArgumentNullException.ThrowIfNull(account);
        if (account.Email.Length == 0 || account.Email.Any(c => c is <= ' ' or > '~') || account.Domain.Length == 0)
        {
            return new Admission.Refused("Google gave no usable e-mail address. Choose another account.");
        }

        if (!account.EmailVerified)
        {
            return new Admission.Refused(
                $"Google has not verified that {account.Email} is yours. Verify it in your Google account, or choose another account."
            );
        }

        if (!settings.AllowedDomains.Contains(account.Domain, StringComparer.Ordinal))
        {
            return new Admission.Refused(
                $"You are {account.Email} at Google; {settings.InstanceName} is for addresses of {string.Join(", ", settings.AllowedDomains)}. Choose your account there, or ask {settings.Contact}."
            );
        }

        // A line of the map wins: the name before the @ may be another person's on this machine.
        switch (map.Find(account.Email))
        {
            case MappedUser.Mapped { User: var mapped }:
                return Of(
                    mapped,
                    $"{account.Email} is {mapped} on this machine, who is not an analyst (not in the group {settings.AnalystGroup}). Ask {settings.Contact} to add {mapped} to it."
                );
            case MappedUser.Unclear:
                return new Admission.Refused(
                    $"The line for {account.Email} in the list of users can't be read. Ask {settings.Contact} to fix it."
                );
            case MappedUser.NotReadable:
                return new Admission.Undecided(
                    $"The list of users can't be read at the moment, so nobody can log in. Ask {settings.Contact} to fix this, then try again."
                );
        }

        if (account.Domain != settings.AllowedDomains[0])
        {
            return new Admission.Refused(
                $"{account.Email} is not in the list of users of {settings.InstanceName}. Ask {settings.Contact} to add it."
            );
        }

        // Anybody can have a private Google account with an address of the domain. Only accounts of its Workspace have hd.
        if (account.HostedDomain != settings.AllowedDomains[0])
        {
            return new Admission.Refused(
                $"{account.Email} is not an account of the Google Workspace of {settings.AllowedDomains[0]}. Choose your account there, or ask {settings.Contact}."
            );
        }

        var why =
            $"There is no analyst {account.Name} on this machine (a Unix user in the group {settings.AnalystGroup}). Ask {settings.Contact} to create the account, or to add {account.Email} to the list of users.";

        // A directory may use whole addresses as account names.
        foreach (var name in (string[])[account.Name, account.Email])
        {
            if (UserName.TryParse(name, out var user) && Of(user, why) is not Admission.Refused and var decided)
            {
                return decided;
            }
        }

        return new Admission.Refused(why);

        Admission Of(UserName candidate, string refusal) =>
            accounts.Find(candidate) switch
            {
                null => new Admission.Undecided(
                    $"The accounts of this machine can't be looked up at the moment (getent passwd {candidate}), so nobody can log in. Ask {settings.Contact} to fix this, then try again."
                ),
                { IsMember: true, IsPersons: true } now => new Admission.Admitted(candidate, now.Id),
                _ => new Admission.Refused(refusal),
            };
    }
}
