using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Notify.Testing;

/// <summary>What the send API answered.</summary>
/// <param name="Status">The HTTP status; 0 where there was no answer.</param>
/// <param name="Errno">Why there was none; 0 where there was one.</param>
/// <param name="Headers">Names in lower case.</param>
/// <param name="Body">The text of the answer.</param>
public sealed record ApiAnswer(int Status, int Errno, IReadOnlyDictionary<string, string> Headers, string Body)
{
    /// <summary>The answer as JSON.</summary>
    public JsonElement Json => JsonDocument.Parse(Body).RootElement.Clone();

    /// <summary>The sentence of an error.</summary>
    public string Error => Json.GetProperty("error").GetString()!;

    /// <inheritdoc />
    public override string ToString() => Errno == 0 ? $"{Status} {Body}" : $"no answer, errno {Errno} ({Body})";
}

/// <summary>
/// A caller of the send API with an account's own rights: a process of that account that takes requests one after the other, since the
/// bot asks the kernel whose process it was that connected. Written with Python's standard library, as users' own clients are.
/// </summary>
public sealed class AccountCaller : IAsyncDisposable
{
    private const string Client = """
        import base64, http.client, json, socket, sys

        class Connection(http.client.HTTPConnection):
            def connect(self):
                self.sock = socket.socket(socket.AF_UNIX)
                self.sock.connect(sys.argv[1])
                self.sock.settimeout(90)

        for line in sys.stdin:
            wanted = json.loads(line)
            connection = Connection("localhost")
            try:
                body = wanted["body"]
                connection.request(wanted["method"], wanted["path"], base64.b64decode(body) if body is not None else None, wanted["headers"])
                answer = connection.getresponse()
                text = answer.read().decode()
                print(json.dumps({"status": answer.status, "errno": 0, "headers": {k.lower(): v for k, v in answer.getheaders()}, "body": text}), flush=True)
            except OSError as error:
                print(json.dumps({"status": 0, "errno": error.errno or -1, "headers": {}, "body": str(error)}), flush=True)
            finally:
                connection.close()
        """;

    private static readonly JsonSerializerOptions Lines = new(JsonSerializerDefaults.Web);

    private readonly Process _process;

    private AccountCaller(Process process) => _process = process;

    /// <summary>A caller that is an account, with all its groups.</summary>
    public static AccountCaller Of(TestAccount account, string socketPath)
    {
        ArgumentNullException.ThrowIfNull(account);
        return new(StartAs(account, "/usr/bin/python3", "-c", Client, socketPath));
    }

    /// <summary>A caller that is this test's own user.</summary>
    public static AccountCaller OfThisUser(string socketPath) =>
        new(StartPiped(new ProcessStartInfo("/usr/bin/python3", ["-c", Client, socketPath])));

    /// <summary>Starts a program as an account, with pipes for all its streams.</summary>
    public static Process StartAs(TestAccount account, string program, params string[] arguments)
    {
        ArgumentNullException.ThrowIfNull(account);
        return StartPiped(
            new ProcessStartInfo(
                "/usr/bin/setpriv",
                [$"--reuid={account.Name}", $"--regid={account.Name}", "--init-groups", "--", program, .. arguments]
            )
        );
    }

    /// <summary>Starts a program as a user id that has no account, in one group.</summary>
    public static Process StartAsNobody(uint uid, uint group, string program, params string[] arguments)
    {
        var (user, groups) = (uid.ToString(CultureInfo.InvariantCulture), group.ToString(CultureInfo.InvariantCulture));
        return StartPiped(
            new ProcessStartInfo(
                "/usr/bin/setpriv",
                [$"--reuid={user}", $"--regid={user}", $"--groups={groups}", "--", program, .. arguments]
            )
        );
    }

    /// <summary>POST with a JSON body of these fields.</summary>
    public Task<ApiAnswer> PostAsync(string path, object fields, CancellationToken cancellation) =>
        AskAsync("POST", path, "application/json", JsonSerializer.SerializeToUtf8Bytes(fields), cancellation);

    /// <summary>PUT with a JSON body of these fields.</summary>
    public Task<ApiAnswer> PutAsync(string path, object fields, CancellationToken cancellation) =>
        AskAsync("PUT", path, "application/json", JsonSerializer.SerializeToUtf8Bytes(fields), cancellation);

    /// <summary>GET.</summary>
    public Task<ApiAnswer> GetAsync(string path, CancellationToken cancellation) =>
        AskAsync("GET", path, null, null, cancellation);

    /// <summary>Sends a form.</summary>
    public async Task<ApiAnswer> PostFormAsync(
        string path,
        MultipartFormDataContent form,
        CancellationToken cancellation
    )
    {
        ArgumentNullException.ThrowIfNull(form);
        return await AskAsync(
            "POST",
            path,
            form.Headers.ContentType!.ToString(),
            await form.ReadAsByteArrayAsync(cancellation),
            cancellation
        );
    }

    /// <summary>Sends a request.</summary>
    public async Task<ApiAnswer> AskAsync(
        string method,
        string path,
        string? contentType,
        byte[]? body,
        CancellationToken cancellation
    )
    {
        var headers = contentType is null
            ? []
            : new Dictionary<string, string>(StringComparer.Ordinal) { ["Content-Type"] = contentType };
        await _process.StandardInput.WriteLineAsync(
            JsonSerializer
                .Serialize(
                    new
                    {
                        method,
                        path,
                        headers,
                        body,
                    }
                )
                .AsMemory(),
            cancellation
        );
        await _process.StandardInput.FlushAsync(cancellation);
        var line =
            await _process.StandardOutput.ReadLineAsync(cancellation)
            ?? throw new InvalidOperationException(
                $"The caller's process ended: {await _process.StandardError.ReadToEndAsync(cancellation)}"
            );
        return JsonSerializer.Deserialize<ApiAnswer>(line, Lines)!;
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync(CancellationToken.None);
        _process.Dispose();
    }

    private static Process StartPiped(ProcessStartInfo start)
    {
        start.UseShellExecute = false;
        start.RedirectStandardError = start.RedirectStandardInput = start.RedirectStandardOutput = true;
        start.WorkingDirectory = "/";
        return Process.Start(start)!;
    }
}
