using Microsoft.AspNetCore.Mvc.Filters;

namespace Notify.Web.Serving;

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
            context.HttpContext.Response.Headers.Allow = "GET, HEAD";
            throw new RefusalException(StatusCodes.Status405MethodNotAllowed, $"{ErrorAnswers.Shown(context.HttpContext.Request.Method)} is not for this address; it takes GET.");
        }
    }

    /// <inheritdoc />
    public void OnPageHandlerExecuted(PageHandlerExecutedContext context)
    {
        // Nothing was changed.
    }
}
