using System.Security.Cryptography;
using System.Text;
using Notify.Testing;

namespace Notify.Tests.SendApi;

/// <summary>Forms: the same fields as in JSON, and one picture.</summary>
public sealed class FormTests
{
    private const string Boundary = "----a-boundary-of-a-test";

    private static readonly byte[] Chart = TestPictures.Png(64, 48, "form");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("chart.png")]
    [InlineData("my \\\"best\\\" chart.png")]
    [InlineData("Umsatz März – 売上.png")]
    [InlineData("../../etc/passwd")]
    [InlineData("")]
    public async Task Whatever_the_file_is_called_its_bytes_arrive(string fileName)
    {
        await using var scene = await ApiScene.BeginAsync();

        var answer = await PostAsync(scene, Part("user", "dana"), Part("caption", "chart"), Photo(fileName));

        answer.AssertDelivered();
        var message = Assert.Single(await scene.DanasPhone());
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(Chart)), message.Photo?.Sha256);
    }

    [Fact]
    public async Task All_fields_work_in_any_order_also_behind_the_picture()
    {
        await using var scene = await ApiScene.BeginAsync();

        var answer = await PostAsync(
            scene,
            Photo("c.png"),
            Part("silent", "true"),
            Part("parse_mode", "HTML"),
            Part("caption", "<b>März</b>"),
            Part("script", "report.py"),
            Part("data", """{"rows":3}"""),
            Part("wait", "7.5"),
            Part("user", "dana"),
            Part("other", "ignored")
        );

        answer.AssertDelivered();
        var message = Assert.Single(await scene.DanasPhone());
        Assert.Equal(("März", true), (message.Text, message.Silent));
    }

    [Fact]
    public async Task A_form_without_a_picture_may_name_its_path()
    {
        await using var scene = await ApiScene.BeginAsync();
        var path = Path.Combine(scene.Bot.Folder, "chart.png");
        await File.WriteAllBytesAsync(path, Chart, Cancellation);

        (await PostAsync(scene, Part("user", "dana"), Part("photo_path", path))).AssertDelivered();

        Assert.NotNull(Assert.Single(await scene.DanasPhone()).Photo);
    }

    [Fact]
    public async Task A_text_can_be_sent_as_a_form_too()
    {
        await using var scene = await ApiScene.BeginAsync();

        (await PostAsync(scene, "/send", Part("user", "dana"), Part("text", "hello"))).AssertDelivered();

        Assert.Equal("hello", Assert.Single(await scene.DanasPhone()).Text);
    }

    [Fact]
    public async Task A_malformed_form_is_refused_as_malformed_and_nothing_is_sent()
    {
        await using var scene = await ApiScene.BeginAsync();
        var whole = Bytes(Part("user", "dana"), Photo("chart.png"));
        foreach (
            var (what, contentType, body, words) in new (string, string, byte[], string)[]
            {
                (
                    "two photos",
                    Type(Boundary),
                    Bytes(Part("user", "dana"), Photo("a.png"), Photo("b.png")),
                    "'photo' is there twice"
                ),
                ("no photo", Type(Boundary), Bytes(Part("user", "dana")), "'photo_path'"),
                ("no boundary", "multipart/form-data", whole, "no boundary"),
                ("an empty boundary", "multipart/form-data; boundary=\"\"", whole, "no boundary"),
                ("a boundary that is far too long", Type(new string('b', 300)), whole, "no boundary"),
                ("another boundary than the body's", Type("another"), whole, "malformed"),
                ("cut short in a field", Type(Boundary), Part("user", "dana")[..^4], "malformed"),
                ("cut short in the picture", Type(Boundary), whole[..^60], "malformed"),
                ("cut short before the end", Type(Boundary), whole[..^8], "malformed"),
                ("no body", Type(Boundary), [], "malformed"),
                (
                    "a part without a name",
                    Type(Boundary),
                    Bytes(Encoding.ASCII.GetBytes($"--{Boundary}\r\nContent-Disposition: form-data\r\n\r\nx\r\n")),
                    "without a name"
                ),
                (
                    "a part without anything",
                    Type(Boundary),
                    Bytes(Encoding.ASCII.GetBytes($"--{Boundary}\r\n\r\nx\r\n")),
                    "without a name"
                ),
                (
                    "headers without end",
                    Type(Boundary),
                    Bytes(
                        Encoding.ASCII.GetBytes(
                            $"--{Boundary}\r\nContent-Disposition: form-data; name=\"user\"; x=\"{new string('x', 20_000)}\"\r\n\r\nx\r\n"
                        )
                    ),
                    "malformed"
                ),
                (
                    "too many parts",
                    Type(Boundary),
                    Bytes([.. Enumerable.Range(0, 60).Select(n => Part($"field{n}", "x"))]),
                    "48 parts"
                ),
                (
                    "silent is a number",
                    Type(Boundary),
                    Bytes(Part("user", "dana"), Part("silent", "1"), Photo("a.png")),
                    "'silent'"
                ),
                (
                    "wait is a word",
                    Type(Boundary),
                    Bytes(Part("user", "dana"), Part("wait", "long"), Photo("a.png")),
                    "'wait'"
                ),
                (
                    "wait is not a number",
                    Type(Boundary),
                    Bytes(Part("user", "dana"), Part("wait", "NaN"), Photo("a.png")),
                    "'wait'"
                ),
                (
                    "data is no JSON",
                    Type(Boundary),
                    Bytes(Part("user", "dana"), Part("data", "{"), Photo("a.png")),
                    "'data'"
                ),
                (
                    "data is no object",
                    Type(Boundary),
                    Bytes(Part("user", "dana"), Part("data", "[]"), Photo("a.png")),
                    "'data'"
                ),
                (
                    "an unknown parse_mode",
                    Type(Boundary),
                    Bytes(Part("user", "dana"), Part("parse_mode", "BBCode"), Photo("a.png")),
                    "'parse_mode'"
                ),
            }
        )
        {
            (await PostAsync(scene, "/send_photo", contentType, body)).AssertRefused(400, words, what);
        }

        (
            await PostAsync(scene, Part("user", "dana"), Part("data", new string('x', 1_000_001)), Photo("a.png"))
        ).AssertRefused(413, "all other fields together 1 MB");
        (await PostAsync(scene, "/send", Part("user", "dana"), Photo("a.png"))).AssertRefused(400, "/send_photo");
        Assert.Empty(await scene.DanasPhone());
        Assert.DoesNotContain("1301", scene.Bot.Log, StringComparison.Ordinal);
    }

    private static string Type(string boundary) => $"multipart/form-data; boundary={boundary}";

    private static byte[] Part(string name, string value) =>
        Encoding.UTF8.GetBytes($"--{Boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");

    private static byte[] Photo(string fileName) =>
        [
            .. Encoding.UTF8.GetBytes(
                $"--{Boundary}\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"{fileName}\"\r\nContent-Type: image/png\r\n\r\n"
            ),
            .. Chart,
            .. "\r\n"u8,
        ];

    private static byte[] Bytes(params byte[][] parts) =>
        [.. parts.SelectMany(p => p), .. Encoding.ASCII.GetBytes($"--{Boundary}--\r\n")];

    private static Task<ApiAnswer> PostAsync(ApiScene scene, params byte[][] parts) =>
        PostAsync(scene, "/send_photo", parts);

    private static Task<ApiAnswer> PostAsync(ApiScene scene, string path, params byte[][] parts) =>
        PostAsync(scene, path, Type(Boundary), Bytes(parts));

    private static async Task<ApiAnswer> PostAsync(ApiScene scene, string path, string contentType, byte[] body)
    {
        using var content = new ByteArrayContent(body);
        content.Headers.TryAddWithoutValidation("Content-Type", contentType);
        return await scene.AskAsync(HttpMethod.Post, path, content);
    }
}
