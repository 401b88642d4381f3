using System.Globalization;
using Markdig;
using Markdig.Extensions.AutoIdentifiers;
using Markdig.Extensions.TaskLists;
using Markdig.Renderers;
using Markdig.Renderers.Html;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;

namespace Notify.Web.Help;

/// <summary>A page for analysts.</summary>
/// <param name="Name">Its name in the address, such as <c>notifications</c>.</param>
/// <param name="Title">Its heading.</param>
/// <param name="Sections">The ids and titles of its sections.</param>
/// <param name="Html">What stands below the heading.</param>
public sealed record HelpPage(
    string Name,
    string Title,
    IReadOnlyList<(string Id, string Title)> Sections,
    string Html
);

/// <summary>The pages of <c>docs/</c> that analysts read. They are part of the program and rendered once.</summary>
public sealed class HelpPages
{
    private const string Folder = "help/";

    private readonly string _base;
    private readonly Dictionary<string, HelpPage> _pages;

    /// <summary>Renders all of them.</summary>
    public HelpPages(WebSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        _base = settings.BasePath + "/help/";
        var assembly = typeof(HelpPages).Assembly;
        var texts = assembly
            .GetManifestResourceNames()
            .Where(name => name.StartsWith(Folder, StringComparison.Ordinal))
            .ToDictionary(
                name => Path.GetFileNameWithoutExtension(name[Folder.Length..]),
                name =>
                {
                    using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
                    return reader.ReadToEnd();
                },
                StringComparer.Ordinal
            );
        _pages = texts.ToDictionary(
            text => text.Key,
            text => Render(text.Key, text.Value, texts.Keys),
            StringComparer.Ordinal
        );
    }

    /// <summary>All pages, the guide first.</summary>
    public IEnumerable<HelpPage> All => _pages.Values.OrderByDescending(page => page.Sections.Count);

    /// <summary>The page of a name; null if there is none.</summary>
    public HelpPage? Find(string name) => _pages.GetValueOrDefault(name);

    /// <summary>Renders one page. Raw HTML in it is text.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="markdown">Its text.</param>
    /// <param name="served">The names of all pages: links to them work; links to other files become text.</param>
    internal HelpPage Render(string name, string markdown, IReadOnlyCollection<string> served)
    {
        var pipeline = new MarkdownPipelineBuilder()
            .DisableHtml()
            .UsePipeTables()
            .UseTaskLists()
            .UseAutoIdentifiers(AutoIdentifierOptions.GitHub)
            .Build();
        var document = Markdown.Parse(markdown, pipeline);
        foreach (var link in document.Descendants<LinkInline>().ToList())
        {
            Lead(link, served);
        }

        var headings = document.OfType<HeadingBlock>().ToList();
        var title = headings.First(heading => heading.Level == 1);
        document.Remove(title);
        using var html = new StringWriter(CultureInfo.InvariantCulture);
        var renderer = new HtmlRenderer(html);
        pipeline.Setup(renderer);
        renderer.ObjectRenderers.ReplaceOrAdd<CodeBlockRenderer>(new CopyableCode());
        renderer.ObjectRenderers.ReplaceOrAdd<HtmlTaskListRenderer>(new Box());
        renderer.Render(document);
        return new HelpPage(
            name,
            TextOf(title),
            [
                .. headings
                    .Where(heading => heading.Level == 2)
                    .Select(heading => (heading.GetAttributes().Id!, TextOf(heading))),
            ],
            // A column without a heading, which a screen reader would announce as one.
            html.ToString().Replace("<th></th>", "<td></td>", StringComparison.Ordinal)
        );
    }

    /// <summary>Lets a link between files lead from page to page. The files that are no pages lie on the server.</summary>
    private void Lead(LinkInline link, IReadOnlyCollection<string> served)
    {
        var url = link.Url ?? "";
        if (url.StartsWith('#') || url.StartsWith("https://", StringComparison.Ordinal))
        {
            return;
        }

        var file = url.Split('#')[0];
        var page = Path.GetFileNameWithoutExtension(file);
        if (served.Contains(page, StringComparer.Ordinal) && file == page + ".md")
        {
            link.Url = _base + page + url[file.Length..];
            return;
        }

        link.InsertAfter(new LiteralInline(")"));
        link.InsertAfter(new CodeInline($"/data/docs/{file}"));
        link.InsertAfter(new LiteralInline(" ("));
        link.ReplaceBy(new LiteralInline(TextOf(link)));
    }

    private static string TextOf(LeafBlock block) => block.Inline is { } inline ? TextOf(inline) : "";

    private static string TextOf(ContainerInline inline) =>
        string.Concat(
            inline
                .Descendants<LeafInline>()
                .Select(leaf =>
                    leaf switch
                    {
                        LiteralInline literal => literal.Content.ToString(),
                        CodeInline code => code.Content,
                        _ => "",
                    }
                )
        );

    /// <summary>A block of code with its button. <c>copy.js</c> finds the code by its id.</summary>
    private sealed class CopyableCode : HtmlObjectRenderer<CodeBlock>
    {
        private int _count;

        protected override void Write(HtmlRenderer renderer, CodeBlock obj)
        {
            var id = string.Create(CultureInfo.InvariantCulture, $"code-{++_count}");
            renderer
                .Write($"<div class=\"copyable\"><pre tabindex=\"0\"><code id=\"{id}\">")
                .WriteEscape(obj.Lines.ToString())
                .Write("</code></pre>")
                .Write(
                    $"<button type=\"button\" class=\"button small needs-script\" data-copy=\"{id}\">Copy</button></div>"
                )
                .WriteLine();
        }
    }

    /// <summary>The box of a checklist, to look at.</summary>
    private sealed class Box : HtmlObjectRenderer<TaskList>
    {
        protected override void Write(HtmlRenderer renderer, TaskList obj) =>
            renderer.Write("<span aria-hidden=\"true\">☐</span>");
    }
}
