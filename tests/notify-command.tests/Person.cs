using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;
using Notify.Testing;
using Xunit;

namespace Notify.Tests;

/// <summary>How the program ended and what it printed.</summary>
internal sealed record Ended(int Status, string Output, string Errors);

/// <summary>A part of a form.</summary>
internal sealed record FormPart(string Name, string? FileName, string? MediaType, byte[] Content)
{
    internal string Text => Encoding.UTF8.GetString(Content);
}

/// <summary>A person at a shell, with a folder, and a bot that keeps what it gets.</summary>
internal sealed class Person : IAsyncDisposable
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(120);

    internal FakeBot Bot { get; } = new();

    internal string Folder { get; } = Directory.CreateTempSubdirectory("notify-person-").FullName;

    internal static string Program => Programs.Path("notify-command");

    internal static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>The one request that came.</summary>
    internal Sent Sent => Assert.Single(Bot.All);

    /// <summary>Its JSON.</summary>
    internal JsonElement Json => JsonDocument.Parse(Sent.Body).RootElement;

    /// <summary>Its text, of JSON.</summary>
    internal string? Text => Sent["message"];

    /// <summary>Its form, read as the bot reads it.</summary>
    internal IReadOnlyList<FormPart> Form()
    {
        var type = MediaTypeHeaderValue.Parse(
            Sent.Head.Split("\r\n").First(line => line.StartsWith("Content-Type:", StringComparison.Ordinal))[13..]
        );
        var reader = new MultipartReader(
            HeaderUtilities.RemoveQuotes(type.Boundary).Value!,
            new MemoryStream(Sent.Body)
        );
        var parts = new List<FormPart>();
        while (reader.ReadNextSectionAsync(Cancellation).GetAwaiter().GetResult() is { } section)
        {
            var disposition = ContentDispositionHeaderValue.Parse(section.ContentDisposition!);
            var content = new MemoryStream();
            section.Body.CopyTo(content);
            parts.Add(
                new FormPart(
                    HeaderUtilities.RemoveQuotes(disposition.Name).Value!,
                    HeaderUtilities.RemoveQuotes(disposition.FileName).Value,
                    section.ContentType,
                    content.ToArray()
                )
            );
        }

        return parts;
    }

    internal string Write(string name, byte[] content)
    {
        var path = Path.Combine(Folder, name);
        File.WriteAllBytes(path, content);
        return path;
    }

    internal string Write(string name, string content) => Write(name, Encoding.UTF8.GetBytes(content));

    /// <summary>Calls the program; stdin is <c>/dev/null</c>, as under cron.</summary>
    internal Task<Ended> NotifyAsync(params string[] arguments) =>
        EndAsync(Start("/bin/sh", ["-c", "exec \"$@\" < /dev/null", "sh", Program, .. arguments]));

    /// <summary>Calls the program with a pipe as stdin.</summary>
    internal async Task<Ended> PipeAsync(byte[] input, params string[] arguments)
    {
        var process = Start(Program, arguments);
        try
        {
            await process.StandardInput.BaseStream.WriteAsync(input, Cancellation);
        }
        catch (IOException)
        {
            // It ended before it had read all.
        }

        return await EndAsync(process);
    }

    /// <summary>Runs a line of a shell, in which <c>notify</c> is the program.</summary>
    internal Task<Ended> ShellAsync(string line) => EndAsync(StartShell(line));

    internal Process StartShell(string line) => Start("/bin/bash", ["-c", line]);

    internal Process Start(string program, IEnumerable<string> arguments)
    {
        // Tests that run under nohup or in the background ignore signals, and their children inherit that.
        var start = new ProcessStartInfo(
            "/usr/bin/env",
            ["--default-signal=HUP,INT,QUIT,TERM,PIPE", program, .. arguments]
        )
        {
            UseShellExecute = false,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            WorkingDirectory = Folder,
        };
        start.Environment.Clear();
        start.Environment["PATH"] = $"{Path.GetDirectoryName(Program)}:/usr/local/bin:/usr/bin:/bin";
        start.Environment["HOME"] = Folder;
        start.Environment["LANG"] = "C.UTF-8";
        start.Environment["NOTIFY_BOT_SOCKET"] = Bot.SocketPath;
        // What a test's build needs to start; the published program needs none.
        start.Environment["DOTNET_ROOT"] = Environment.GetEnvironmentVariable("DOTNET_ROOT") ?? "";
        return Process.Start(start)!;
    }

    internal static async Task<Ended> EndAsync(Process process)
    {
        using (process)
        {
            process.StandardInput.Close();
            var output = process.StandardOutput.ReadToEndAsync(Cancellation);
            var errors = process.StandardError.ReadToEndAsync(Cancellation);
            await process.WaitForExitAsync(Cancellation).WaitAsync(Timeout, Cancellation);
            return new Ended(process.ExitCode, await output, await errors);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Bot.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }
}
