using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Notify.Web.Help;

namespace Notify.Web.Page;

/// <summary>The analysts' pages, and a list of them.</summary>
public sealed class HelpModel(HelpPages pages) : PageModel
{
    /// <summary>All pages.</summary>
    public HelpPages Pages => pages;

    /// <summary>The page to show; null shows the list.</summary>
    public HelpPage? Shown { get; private set; }

    /// <summary>Shows it.</summary>
    public IActionResult OnGet(string? name)
    {
        Shown = name is null ? null : pages.Find(name);
        return name is not null && Shown is null ? NotFound() : Page();
    }
}
