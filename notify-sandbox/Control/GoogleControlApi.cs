using Notify.Sandbox.Google;
using static Notify.Sandbox.Control.ControlRoutes;

namespace Notify.Sandbox.Control;

/// <summary>The control API under <c>/sandbox/google</c>: accounts, faults, keys and outages of the OpenID provider. See docs/sandbox.md.</summary>
internal sealed class GoogleControlApi(SandboxServer server, GoogleWorld world)
{
    public void Map(IEndpointRouteBuilder routes)
    {
        var google = routes.MapGroup("/sandbox/google");
        Get(google, "/accounts", _ => world.Accounts.All().Select(View));
        Post<GoogleAccount>(google, "/accounts", (_, account) => Add(account));
        Delete(google, "/accounts", _ => world.Accounts.Clear());
        Delete(google, "/accounts/{email}", http => Remove((string)http.GetRouteValue("email")!));

        Get(google, "/faults", _ => world.Faults.All());
        Post<GoogleFault>(google, "/faults", (_, fault) => world.Faults.Add(Checked(fault)));
        Delete(google, "/faults", _ => world.Faults.Clear());
        Post<Rotation>(google, "/rotate", (_, rotation) => Rotate(rotation.Keep));
        MapOutage(google, server.GoogleOutage);
    }

    private AccountView Add(GoogleAccount account)
    {
        // Null where the body leaves it out.
        if (!GoogleAccount.IsAddress(account.Email ?? ""))
        {
            throw new ControlRefusal(400, "email must be an e-mail address, such as dana@example.com.");
        }

        if (account.Name is { Length: 0 })
        {
            throw new ControlRefusal(400, "name is empty; leave it out for one made of the address.");
        }

        if (account.Hd is { Length: 0 })
        {
            throw new ControlRefusal(400, "hd is empty; leave it out for an account that belongs to no Workspace.");
        }

        if (!world.Accounts.Set(account))
        {
            throw new ControlRefusal(
                400,
                $"There are {AccountBook.Most} accounts already; remove some with DELETE /sandbox/google/accounts."
            );
        }

        return View(account);
    }

    private void Remove(string email)
    {
        if (!world.Accounts.Remove(email))
        {
            throw new ControlRefusal(404, $"There is no account {email}.");
        }
    }

    private IReadOnlyList<KeyView> Rotate(bool keepsEarlier)
    {
        world.Keys.Rotate(keepsEarlier);
        return [.. world.Keys.Published.Select(k => new KeyView(k.KeyId))];
    }

    private static GoogleFault Checked(GoogleFault fault)
    {
        if (fault.Times is <= 0)
        {
            throw new ControlRefusal(400, "times must be at least 1; leave it out for no limit.");
        }

        if (fault is { Endpoint: not GoogleEndpoint.Token, Kind: not GoogleFaultKind.Hang })
        {
            throw new ControlRefusal(400, "Only hang can have another endpoint than token.");
        }

        return fault;
    }

    private static AccountView View(GoogleAccount account) =>
        new(account.Email, account.EmailVerified, account.Hd, account.ShownName, account.Subject);
}
