using Deque.AxeCore.Playwright;
using Microsoft.Playwright;
using Notify.Sandbox;
using Notify.Testing;
using Telegram.Bot;
using Telegram.Bot.Types;
using Telegram.Bot.Types.Enums;
using Telegram.Bot.Types.ReplyMarkups;
using static Microsoft.Playwright.Assertions;

namespace Notify.Tests;

public sealed class PhonePageTests(Browser browser) : IAsyncLifetime
{
    private SandboxServer _sandbox = null!;
    private SandboxControl _control = null!;
    private TelegramBotClient _bot = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _sandbox = await SandboxServer.StartAsync(new SandboxOptions { Limits = SendLimits.Off }, Cancellation);
        _control = new SandboxControl(_sandbox);
        _bot = new TelegramBotClient(
            new TelegramBotClientOptions(_sandbox.Token, _sandbox.ApiAddress.ToString().TrimEnd('/')) { RetryCount = 0 }
        );
    }

    public async ValueTask DisposeAsync()
    {
        _control.Dispose();
        await _sandbox.DisposeAsync();
    }

    [Fact]
    public async Task A_visitor_opens_a_chat_starts_the_bot_and_reads_its_answer()
    {
        var page = await OpenAsync(null, 420, 860);
        await page.GetByLabel("New chat as").FillAsync("Alice");
        await page.GetByRole(AriaRole.Button, new() { Name = "Open" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Start", Exact = true }).ClickAsync();

        var update = Assert.Single(await _bot.GetUpdates(timeout: 30, cancellationToken: Cancellation));
        Assert.Equal("/start", update.Message!.Text);
        await _bot.SendMessage(
            update.Message.Chat.Id,
            "Your code is `048213`.",
            ParseMode.Markdown,
            cancellationToken: Cancellation
        );
        await Expect(page.Locator(".message.other code")).ToHaveTextAsync("048213");
    }

    [Fact]
    public async Task A_person_types_a_command_with_the_keyboard_alone()
    {
        var alice = await _control.AddStartedPersonAsync("Alice", Cancellation);
        var page = await OpenAsync(alice, 420, 860);
        await page.GetByLabel("Message", new() { Exact = true }).FocusAsync();
        await page.Keyboard.TypeAsync("/status");
        await page.Keyboard.PressAsync("Enter");

        Assert.Equal(
            "/status",
            Assert.Single(await _bot.GetUpdates(timeout: 30, cancellationToken: Cancellation)).Message!.Text
        );
        await Expect(page.Locator(".message.own")).ToContainTextAsync("/status");
        await page.Keyboard.PressAsync("Escape");
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Chats" })).ToBeVisibleAsync();
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "Alice" })).ToBeFocusedAsync();
    }

    [Fact]
    public async Task A_pressed_button_shows_what_the_bot_answers_and_how_the_message_changes()
    {
        var alice = await _control.AddStartedPersonAsync("Alice", Cancellation);
        var sent = await _bot.SendMessage(
            alice,
            "metric_report.py",
            replyMarkup: new InlineKeyboardMarkup(InlineKeyboardButton.WithCallbackData("Run", "run:1")),
            cancellationToken: Cancellation
        );
        var page = await OpenAsync(alice, 420, 860);
        await page.GetByRole(AriaRole.Button, new() { Name = "Run" }).ClickAsync();

        var query = Assert.Single(await _bot.GetUpdates(timeout: 30, cancellationToken: Cancellation)).CallbackQuery!;
        await _bot.AnswerCallbackQuery(query.Id, "Started", cancellationToken: Cancellation);
        await Expect(page.GetByRole(AriaRole.Status)).ToHaveTextAsync("Started");
        await _bot.EditMessageText(alice, sent.Id, "*Delivered*", ParseMode.Markdown, cancellationToken: Cancellation);
        await Expect(page.Locator(".message.other strong")).ToHaveTextAsync("Delivered");
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Run" })).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task An_alert_is_shown_in_a_box_that_must_be_closed()
    {
        var alice = await _control.AddStartedPersonAsync("Alice", Cancellation);
        await _bot.SendMessage(
            alice,
            "x",
            replyMarkup: new InlineKeyboardMarkup(InlineKeyboardButton.WithCallbackData("Run", "run:1")),
            cancellationToken: Cancellation
        );
        var page = await OpenAsync(alice, 420, 860);
        await page.GetByRole(AriaRole.Button, new() { Name = "Run" }).ClickAsync();
        var query = Assert.Single(await _bot.GetUpdates(timeout: 30, cancellationToken: Cancellation)).CallbackQuery!;
        await _bot.AnswerCallbackQuery(
            query.Id,
            "Linked to bob already",
            showAlert: true,
            cancellationToken: Cancellation
        );

        await Expect(page.GetByRole(AriaRole.Dialog)).ToContainTextAsync("Linked to bob already");
        await page.GetByRole(AriaRole.Button, new() { Name = "OK" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Dialog)).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task Formatting_is_shown_and_nothing_a_bot_sends_becomes_markup()
    {
        var alice = await _control.AddStartedPersonAsync("Alice", Cancellation);
        const string Script = "<img src=x onerror=alert(1)>";
        await _bot.SendMessage(
            alice,
            "<b>bold <i>both</i></b> <u>u</u> <s>s</s> <tg-spoiler>hidden</tg-spoiler> <a href=\"https://example.com/x\">link</a> <code>&lt;img src=x onerror=alert(1)&gt;</code>\n"
                + "<pre><code class=\"language-python\">print(1)</code></pre><blockquote expandable>1\n2\n3\n4\n5\n6</blockquote>"
                + Script.Replace("<", "&lt;", StringComparison.Ordinal),
            ParseMode.Html,
            cancellationToken: Cancellation
        );
        var page = await OpenAsync(alice, 420, 860);

        var message = page.Locator(".message.other");
        await Expect(message.Locator("strong em")).ToHaveTextAsync("both");
        await Expect(message.Locator("u")).ToHaveTextAsync("u");
        await Expect(message.Locator("s")).ToHaveTextAsync("s");
        await Expect(message.GetByRole(AriaRole.Link, new() { Name = "link" }))
            .ToHaveAttributeAsync("href", "https://example.com/x");
        await Expect(message.Locator("code").First).ToHaveTextAsync(Script);
        await Expect(message.Locator("pre code")).ToHaveTextAsync("print(1)");
        await Expect(message.Locator("img")).ToHaveCountAsync(0);
        await message.GetByRole(AriaRole.Button, new() { Name = "Show more" }).ClickAsync();
        await Expect(message.GetByRole(AriaRole.Button, new() { Name = "Show less" })).ToBeVisibleAsync();
        await message.GetByRole(AriaRole.Button, new() { Name = "Hidden text, press to show" }).PressAsync("Enter");
        await Expect(message.Locator(".spoiler.shown")).ToHaveTextAsync("hidden");
    }

    [Theory]
    [InlineData(ColorScheme.Light, 940, 940, "phone-light")]
    [InlineData(ColorScheme.Dark, 940, 940, "phone-dark")]
    [InlineData(ColorScheme.Light, 390, 844, "phone-narrow-light")]
    [InlineData(ColorScheme.Dark, 390, 844, "phone-narrow-dark")]
    public async Task The_page_has_no_accessibility_findings_and_fits_its_width(
        ColorScheme scheme,
        int width,
        int height,
        string picture
    )
    {
        var alice = await _control.AddStartedPersonAsync("Alice", Cancellation, 7001);
        var bob = await _control.AddStartedPersonAsync("Bob", Cancellation, 7002);
        var team = await _control.AddGroupAsync("Data team", [alice, bob], Cancellation);
        await _bot.SetMyCommands(
            [new BotCommand("status", "Your scripts and when they last sent"), new BotCommand("help", "All commands")],
            cancellationToken: Cancellation
        );
        await _control.TypeAsync(team, "/status@NotifyTestBot thanks", Cancellation, bob);
        await _bot.SendMessage(
            bob,
            "<b>Script failed</b>: <code>metric_report.py</code> ended with status 1.\n<blockquote expandable>Traceback (most recent call last):\n  File \"metric_report.py\", line 12\n    frame = load()\n  File \"metric_report.py\", line 5, in load\nFileNotFoundError: sales.parquet</blockquote>",
            ParseMode.Html,
            cancellationToken: Cancellation
        );
        await _control.TypeAsync(alice, "/start", Cancellation);
        await _bot.SendMessage(
            alice,
            "*Revenue drop*\nRevenue of *2026-01-29* is `48,210 €`, *23 %* below the 7-day average.\n\n```\nshop      today   average\nberlin   12,400    18,900\nhamburg   9,810    12,300\n```\n[Open the dashboard](https://dash.example.com/revenue)",
            ParseMode.Markdown,
            replyMarkup: new InlineKeyboardMarkup(
                InlineKeyboardButton.WithCallbackData("Run again", "run"),
                InlineKeyboardButton.WithCallbackData("Mute 24 h", "mute")
            ),
            cancellationToken: Cancellation
        );
        var page = await OpenAsync(alice, width, height, scheme);
        using var chart = new MemoryStream(await browser.DrawChartAsync());
        await _bot.SendPhoto(
            alice,
            InputFile.FromStream(chart, "chart.png"),
            "*Daily report*\nActive users: *1,284* (+4.1 %)",
            ParseMode.Markdown,
            cancellationToken: Cancellation
        );

        await Expect(page.GetByRole(AriaRole.Img, new() { Name = "Picture: Daily report" })).ToBeVisibleAsync();
        await Browser.HoldsAsync(
            page,
            "[...document.images].every(i => i.complete && i.naturalWidth > 0)",
            "the chart is not drawn"
        );
        Assert.Empty(
            (await page.RunAxe()).Violations.Select(v => $"{v.Id}: {string.Join("; ", v.Nodes.Select(n => n.Html))}")
        );
        Assert.Equal(
            0,
            await page.EvaluateAsync<int>("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        );
        await Browser.SnapAsync(page, picture);

        if (width < 800)
        {
            await page.GetByRole(AriaRole.Button, new() { Name = "Back to the chats" }).ClickAsync();
            await Browser.SnapAsync(page, picture + "-list");
            Assert.Empty(
                (await page.RunAxe()).Violations.Select(v =>
                    $"{v.Id}: {string.Join("; ", v.Nodes.Select(n => n.Html))}"
                )
            );
        }

        await page.GotoAsync($"{_sandbox.PhoneAddress}?chat={bob}");
        await Expect(page.Locator(".folded")).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Menu" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "/help All commands" })).ToBeVisibleAsync();
        Assert.Empty(
            (await page.RunAxe()).Violations.Select(v => $"{v.Id}: {string.Join("; ", v.Nodes.Select(n => n.Html))}")
        );
        await Browser.SnapAsync(page, picture + "-bob");
    }

    [Theory]
    [InlineData(ColorScheme.Light, "phone-album-light")]
    [InlineData(ColorScheme.Dark, "phone-album-dark")]
    public async Task Albums_documents_and_links_are_shown_as_on_a_phone(ColorScheme scheme, string picture)
    {
        var alice = await _control.AddStartedPersonAsync("Alice", Cancellation, 7001);
        var page = await OpenAsync(alice, 390, 1000, scheme);
        var charts = await SendAlbumAsync(alice, 3);
        var album = page.GetByRole(AriaRole.Group, new() { Name = "Album of 3 photos" });
        await Expect(album.GetByRole(AriaRole.Img)).ToHaveCountAsync(3);
        await Expect(page.Locator(".message")).ToHaveCountAsync(1);
        await Expect(page.Locator(".message .text")).ToHaveTextAsync("Revenue of all shops");
        await _bot.DeleteMessage(alice, charts[1], Cancellation);
        await Expect(page.GetByRole(AriaRole.Group, new() { Name = "Album of 2 photos" })).ToBeVisibleAsync();
        await _bot.EditMessageCaption(alice, charts[0], "Berlin and Bremen", cancellationToken: Cancellation);
        await Expect(page.Locator(".message .text")).ToHaveTextAsync("Berlin and Bremen");

        var rows = "shop,revenue\nberlin,12400\n"u8.ToArray();
        using var csv = new MemoryStream(rows);
        using var notes = new MemoryStream("-"u8.ToArray());
        await _bot.SendMediaGroup(
            alice,
            [
                new InputMediaDocument(InputFile.FromStream(csv, "orders 2026.csv")) { Caption = "All rows" },
                new InputMediaDocument(InputFile.FromStream(notes, "notes.parquet")),
            ],
            cancellationToken: Cancellation
        );
        await _bot.SendMessage(
            alice,
            "Look further:",
            replyMarkup: new InlineKeyboardMarkup(
                InlineKeyboardButton.WithUrl("Dashboard", "https://dash.example.com/revenue"),
                InlineKeyboardButton.WithCallbackData("Run again", "run")
            ),
            cancellationToken: Cancellation
        );
        var link = page.GetByRole(AriaRole.Link, new() { Name = "Dashboard" });
        await Expect(link).ToHaveAttributeAsync("href", "https://dash.example.com/revenue");
        await Expect(link).ToHaveAttributeAsync("rel", "noopener noreferrer");
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Run again" })).ToBeVisibleAsync();
        await Expect(page.Locator(".message")).ToHaveCountAsync(3);

        var document = page.GetByRole(AriaRole.Link, new() { Name = "orders 2026.csv 26 B" });
        var download = await page.RunAndWaitForDownloadAsync(() => document.ClickAsync());
        Assert.Equal("orders 2026.csv", download.SuggestedFilename);
        await using (var content = await download.CreateReadStreamAsync())
        {
            using var read = new MemoryStream();
            await content.CopyToAsync(read, Cancellation);
            Assert.Equal(rows, read.ToArray());
        }

        await SendAlbumAsync(alice, 4);
        // The page read anew shows the same as the page that was open all the time.
        await page.ReloadAsync();
        await Expect(page.GetByRole(AriaRole.Group, new() { Name = "Album of 4 photos" })).ToBeVisibleAsync();
        await Expect(page.Locator(".message")).ToHaveCountAsync(4);
        await Browser.HoldsAsync(
            page,
            "[...document.images].every(i => i.complete && i.naturalWidth > 0)",
            "the charts are not drawn"
        );
        Assert.Empty(
            (await page.RunAxe()).Violations.Select(v => $"{v.Id}: {string.Join("; ", v.Nodes.Select(n => n.Html))}")
        );
        Assert.Equal(
            0,
            await page.EvaluateAsync<int>("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        );
        await Browser.SnapAsync(page, picture);
    }

    [Fact]
    public async Task A_reply_shows_what_it_answers_an_edit_says_so_and_a_deleted_message_is_gone()
    {
        var alice = await _control.AddStartedPersonAsync("Alice", Cancellation);
        var page = await OpenAsync(alice, 420, 860);
        var first = await _bot.SendMessage(alice, "Revenue is down\nby 20 %", cancellationToken: Cancellation);
        await _bot.SendMessage(
            alice,
            "still: Revenue is down, for 6 h",
            replyParameters: first.Id,
            cancellationToken: Cancellation
        );
        var quote = page.GetByRole(AriaRole.Button, new() { Name = "Notify Revenue is down" });
        await Expect(quote).ToBeEnabledAsync();

        await _bot.EditMessageText(alice, first.Id, "Revenue is up", cancellationToken: Cancellation);
        await Expect(page.Locator(".message").First.Locator(".edited")).ToHaveTextAsync("edited ");
        await Expect(page.Locator(".message").Last.Locator(".edited")).ToHaveCountAsync(0);
        Assert.Empty(
            (await page.RunAxe()).Violations.Select(v => $"{v.Id}: {string.Join("; ", v.Nodes.Select(n => n.Html))}")
        );

        await _control.DeleteMessageAsync(alice, first.Id, Cancellation);
        await Expect(page.Locator(".message")).ToHaveCountAsync(1);
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Deleted message" })).ToBeDisabledAsync();
        await page.ReloadAsync();
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Deleted message" })).ToBeDisabledAsync();

        await _control.ClearChatAsync(alice, Cancellation);
        await Expect(page.Locator(".message")).ToHaveCountAsync(0);
    }

    /// <summary>An album of so many charts, the caption under the first; gives the messages' numbers.</summary>
    private async Task<IReadOnlyList<int>> SendAlbumAsync(long chat, int charts)
    {
        var chart = await browser.DrawChartAsync();
        var sent = await _bot.SendMediaGroup(
            chat,
            Enumerable
                .Range(0, charts)
                .Select(i => new InputMediaPhoto(InputFile.FromStream(new MemoryStream(chart), $"chart{i}.png"))
                {
                    Caption = i == 0 ? "Revenue of all shops" : null,
                }),
            cancellationToken: Cancellation
        );
        return [.. sent.Select(m => m.Id)];
    }

    [Fact]
    public async Task The_page_obeys_its_own_content_security_policy()
    {
        var alice = await _control.AddStartedPersonAsync("Alice", Cancellation);
        var problems = new List<string>();
        var page = await browser.NewPageAsync(420, 860);
        page.Console += (_, line) =>
        {
            if (line.Type is "error" or "warning")
            {
                problems.Add(line.Text);
            }
        };
        page.PageError += (_, error) => problems.Add(error);
        var answer = await page.GotoAsync($"{_sandbox.PhoneAddress}?chat={alice}");
        Assert.StartsWith(
            "default-src 'none'; ",
            await answer!.HeaderValueAsync("Content-Security-Policy"),
            StringComparison.Ordinal
        );
        await Expect(page.Locator("body[data-live]")).ToHaveCountAsync(1);
        await page.GetByLabel("Message", new() { Exact = true }).FillAsync("hello\nthere");
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.Locator(".message.own")).ToHaveCountAsync(1);
        Assert.Empty(problems);
    }

    private async Task<IPage> OpenAsync(long? chat, int width, int height, ColorScheme scheme = ColorScheme.Light)
    {
        var page = await browser.NewPageAsync(width, height, scheme);
        await page.GotoAsync(chat is null ? _sandbox.PhoneAddress.ToString() : $"{_sandbox.PhoneAddress}?chat={chat}");
        await Expect(page.Locator("body[data-live]")).ToHaveCountAsync(1);
        return page;
    }
}
