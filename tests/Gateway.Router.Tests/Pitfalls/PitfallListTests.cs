using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;

namespace Gateway.Router.Tests.Pitfalls;

/// <summary>The known pitfalls of translating gateways are numbered 1 to 35; a test that shows one begins with its number: <c>Pitfall18_...</c>.</summary>
public sealed partial class PitfallListTests
{
    private const int Count = 35;

    [Fact]
    public void Pitfall_OfTheList_HasATest()
    {
        var numbers = typeof(PitfallListTests).Assembly.GetTypes()
            .SelectMany(static type => type.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly))
            .Where(static method => method.GetCustomAttribute<FactAttribute>() is { Skip: null })
            .Select(static method => Name().Match(method.Name))
            .Where(static match => match.Success)
            .Select(static match => int.Parse(match.Groups[1].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture))
            .ToHashSet();

        Assert.Equal(Enumerable.Range(1, Count), numbers.Order());
    }

    [GeneratedRegex(@"^Pitfall(\d+)_", RegexOptions.CultureInvariant)]
    private static partial Regex Name();
}
