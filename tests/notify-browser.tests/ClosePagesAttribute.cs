using System.Reflection;
using Xunit.v3;

[assembly: Notify.Tests.ClosePages]

namespace Notify.Tests;

/// <summary>Closes what a test has open in the browser once it has ended: a dashboard that is left open goes on asking, which the tests after it would pay for.</summary>
[AttributeUsage(AttributeTargets.Assembly)]
internal sealed class ClosePagesAttribute : BeforeAfterTestAttribute
{
    /// <inheritdoc />
    public override void After(MethodInfo methodUnderTest, IXunitTest test)
    {
        ArgumentNullException.ThrowIfNull(test);
        if (TestContext.Current.KeyValueStorage.TryGetValue(nameof(Browser), out var known) && known is Browser browser)
        {
            browser.Leave(test.UniqueID);
        }
    }
}
