using System.Diagnostics.CodeAnalysis;

namespace Notify.Demo;

/// <summary>How the demo is started; <c>tools/demo.sh</c> does it for people.</summary>
internal sealed record DemoOptions
{
    private const string Usage = """
        notify-demo --programs FOLDER --examples FOLDER [options]     (people use ./dev demo)

          --programs FOLDER     has every program as NAME/NAME
          --examples FOLDER     the example scripts
          --once                ends by itself: prints what the phone got; status 0 if all of it came
          --demo-home           this account's home is for the demo: the examples may be replaced and stay there
          --web-port PORT       of the dashboard; default 8424, or any free one where that is taken
          --phone-port PORT     of the phone page; default 8425, or any free one where that is taken
        """;

    /// <summary>Has every program as <c>NAME/NAME</c>.</summary>
    public required string ProgramsFolder { get; init; }

    /// <summary>The example scripts.</summary>
    public required string ExamplesFolder { get; init; }

    /// <summary>Whether to end after one round.</summary>
    public bool IsOnce { get; init; }

    /// <summary>Whether the home is the demo's to fill. Else it is a person's, and nothing in it may be lost.</summary>
    public bool IsDemoHome { get; init; }

    /// <summary>The port of the dashboard; 0 is any free one.</summary>
    public int WebPort { get; init; } = 8424;

    /// <summary>The port of the phone page; 0 is any free one.</summary>
    public int PhonePort { get; init; } = 8425;

    internal static bool TryParse(string[] arguments, TextWriter errors, [NotNullWhen(true)] out DemoOptions? options)
    {
        string? programs = null,
            examples = null;
        var parsed = new DemoOptions { ProgramsFolder = "", ExamplesFolder = "" };
        options = null;
        for (var i = 0; i < arguments.Length; i++)
        {
            var value = i + 1 < arguments.Length ? arguments[i + 1] : null;
            switch (arguments[i])
            {
                case "--once":
                    parsed = parsed with { IsOnce = true };
                    continue;
                case "--demo-home":
                    parsed = parsed with { IsDemoHome = true };
                    continue;
                case "--programs" when value is not null:
                    programs = Path.GetFullPath(value);
                    break;
                case "--examples" when value is not null:
                    examples = Path.GetFullPath(value);
                    break;
                case "--web-port" when ushort.TryParse(value, out var port):
                    parsed = parsed with { WebPort = port };
                    break;
                case "--phone-port" when ushort.TryParse(value, out var port):
                    parsed = parsed with { PhonePort = port };
                    break;
                default:
                    errors.WriteLine($"{arguments[i]} is not understood here.\n\n{Usage}");
                    return false;
            }

            i++;
        }

        if (programs is null || examples is null)
        {
            errors.WriteLine(Usage);
            return false;
        }

        options = parsed with { ProgramsFolder = programs, ExamplesFolder = examples };
        return true;
    }
}
