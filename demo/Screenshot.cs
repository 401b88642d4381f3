namespace Notify.Demo;

/// <summary>A picture of the phone page, for the README.</summary>
internal static class Screenshot
{
    /// <summary>The size of a common phone in CSS pixels; the picture has twice as many, for sharp text.</summary>
    private const string PhoneSize = "412,915";

    internal static async Task TakeAsync(Programs programs, Uri page, string file, ScratchFolder scratch, CancellationToken cancellation)
    {
        var chromium = new[] { "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome" }.FirstOrDefault(File.Exists)
            ?? throw new DemoException("--screenshot needs chromium: sudo apt-get install chromium");
        var profile = Path.Combine(scratch.FullPath, "chromium");

        // The only page that it opens is the sandbox's, so that chromium's own sandbox, which needs rights of its own, guards nothing here.
        var (status, said) = await programs.RunAsync(
            chromium,
            [
                "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
                $"--user-data-dir={profile}", $"--window-size={PhoneSize}", "--force-device-scale-factor=2", "--virtual-time-budget=4000", "--blink-settings=preferredColorScheme=1", $"--screenshot={file}", page.ToString(),
            ],
            new Dictionary<string, string>(StringComparer.Ordinal) { ["PATH"] = "/usr/bin:/bin", ["HOME"] = scratch.FullPath, ["LANG"] = "C.UTF-8" },
            "/",
            cancellation);
        if (status != 0 || !File.Exists(file))
        {
            throw new DemoException($"chromium took no picture (status {status}): {said}");
        }
    }
}
