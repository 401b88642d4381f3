using Notify.Hosting;
using Xunit;

namespace Notify.Tests.Hosting;

/// <summary>The end of a service's program.</summary>
public sealed class ServiceProgramTests
{
    [Fact]
    public async Task A_service_that_is_told_to_end_while_it_starts_ends_well() =>
        Assert.Equal(0, await ServiceProgram.RunAsync("notify-test", () => throw new OperationCanceledException()));

    [Fact]
    public async Task An_error_of_the_system_is_a_status() =>
        Assert.Equal(1, await ServiceProgram.RunAsync("notify-test", () => throw new IOException("no such file")));
}
