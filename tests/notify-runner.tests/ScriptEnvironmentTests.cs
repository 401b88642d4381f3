using Xunit;

namespace Notify.Tests;

public sealed class ScriptEnvironmentTests
{
    [Fact]
    public async Task C22_neither_user_nor_locale_of_the_environment_matter()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript("cron.py", Analyst.Case("C22-no-user-variable"));
        alice.WriteScript(
            "who.py",
            """
            import json, os
            print(json.dumps({"notify": True, "message": " ".join([os.environ["USER"], os.environ["LOGNAME"], os.environ["HOME"], os.getcwd()])}))
            """
        );

        Assert.Equal(
            0,
            (await alice.RoundAsync(("USER", "someone_else"), ("LANG", "C"), ("HOME", "/nonexistent"))).Status
        );

        Assert.Contains(alice.Bot.All, sent => sent["message"] == "Ran with a bare environment: é ✓");
        Assert.Contains(
            alice.Bot.All,
            sent => sent["message"] == $"{alice.Account.Name} {alice.Account.Name} {alice.Home} {alice.Home}"
        );
        Assert.All(alice.Bot.All, sent => Assert.Null(sent["user"]));
    }

    [Fact]
    public async Task The_script_prints_utf_8_and_draws_without_a_screen_and_gets_no_secrets()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript(
            "env.py",
            """
            import json, os, sys
            print(json.dumps({"notify": True, "message": json.dumps([os.environ.get(n) for n in ("MPLBACKEND", "PYTHONUNBUFFERED", "TELEGRAM_BOT_TOKEN", "NOTIFY_SOCKET")]),
                              "title": "é " + sys.stdout.encoding}, ensure_ascii=False))
            os.makedirs(os.environ["MPLCONFIGDIR"], exist_ok=True)
            open(os.path.join(os.environ["MPLCONFIGDIR"], "probe"), "w").close()
            """
        );

        Assert.Equal(
            0,
            (
                await alice.RoundAsync(
                    ("LANG", "de_DE.ISO-8859-1"),
                    ("TELEGRAM_BOT_TOKEN", "1:secret"),
                    ("NOTIFY_SOCKET", "/run/x")
                )
            ).Status
        );

        var sent = Assert.Single(alice.Bot.All);
        Assert.Equal("é utf-8", sent["title"]);
        Assert.Equal("""["Agg", "1", null, null]""", sent["message"]);
    }

    [Fact]
    public async Task The_analysts_own_python_is_used_where_there_is_one()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.Account.Write(
            ".venv/bin/python",
            "#!/bin/sh\necho '{\"notify\": true, \"message\": \"own python\"}'\n",
            (UnixFileMode)0b111_101_101
        );
        alice.WriteScript("any.py", "");

        Assert.Equal(0, (await alice.RoundAsync()).Status);

        Assert.Equal("own python", Assert.Single(alice.Bot.All)["message"]);
    }

    [Fact]
    public async Task D13_a_run_on_request_sees_what_the_users_crontab_sets_above_the_runners_line()
    {
        await using var alice = await Analyst.CreateAsync();
        alice.WriteScript(
            "env.py",
            await File.ReadAllTextAsync(
                Path.Combine(AppContext.BaseDirectory, "cases/D13-crontab-variables/script.py"),
                Analyst.Cancellation
            )
        );
        Assert.Equal(1, (await alice.RunAsync("notify-scripts", ["run", "env.py"])).Status);

        var crontab = alice.Account.Write(
            "crontab",
            await File.ReadAllTextAsync(
                Path.Combine(AppContext.BaseDirectory, "cases/D13-crontab-variables/crontab"),
                Analyst.Cancellation
            )
        );
        Assert.Equal(0, (await alice.RunAsync("/usr/bin/crontab", [crontab])).Status);
        try
        {
            foreach (var (name, value) in new[] { ("SUDO_USER", "deploy"), ("LANG", "C") })
            {
                var ran = await alice.RunAsync("notify-scripts", ["run", "env.py"], (name, value));
                Assert.Equal(0, ran.Status);
                Assert.Contains("db warehouse tz Europe/Berlin", ran.Output, StringComparison.Ordinal);
            }

            Assert.Contains(
                "db warehouse tz Europe/Berlin",
                (await alice.RunAsync("notify-runner", ["--dry-run"])).Output,
                StringComparison.Ordinal
            );
        }
        finally
        {
            await alice.RunAsync("/usr/bin/crontab", ["-r"]);
        }
    }
}
