using Notify.Web.Login;

namespace Notify.Web.Middleware;

/// <summary>
/// Hides the operators' pages from everybody else. It takes the endpoint away, so each later check and the answer are those of an address at which there is nothing,
/// whatever the method.
/// </summary>
internal sealed class OperatorGate(RequestDelegate next, Operators operators)
{
    public Task InvokeAsync(HttpContext context)
    {
        if (
            WebPaths.IsForOperators(context.Request.Path)
            && !(Session.Of(context.User) is { } session && operators.Has(session.User))
        )
        {
            context.SetEndpoint(null);
            context.Request.RouteValues.Clear();
        }

        return next(context);
    }
}
