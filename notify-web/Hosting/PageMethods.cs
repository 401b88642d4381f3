using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.Filters;

namespace Notify.Web.Hosting;

/// <summary>A page is for the methods that it has a handler for. Without this, Razor Pages renders it for any other one too, with a model that nobody filled.</summary>
internal sealed class PageMethods : IPageFilter
{
    /// <inheritdoc />
    public void OnPageHandlerSelected(PageHandlerSelectedContext context)
    {
        // It may be null here, and then is below.
    }

    /// <inheritdoc />
    public void OnPageHandlerExecuting(PageHandlerExecutingContext context)
    {
        if (context.HandlerMethod is null)
        {
            // The sentence is that of ApiExceptionHandler, as where a route is for other methods.
            context.HttpContext.Response.Headers.Allow = "GET, HEAD";
            context.Result = new StatusCodeResult(StatusCodes.Status405MethodNotAllowed);
        }
    }

    /// <inheritdoc />
    public void OnPageHandlerExecuted(PageHandlerExecutedContext context)
    {
        // Nothing was changed.
    }
}
