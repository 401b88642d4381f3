using Microsoft.AspNetCore.Mvc.RazorPages;
using Notify.Web.Login;

namespace Notify.Web.Page;

/// <summary>The dashboard.</summary>
public sealed class DashboardModel : PageModel
{
    /// <summary>Who is logged in.</summary>
    public UserName UserName => HttpContext.UserName();
}
