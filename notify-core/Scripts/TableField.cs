using System.Text.Json;
using Notify.Tables;

namespace Notify.Scripts;

/// <summary>A script's table: as it was read, and as it goes to the bot.</summary>
/// <param name="Table">The table.</param>
/// <param name="Json">The same as the script wrote it.</param>
public sealed record TableField(Table Table, JsonElement Json);
