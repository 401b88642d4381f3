using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Notify.Formatting;
using Notify.Scripts;
using Xunit;

namespace Notify.Tests.Scripts;

public sealed class ScriptOutputTests
{
    private const string Good = """{"notify": true, "message": "good"}""";

    private static ScriptResult Read(string output) => Read(Encoding.UTF8.GetBytes(output));

    private static ScriptResult Read(byte[] output)
    {
        var result = ScriptOutput.Read(output, out var error);
        Assert.True(result is not null, error);
        return result;
    }

    private static string Error(string output)
    {
        Assert.Null(ScriptOutput.Read(Encoding.UTF8.GetBytes(output), out var error));
        return error!;
    }

    [Fact]
    public void All_fields_are_taken()
    {
        var result = Read(
            """{"notify": true, "title": "T", "message": "M", "image_path": "/x.png", "cooldown": "30m", "data": {"a": [1, null]}, "_remark": 1}"""
        );

        Assert.Equal(
            (true, "T", "M", "/x.png", "30m"),
            (result.Notify, result.Title, result.Message, result.ImagePath, result.Cooldown.Text)
        );
        Assert.Equal("""{"a": [1, null]}""", result.Data!.Value.GetRawText());
        Assert.Empty(result.Warnings);
    }

    [Theory]
    [InlineData("""{"notify": false, "message": "first"}""" + "\n" + Good)]
    [InlineData("Deprecated: {fast} [slow] {\"notify\" soon\n" + Good + "\nclosed {}")]
    [InlineData(Good + """{"other": {"notify": true, "message": "inner"}}""")]
    [InlineData(Good + """[{"notify": true, "message": "in an array"}]""")]
    [InlineData("{\"a\":\n" + Good)]
    [InlineData("{\"a\": [1, \"{\n" + Good)]
    [InlineData("\"unclosed { " + Good)]
    [InlineData("{{{[[[ x " + Good + "]]]")]
    [InlineData("{\n  \"notify\" : true ,\r\n\t\"message\": \"good\"\n}\n")]
    [InlineData("""{"notify": false, "notify": true, "message": "bad", "message": "good"}""")]
    [InlineData("\uFEFF" + Good)]
    [InlineData("""{"notify": true, "message": "\u0067ood"}""")]
    [InlineData("""{"notify": true, "message": "good"}{"notify": true, "message": "cut o""")]
    public void The_last_top_level_object_with_notify_counts(string output) =>
        Assert.Equal("good", Read(output).Message);

    [Fact]
    public void Bytes_that_are_no_utf_8_and_half_pairs_cost_their_characters_only()
    {
        Assert.Equal("a\uFFFDb", Read([.. """{"notify": true, "message": "a"""u8, 0xE9, .. "b\"}"u8]).Message);
        Assert.Equal("good", Read([0xFF, 0xFE, .. Encoding.UTF8.GetBytes(Good)]).Message);
        Assert.Equal(
            "a\uFFFDb 😀 \uFFFD\uFFFD",
            Read("""{"notify": true, "message": "a\udce9b \ud83d\ude00 \ude00\ud83d"}""").Message
        );
    }

    [Fact]
    public void Numbers_that_are_none_become_null_outside_of_text()
    {
        var result = Read(
            """{"notify": true, "message": "NaN -Infinity \"NaN\"", "data": {"NaN": NaN, "x": [-Infinity, Infinity, 1e999, -0.5E+3]}}"""
        );

        Assert.Equal("NaN -Infinity \"NaN\"", result.Message);
        Assert.Equal(
            """{"NaN":null,"x":[null,null,1e999,-0.5E+3]}""",
            result.Data!.Value.GetRawText().Replace(" ", "", StringComparison.Ordinal)
        );
    }

