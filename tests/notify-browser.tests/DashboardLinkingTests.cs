using Microsoft.Playwright;
using ZXing;
using ZXing.Common;
using ZXing.QrCode;
using static Microsoft.Playwright.Assertions;

namespace Notify.Tests;

/// <summary>The dashboard's Telegram card, from the first visit to the end of a link.</summary>
public sealed class DashboardLinkingTests(Browser browser, DashboardHouse house)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_code_is_taken_as_it_was_pasted_and_the_card_turns_to_Linked()
    {
        var alice = await house.AddAnalystAsync();
        var page = await house.LogInAsync(browser, alice);
        var phone = await house.AddPhoneAsync();
        var code = await house.AskForCodeAsync(phone);
        await Expect(Card(page)).ToContainTextAsync("Not linked");

        var field = page.GetByLabel("Type them here");
        await Expect(field).ToHaveAttributeAsync("inputmode", "numeric");
        await Expect(field).ToHaveAttributeAsync("autocomplete", "one-time-code");
        await field.FocusAsync();
        await page.Keyboard.InsertTextAsync($" {code[..3]} – {code[3..]}\u00a0");
        await page.Keyboard.PressAsync("Enter");

        await Expect(Card(page)).ToContainTextAsync("Linked since");
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Telegram" })).ToBeFocusedAsync();
        await Expect(page.Locator(".announcer", new() { HasText = "Your phone is linked." })).ToHaveCountAsync(1);
        await house.Phones.WaitForBotMessagesAsync(
            phone,
            messages => messages.Any(m => m.Text.Contains(alice.Name, StringComparison.Ordinal)),
            Cancellation
        );
        Assert.Equal(phone, house.Links.Find(UserName.Parse(alice.Name))!.Chat.Value);
    }

    [Fact]
    public async Task A_wrong_code_says_what_to_do_and_the_sixth_when_to_try_again()
    {
        var alice = await house.AddAnalystAsync();
        var page = await house.LogInAsync(browser, alice);
        var field = page.GetByLabel("Type them here");
        var link = page.GetByRole(AriaRole.Button, new() { Name = "Link", Exact = true });
        var problem = page.Locator("#code-problem");

        await link.ClickAsync();
        await Expect(problem).ToContainTextAsync("six digits");
        await field.FillAsync("12 34");
        await link.ClickAsync();
        await Expect(problem).ToContainTextAsync("A code has six digits");
        for (var i = 0; i < 5; i++)
        {
            await field.FillAsync($"00000{i}");
            await link.ClickAsync();
            await Expect(problem).ToContainTextAsync("wrong, or older than 10 minutes");
            await Expect(field).ToBeFocusedAsync();
            await Expect(field).ToHaveAttributeAsync("aria-invalid", "true");
        }

        await field.FillAsync(await house.AskForCodeAsync(await house.AddPhoneAsync()));
        await link.ClickAsync();
        await Expect(problem).ToContainTextAsync(Pattern.Of(@"Too many wrong codes.*That is at \d\d:\d\d\."));
        await Expect(link).ToBeDisabledAsync();
        await Expect(Card(page)).ToContainTextAsync("Not linked");
        await Looks.AreRightAsync(page, "dashboard-too-many-codes");
    }

    [Fact]
    public async Task A_one_tap_link_links_from_the_phone_in_another_tab_and_the_page_turns_by_itself()
    {
        var alice = await house.AddAnalystAsync();
        var page = await house.LogInAsync(browser, alice);
        var phone = await house.AddPhoneAsync();
        await MarkAsync(page);

        await page.GetByRole(AriaRole.Button, new() { Name = "Show QR code and link" }).ClickAsync();
        var link = page.GetByRole(AriaRole.Link, new() { Name = "Open Telegram" });
        await Expect(link).ToBeFocusedAsync();
        var address = (await link.GetAttributeAsync("href"))!;
        Assert.StartsWith("https://t.me/NotifyTestBot?start=", address, StringComparison.Ordinal);
        Assert.Equal(address, await ReadQrCodeAsync(page.GetByRole(AriaRole.Img, new() { Name = "QR code" })));
        await Looks.AreRightAsync(page, "dashboard-one-tap");

        var tab = await page.Context.NewPageAsync();
        await tab.GotoAsync($"{house.Sandbox.PhoneAddress}?chat={phone}");
        await tab.GetByLabel("Message", new() { Exact = true }).FillAsync("/start " + address.Split("start=")[1]);
        await tab.Keyboard.PressAsync("Enter");

        await Expect(Card(page)).ToContainTextAsync("Linked since");
        await IsStillThatPageAsync(page);
    }

    [Fact]
    public async Task A_link_that_another_tab_has_replaced_or_that_is_over_is_not_shown()
    {
        var alice = await house.AddAnalystAsync();
        var first = await house.LogInAsync(browser, alice);
        await first.Clock.InstallAsync();
        await first.GetByRole(AriaRole.Button, new() { Name = "Show QR code" }).ClickAsync();
        await Expect(first.Locator("#offer-open")).ToBeVisibleAsync();

        var second = await first.Context.NewPageAsync();
        await second.GotoAsync(house.Web.Address.AbsoluteUri);
        await second.GetByRole(AriaRole.Button, new() { Name = "Show QR code" }).ClickAsync();
        await Expect(second.Locator("#offer-open")).ToBeVisibleAsync();
        await Expect(first.Locator("#offer-open")).ToHaveCountAsync(0);

        await first.GetByRole(AriaRole.Button, new() { Name = "Show QR code" }).ClickAsync();
        await Expect(first.Locator("#offer-open")).ToBeVisibleAsync();
        await first.Clock.FastForwardAsync("10:00");
        await Expect(first.Locator("#offer-open")).ToHaveCountAsync(0);
        await Expect(first.GetByRole(AriaRole.Button, new() { Name = "Show QR code" })).ToBeFocusedAsync();
    }

    [Fact]
    public async Task On_a_phone_the_link_is_there_at_once_and_the_code_is_folded_away()
    {
        var alice = await house.AddAnalystAsync();
        var page = await house.LogInAsync(browser, alice, 360, 780, isPhone: true);

        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "Open Telegram" })).ToBeVisibleAsync();
        await Expect(page.GetByRole(AriaRole.Img, new() { Name = "QR code" })).ToBeHiddenAsync();
        await Looks.AreRightAsync(page, "dashboard-one-tap-phone");
    }

    [Fact]
    public async Task Unlinking_asks_first()
    {
        var alice = await house.AddAnalystAsync();
        var phone = await house.LinkAsync(alice);
        var page = await house.LogInAsync(browser, alice, path: "/settings");
        await Expect(Card(page)).ToContainTextAsync("Linked since");
        var ask = page.GetByRole(AriaRole.Button, new() { Name = "Unlink…" });
        var question = page.GetByRole(AriaRole.Dialog, new() { Name = "Unlink your phone?" });

        await ask.ClickAsync();
        await Expect(question).ToBeVisibleAsync();
        await Looks.AreRightAsync(page, "dashboard-unlink");
        await page.Keyboard.PressAsync("Escape");
        await Expect(question).ToBeHiddenAsync();
        await Expect(ask).ToBeFocusedAsync();
        await ask.ClickAsync();
        await question.GetByRole(AriaRole.Button, new() { Name = "Keep it linked" }).ClickAsync();
        await Expect(question).ToBeHiddenAsync();
        Assert.NotNull(house.Links.Find(UserName.Parse(alice.Name)));

        await ask.ClickAsync();
        await question.GetByRole(AriaRole.Button, new() { Name = "Unlink", Exact = true }).ClickAsync();
        await Expect(Card(page)).ToContainTextAsync("Not linked");
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Telegram" })).ToBeFocusedAsync();
        await house.Phones.WaitForBotMessagesAsync(
            phone,
            messages =>
                messages.Any(m =>
                    m.Text.Contains("no longer", StringComparison.Ordinal)
                    || m.Text.Contains("nlinked", StringComparison.Ordinal)
                ),
            Cancellation
        );
    }

    [Fact]
    public async Task A_blocked_bot_is_said_with_what_to_do_and_unblocking_is_seen_without_a_reload()
    {
        var alice = await house.AddAnalystAsync();
        var phone = await house.LinkAsync(alice);
        var page = await house.LogInAsync(browser, alice);
        await MarkAsync(page);
        await house.Phones.BlockAsync(phone, Cancellation);

        await house.SendAsync(alice, "Revenue dropped", "by *25 %*");
        await Expect(Card(page)).ToContainTextAsync("You have blocked the bot");
        await Expect(Card(page)).ToContainTextAsync("/start");
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Show QR code" })).ToHaveCountAsync(0);
        await Looks.AreRightAsync(page, "dashboard-blocked");

        await house.Phones.BlockAsync(phone, Cancellation, isBlocked: false);
        await house.Phones.TypeAsync(phone, "/start", Cancellation);
        await Expect(Card(page)).ToContainTextAsync("Linked since");
        await IsStillThatPageAsync(page);
    }

    private static ILocator Card(IPage page) => page.GetByRole(AriaRole.Region, new() { Name = "Telegram" });

    private static async Task MarkAsync(IPage page) =>
        await page.EvaluateAsync("document.documentElement.dataset.mark = 'here'");

    private static Task IsStillThatPageAsync(IPage page) =>
        Expect(page.Locator("html[data-mark=here]")).ToHaveCountAsync(1);

    /// <summary>Reads a code off the screen with a decoder by others.</summary>
    private async Task<string?> ReadQrCodeAsync(ILocator code)
    {
        var picture = Convert.ToBase64String(await code.ScreenshotAsync());
        // A page without a policy turns the picture into pixels.
        var helper = await browser.NewPageAsync(400, 400);
        var pixels = await helper.EvaluateAsync<int[]>(
            """
            async picture => {
              const bytes = Uint8Array.from(atob(picture), c => c.charCodeAt(0));
              const image = await createImageBitmap(new Blob([bytes], { type: 'image/png' }));
              const canvas = new OffscreenCanvas(image.width, image.height).getContext('2d');
              canvas.drawImage(image, 0, 0);
              const { data } = canvas.getImageData(0, 0, image.width, image.height);
              const grey = [image.width, image.height];
              for (let i = 0; i < data.length; i += 4) grey.push(data[i]);
              return grey;
            }
            """,
            picture
        );
        var source = new RGBLuminanceSource(
            [.. pixels.Skip(2).Select(value => (byte)value)],
            pixels[0],
            pixels[1],
            RGBLuminanceSource.BitmapFormat.Gray8
        );
        return new QRCodeReader().decode(new BinaryBitmap(new HybridBinarizer(source)))?.Text;
    }
}
