using Notify.Bench;

// notify-bench budgets|command|rounds|delivery|gateway|web|pages|soak|storm|incidents PROGRAMS SANDBOX [SECONDS]: ./dev bench and ./dev soak call it, as an account with an empty home.
if (
    args
    is not [
        var what
        and (
            "budgets"
            or "command"
            or "soak"
            or "rounds"
            or "delivery"
            or "gateway"
            or "web"
            or "pages"
            or "storm"
            or "incidents"
        ),
        var programs,
        var sandbox,
        ..,
    ]
)
{
    await Console.Error.WriteLineAsync(
        "notify-bench budgets|command|rounds|delivery|gateway|web|pages|soak|storm|incidents PROGRAMS SANDBOX [SECONDS_PER_FAULT]     (people use ./dev bench and ./dev soak)"
    );
    return 64;
}

try
{
    using var scratch = new Scratch(programs, sandbox);
    if (what == "budgets")
    {
        await new Budgets(scratch).MeasureAsync(Console.Out);
    }

    if (what is "budgets" or "rounds")
    {
        await new RoundBudgets(scratch).MeasureAsync(Console.Out);
    }

    if (what is "budgets" or "command")
    {
        await new CommandBudgets(scratch).MeasureAsync(Console.Out);
    }

    if (what is "budgets" or "delivery")
    {
        await new DeliveryBudgets(scratch).MeasureAsync(Console.Out);
    }

    if (what is "budgets" or "gateway")
    {
        await new GatewayBudgets(scratch).MeasureAsync(Console.Out);
    }

    if (what is "budgets" or "web")
    {
        await new WebBudgets(scratch).MeasureAsync(Console.Out);
    }

    if (what is "budgets" or "web" or "pages")
    {
        await new PageBudgets(scratch).MeasureAsync(Console.Out);
    }

    if (what is "budgets" or "command" or "rounds" or "delivery" or "gateway" or "web" or "pages")
    {
        return 0;
    }

    if (what == "storm")
    {
        return await new DeliverySoak(scratch).RunAsync(Console.Out) ? 0 : 1;
    }

    if (what == "incidents")
    {
        return await new IncidentSoak(scratch).RunAsync(Console.Out) ? 0 : 1;
    }

    var length = args.Length > 3 ? TimeSpan.FromSeconds(double.Parse(args[3])) : TimeSpan.FromMinutes(1);
    var idle = await new Soak(scratch, length).RunAsync(Console.Out);
    var isDelivered = await new DeliverySoak(scratch).RunAsync(Console.Out);
    return await new IncidentSoak(scratch).RunAsync(Console.Out) && isDelivered && idle ? 0 : 1;
}
catch (BenchException e)
{
    await Console.Error.WriteLineAsync($"Could not measure: {e.Message}");
    return 1;
}
