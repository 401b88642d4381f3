using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Text.Json.Serialization;

namespace Notify.Contracts;

/// <summary>
/// The words of an enum on the wire, in files and in metrics. Each stands once, in the member's <see cref="JsonStringEnumMemberNameAttribute"/>; JSON takes it from there, too.
/// </summary>
/// <typeparam name="TEnum">The enum. Each of its members has the attribute.</typeparam>
public sealed class WireWords<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicFields)] TEnum>
    where TEnum : struct, Enum
{
    private readonly FrozenDictionary<TEnum, string> _words = typeof(TEnum)
        .GetFields(BindingFlags.Public | BindingFlags.Static)
        .ToFrozenDictionary(
            field => (TEnum)field.GetValue(null)!,
            field =>
                field.GetCustomAttribute<JsonStringEnumMemberNameAttribute>()?.Name
                ?? throw new InvalidOperationException($"{typeof(TEnum).Name}.{field.Name} has no word.")
        );

    /// <summary>The word of a member.</summary>
    public string this[TEnum member] => _words[member];

    /// <summary>All words, without an order.</summary>
    public IEnumerable<string> All => _words.Values;

    /// <summary>The member of a word; null for a word of another version.</summary>
    public TEnum? Find(string? word)
    {
        foreach (var (member, known) in _words)
        {
            if (known == word)
            {
                return member;
            }
        }

        return null;
    }
}