    [Theory]
    [InlineData("title", "5")]
    [InlineData("title", "[\"x\"]")]
    [InlineData("image_path", "true")]
    [InlineData("data", "[1]")]
    [InlineData("data", "\"text\"")]
    [InlineData("cooldown", "60")]
    [InlineData("cooldown", "\"60\"")]
    [InlineData("cooldown", "\"-1h\"")]
    [InlineData("cooldown", "\"1w\"")]
    [InlineData("cooldown", "\"9999999d\"")]
    [InlineData("cooldown", "NaN")]
    public void A_wrong_type_of_an_optional_field_costs_that_field_and_is_said(string field, string value)
    {
        var result = Read($$"""{"notify": true, "message": "good", "{{field}}": {{value}}}""");

        Assert.Equal(
            ("good", null, null, null, Cooldown.Default),
            (result.Message, result.Title, result.ImagePath, result.Data, result.Cooldown)
        );
        Assert.StartsWith(
            field,
            value is "NaN" ? "cooldown" : Assert.Single(result.Warnings),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Null_is_left_out()
    {
        var result = Read(
            """{"notify": true, "message": "m", "title": null, "image_path": null, "cooldown": null, "data": null}"""
        );

        Assert.Equal(
            (null, null, null, Cooldown.Default),
            (result.Title, result.ImagePath, result.Data, result.Cooldown)
        );
        Assert.Empty(result.Warnings);
    }

    [Fact]
    public void A_message_is_needed_unless_there_is_a_chart_or_nothing_to_send()
    {
        Assert.Contains("there is no message", Error("""{"notify": true, "title": "T"}"""), StringComparison.Ordinal);
        Assert.Contains(
            "message must be text that is not empty, but it is 42",
            Error("""{"notify": true, "message": 42}"""),
            StringComparison.Ordinal
        );
        Assert.Contains(
            "message must be text that is not empty",
            Error("""{"notify": true, "message": " \n"}"""),
            StringComparison.Ordinal
        );
        Assert.Null(Read("""{"notify": true, "image_path": "/x.png"}""").Message);
        Assert.False(Read("""{"notify": false}""").Notify);
    }

    [Theory]
    [InlineData("\"true\"")]
    [InlineData("1")]
    [InlineData("null")]
    [InlineData("{}")]
    public void Notify_must_be_a_truth_value(string value) =>
        Assert.Contains(
            $"notify must be true or false, but is {value}",
            Error($$"""{"notify": {{value}}, "message": "m"}"""),
            StringComparison.Ordinal
        );

    [Fact]
    public void What_can_not_be_read_is_shown_by_its_first_200_characters()
    {
        var error = Error("x\u001b[31m" + new string('y', 500));

        Assert.Contains("It printed: \"x?[31m" + new string('y', 200 - 6) + "...\"", error, StringComparison.Ordinal);
        Assert.Contains("It printed nothing", Error(" \n"), StringComparison.Ordinal);
        Assert.Contains("print(json.dumps(result))", Error("{'notify': True}"), StringComparison.Ordinal);
    }

    [Fact]
    public void Data_nested_too_deep_costs_the_data()
    {
        string Nested(int depth) =>
            $$"""{"notify": true, "message": "m", "data": {{string.Concat(Enumerable.Repeat("{\"a\":", depth))}}1{{new string('}', depth)}}}""";

        Assert.NotNull(Read(Nested(60)).Data);
        foreach (var depth in new[] { 61, 150_000 })
        {
            var deep = Read(Nested(depth));
            Assert.Null(deep.Data);
            Assert.Contains("nested deeper", Assert.Single(deep.Warnings), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("titel", "title")]
    [InlineData("Title", "title")]
    [InlineData("cooldwon", "cooldown")]
    [InlineData("cool-down", "cooldown")]
    [InlineData("image", "image_path")]
    [InlineData("imagePath", "image_path")]
    [InlineData("imgaes", "images")]
    [InlineData("charts", "images")]
    [InlineData("photo_path", "image_path")]
    [InlineData("dta", "data")]
    [InlineData("tabel", "table")]
    [InlineData("attachments", "files")]
    [InlineData("urgnt", "urgent")]
    [InlineData("slient", "silent")]
    [InlineData("button", "buttons")]
    [InlineData("x_custom", null)]
    public void An_unknown_field_is_said_with_the_nearest_right_name(string name, string? meant)
    {
        var result = Read($$"""{"notify": true, "message": "m", "{{name}}": {"inner": 1} }""");

        Assert.Equal([new UnknownField(name, meant)], result.UnknownFields);
        Assert.Equal(
            meant is null
                ? $"There is no field \"{name}\"; it is ignored."
                : $"There is no field \"{name}\"; did you mean \"{meant}\"?",
            Assert.Single(result.Warnings)
        );
    }

    [Fact]
    public void A_field_that_is_there_is_not_suggested_and_many_unknown_ones_are_counted()
    {
        Assert.Null(Assert.Single(Read("""{"notify": true, "message": "m", "text": "m"}""").UnknownFields).Meant);
        Assert.Contains(
            "did you mean \"message\"?",
            Error("""{"notify": true, "msg": "m"}"""),
            StringComparison.Ordinal
        );
        Assert.Contains(
            "There is no field \"notfiy\"; did you mean \"notify\"?",
            Error("""{"notfiy": true, "message": "m"}"""),
            StringComparison.Ordinal
        );
        var many = Read(
            $$"""{"notify": true, "message": "m", {{string.Join(", ", Enumerable.Range(0, 300).Select(i => $"\"column {i}\": {i}"))}}}"""
        );
        Assert.Equal(6, many.Warnings.Count);
        Assert.Contains("295 more", many.Warnings[5], StringComparison.Ordinal);
    }

    [Fact]
    public void Of_several_results_the_last_counts_and_how_many_others_there_were_is_said()
    {
        var three = Read($$"""{"notify": true, "message": "first"}{{"\n"}}{"notify": false}{{"\n"}}{{Good}}""");
        Assert.Equal(
            (
                "good",
                "stdout holds 3 results; the last counts, the 2 others are left out. Print one JSON object, at the end."
            ),
            (three.Message, Assert.Single(three.Warnings))
        );
        Assert.Contains(
            "2 results",
            Assert.Single(Read($"warning: x\n{Good}\n{Good}").Warnings),
            StringComparison.Ordinal
        );
        Assert.Empty(Read(Good + "\n").Warnings);
    }

    [Theory]
    [InlineData("""{"notify":null}""", """{"notify":null}, is left out: notify must be true or false, but is null.""")]
    [InlineData("""{"notify":"yes"}""", "notify must be true or false, but is \"yes\".")]
    [InlineData("""{"notify": true}""", "{\"notify\": true}, is left out: notify is true, but there is no message.")]
    [InlineData("""{"notify": true, "mess""", "The last result on stdout, {\"notify\": true, \"mess, breaks off.")]
    [InlineData("""{"notify": true, "data": {"notify": true, "message": "inner"}, "mess""", ", breaks off.")]
    public void The_last_valid_result_counts_and_the_invalid_one_behind_it_is_named(string last, string words)
    {
        var result = Read($"{Good}\n{last}");

        Assert.Equal("good", result.Message);
        var warning = Assert.Single(result.Warnings);
        Assert.StartsWith("stdout holds 2 results; the last valid one counts.", warning, StringComparison.Ordinal);
        Assert.Contains(words, warning, StringComparison.Ordinal);
    }

    [Fact]
    public void Where_no_result_is_valid_the_error_of_the_last_counts()
    {
        Assert.Contains("but is null", Error("""{"notify": 1}{"notify": null}"""), StringComparison.Ordinal);
        Assert.Contains(
            "{\"notify\": tr, breaks off.",
            Error("""{"notify": 1}{"notify": tr"""),
            StringComparison.Ordinal
        );
        Assert.Equal("good", Read($$"""{"notify": null}{{Good}}""").Message);
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("", "x\n")]
    [InlineData("x {y} [z\n", "")]
    [InlineData("x\n", "{ x")]
    public void A_result_is_found_anywhere_in_megabytes_of_other_lines(string before, string after)
    {
        const int Times = 3 << 20;
        string Many(string line) => string.Concat(Enumerable.Repeat(line, line.Length == 0 ? 0 : Times / line.Length));
        Assert.Equal("good", Read(Many(before) + Good + "\n" + Many(after)).Message);
    }

    [Fact]
    public void A_result_may_have_4_mib_and_a_larger_one_is_refused_with_its_size()
    {
        const string Start = "{\"notify\": true, \"message\": \"m\", \"data\": {\"x\": \"";
        string Sized(int size) => Start + new string('x', size - Start.Length - 3) + "\"}}";

        Assert.NotNull(Read(Sized(ScriptOutput.MaxResult)).Data);
        foreach (var size in new[] { ScriptOutput.MaxResult + 1, 10_000_000 })
        {
            Assert.Equal(
                string.Create(
                    System.Globalization.CultureInfo.InvariantCulture,
                    $"The last result on stdout has {size:N0} bytes, and a result may have 4,194,304. Print a smaller one."
                ),
                Error("log\n" + Sized(size) + "\nlog")
            );
            Assert.Equal("good", Read(Sized(size) + Good).Message);
            var result = Read(Good + Sized(size));
            Assert.Equal("good", result.Message);
            Assert.Contains("a result may have 4,194,304", Assert.Single(result.Warnings), StringComparison.Ordinal);
        }

        Assert.Contains("more than 5,", Error(Sized(6_000_000)[..5_000_000]), StringComparison.Ordinal);
        Assert.Equal("good", Read("[" + string.Concat(Enumerable.Repeat("1,", 3_000_000)) + "x\n" + Good).Message);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3_000_000)]
    public void Without_any_json_that_is_said_whatever_the_size(int size)
    {
        var error = Error("first line\n" + new string('x', size));

        Assert.StartsWith("There is no JSON object with \"notify\" on its stdout.", error, StringComparison.Ordinal);
        Assert.Contains("\"first line", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void A_byte_order_mark_that_comes_in_pieces_is_one(int size)
    {
        var output = Encoding.UTF8.GetBytes("\uFEFF" + Good);
        var reader = new ScriptOutput();
        foreach (var piece in output.Chunk(size))
        {
            reader.Append(piece);
        }

        Assert.Empty(reader.End(output, endedBadly: false, out _)!.Warnings);
    }

    [Property(MaxTest = 2000)]
    public Property How_the_output_is_cut_into_pieces_changes_nothing()
    {
        var pieces = Gen.Elements(
                Good,
                """{"notify": null}""",
                """{"a": [1, -2.5e3, NaN, -Infinity, "\u00e9\\ ä", {"notify": false}]}""",
                """{"notify": true, "mess""",
                "{\"a\": \"{",
                "[",
                "]}",
                "x\n",
                "\uFEFF"
            )
            .ListOf()
            .Select(string.Concat);
        return Prop.ForAll(
            pieces.ToArbitrary(),
            Gen.Choose(1, 9).ToArbitrary(),
            (text, size) =>
            {
                var output = Encoding.UTF8.GetBytes(text);
                var whole = ScriptOutput.Read(output, out var error);
                var reader = new ScriptOutput();
                foreach (var piece in output.Chunk(size))
                {
                    reader.Append(piece);
                }

                var result = reader.End(output, endedBadly: false, out var pieceError);
                return error == pieceError
                    && result?.Message == whole?.Message
                    && result?.Notify == whole?.Notify
                    && (result?.Warnings ?? []).SequenceEqual(whole?.Warnings ?? []);
            }
        );
    }

    [Theory]
    [InlineData("utf-16", 0)]
    [InlineData("utf-16BE", 0)]
    [InlineData("utf-32", 0)]
    [InlineData("utf-32BE", 0)]
    [InlineData("utf-16", 1)]
    [InlineData("utf-32", 3)]
    public void Wider_characters_are_read_with_and_without_a_mark_and_behind_other_lines(string name, int before)
    {
        var encoding = Encoding.GetEncoding(name);
        byte[] text = encoding.GetBytes("""{"notify": true, "message": "größer ✓ 😀"}""");
        foreach (
            var output in new byte[][]
            {
                [.. encoding.GetPreamble(), .. text],
                [.. Encoding.ASCII.GetBytes(new string('w', before)), .. text],
            }
        )
        {
            var result = Read(output);
            Assert.Equal("größer ✓ 😀", result.Message);
            Assert.Contains(
                result.Warnings,
                warning => warning.Contains(name[..6].ToUpperInvariant(), StringComparison.Ordinal)
            );
        }
    }

    [Fact]
    public void Bytes_of_another_encoding_are_said()
    {
        var result = Read([.. """{"notify": true, "message": "Ums"""u8, 0xE4, .. "tze\"}"u8]);
        Assert.Equal("Ums\uFFFDtze", result.Message);
        Assert.Contains("not UTF-8", Assert.Single(result.Warnings), StringComparison.Ordinal);
        Assert.Empty(Read("""{"notify": true, "message": "a \uFFFD of its own"}""").Warnings);
    }

    [Theory]
    [InlineData("\\u200b\\u2800")]
    [InlineData("\\ufeff \\u00a0\\u3000")]
    [InlineData("\\u202e\\u2066\\u200f")]
    [InlineData("\\ufe0f\\u034f")]
    [InlineData("\\udb40\\udd00\\udb40\\udc41")]
    [InlineData("\\u0301\\u20dd")]
    [InlineData("\\u0000\\u0007\\u009f")]
    [InlineData("\\u3164\\u115f\\u00ad\\u2063")]
    [InlineData("\\u001b[31m\\u001b[0m")]
    public void A_message_in_which_nothing_is_visible_is_none(string message)
    {
        Assert.Contains(
            "holds no visible character",
            Error($$"""{"notify": true, "message": "{{message}}"}"""),
            StringComparison.Ordinal
        );
        var titled = Read($$"""{"notify": true, "title": "{{message}}", "message": "m"}""");
        Assert.Equal(
            (null, "title holds no visible character; it is left out."),
            (titled.Title, Assert.Single(titled.Warnings))
        );
    }

    [Theory]
    [InlineData("\\u001b[1;31mred\\u001b[0m", "red")]
    [InlineData("\\u001b]0;title\\u0007held", "held")]
    [InlineData("\\u001b]8;;http://x\\u001b\\\\link", "link")]
    [InlineData("\\u009b32mgreen", "green")]
    [InlineData("\\u001b(Bplain", "plain")]
    [InlineData("\\u001b]never ends", "never ends")]
    [InlineData("\\u001b[", "[")]
    [InlineData("a\\u001b", "a")]
    public void What_only_a_terminal_understands_is_taken_out(string printed, string message)
    {
        // A code without an end costs its first characters only.
        Assert.Equal(
            message.TrimStart('['),
            Read($$"""{"notify": true, "message": "m{{printed}}"}""").Message![1..].TrimStart('[', ']')
        );
    }

    [Theory]
    [InlineData("""{"notify": True, "message": "m"}""", "True, False and None are Python's")]
    [InlineData("""[{"notify": true, "message": "m"}]""", "a list of results")]
    [InlineData(""" "{\"notify\": true, \"message\": \"m\"}" """, "call json.dumps once")]
    [InlineData("""{"notify": "True", "message": "m"}""", "bool(...)")]
    [InlineData("""{"notify": 1, "message": "m"}""", "bool(...)")]
    public void What_is_wrong_is_said_with_what_to_write(string output, string hint) =>
        Assert.Contains(hint, Error(output), StringComparison.Ordinal);

    [Theory]
    [InlineData("{")]
    [InlineData("[")]
    [InlineData("{\"a\":")]
    [InlineData("{\"a\":[")]
    [InlineData("{\"")]
    [InlineData("{\"\\\"")]
    [InlineData("{\"a\":\"\\\\")]
    [InlineData("[{},")]
    [InlineData("[1 ")]
    [InlineData("{\"notify\":")]
    [InlineData("{\"a\":[{},")]
    [InlineData("{\"{\":\"[\",")]
    [InlineData("[\"[")]
    public void A_mebibyte_of_anything_is_read_in_linear_time(string piece)
    {
        // A reader that takes quadratic time needs hours for most of these, and the test run's limit ends it.
        var output = Encoding.UTF8.GetBytes(
            string.Concat(Enumerable.Repeat(piece, (1 << 20) / piece.Length)) + "\n" + Good
        );

        Assert.Equal("good", Read(output).Message);
    }

    [Property]
    public bool Any_bytes_give_a_result_or_a_sentence(byte[] output)
    {
        var result = ScriptOutput.Read(output, out var error);
        return result is null ? error is { Length: > 0 and < 1000 } : error is null;
    }

    [Property(MaxTest = 500)]
    public Property Pieces_of_json_give_a_result_or_a_sentence()
    {
        var pieces = Gen.Elements(
            "{",
            "}",
            "[",
            "]",
            "\"",
            ":",
            ",",
            "\\",
            "\\u",
            "d83d",
            "\\ud83d",
            "\"notify\"",
            "true",
            "null",
            "NaN",
            "-Infinity",
            "1e5",
            " ",
            "\n",
            "\"message\":\"m\"",
            "\"a\":"
        );
        return Prop.ForAll(
            pieces.ListOf().ToArbitrary(),
            list =>
            {
                var result = ScriptOutput.Read(Encoding.UTF8.GetBytes(string.Concat(list)), out var error);
                return result is null ? error is { Length: > 0 } : error is null;
            }
        );
    }

    [Property(MaxTest = 300)]
    public Property A_result_is_found_within_any_noise_and_its_texts_are_what_they_were()
    {
        var text = ArbMap
            .Default.ArbFor<NonNull<string>>()
            .Generator.Select(value =>
                value
                    .Get.Replace("\u001b", "", StringComparison.Ordinal)
                    .Replace("\u009b", "", StringComparison.Ordinal)
            );
        var noise = Gen.Elements(
                "",
                "{",
                "[1, ",
                "{\"a\": ",
                "\"",
                "warning: {x}\n",
                "{\"notify\": true, ",
                "NaN",
                "]}",
                "\\"
            )
            .ListOf()
            .Select(string.Concat);
        var cases =
            from before in noise
            from after in Gen.Elements("", "\nclosed", "{", "[", "\"", "{}")
            from title in text
            from message in text
            select (before, after, title, message);
        return Prop.ForAll(
            cases.ToArbitrary(),
            it =>
            {
                // As Python writes it: in ASCII, one line. Lone halves of pairs can't be told from noise any more and become U+FFFD.
                var json = JsonSerializer.Serialize(
                    new
                    {
                        notify = true,
                        it.title,
                        message = "m" + it.message,
                    }
                );
                var output = Encoding.UTF8.GetBytes(it.before + "\n" + json + it.after);
                var result = ScriptOutput.Read(output, out _);
                return result is { Notify: true }
                    && result.Message == Whole("m" + it.message)
                    && (TelegramText.IsBlank(it.title) || result.Title == Whole(it.title));
            }
        );
    }

    private static string Whole(string text) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));
}
