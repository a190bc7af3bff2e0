using System.Text;
using Gateway.Core.Requests;

namespace Gateway.Core.Tests.Requests;

/// <summary>
/// Every known field of every protocol, with everything that is wrong for it: 400 that names the field, before anything is reserved for it. A new field or rule
/// is tested as soon as it stands in <see cref="OperationFields"/>; a rule without values does not compile.
/// </summary>
public sealed class KnownFieldTests
{
    private static readonly PathFacts Path = new("gemini-x", Stream: false, AsArray: false);

    private static readonly string LongText = $"\"{new string('x', RequestFactsReader.MaxUserLength + 1)}\"";

    /// <summary>No integer from 1 on, whatever the rule.</summary>
    private static readonly string[] NoCount =
        ["-1", "0", "1.5", "1e-1", "-0", "-0.0", "129000000", "9223372036854775808", "-9223372036854775809", "1e400", "-1e400", "99999999999999999999999999999999", "\"8\"", "true", "[]", "[8]", "{}"];

    public static TheoryData<LlmOperation> Operations =>
        [.. Enum.GetValues<LlmOperation>().Where(static operation => !LlmOperations.IsForm(operation)
            && operation is not (LlmOperation.Files or LlmOperation.Converse or LlmOperation.BedrockCountTokens))];

    [Theory]
    [MemberData(nameof(Operations))]
    public void WrongValue_IsRefused_NamingTheField(LlmOperation operation)
    {
        foreach (var place in PlacesOf(operation))
        {
            foreach (var value in WrongValues(place.Member))
            {
                var body = Compose(operation, place, $"\"{place.Member.Name}\":{value}");
                AssertRefused(operation, body, place.Member.Path);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Operations))]
    public void FieldTwice_IsRefused_NamingIt(LlmOperation operation)
    {
        foreach (var place in PlacesOf(operation))
        {
            var good = $"\"{place.Member.Name}\":{GoodValue(place.Member)}";
            AssertRefused(operation, Compose(operation, place, $"{good},{good}"), place.Member.Path);

            // Some objects have no unknown fields.
            var between = place.Parents.Length > 0 && place.Parents[^1].Rule is FieldRule.Provider or FieldRule.MaxPrice ? "" : "\"x\":1,";
            AssertRefused(operation, Compose(operation, place, $"{good},{between}\"{place.Member.Name}\":null"), place.Member.Path);
        }
    }

    [Theory]
    [MemberData(nameof(Operations))]
    public void VariantOfAName_IsRefused_NamingTheField(LlmOperation operation)
    {
        foreach (var place in PlacesOf(operation))
        {
            var name = place.Member.Name;
            string[] variants =
            [
                name.ToUpperInvariant(),
                char.ToUpperInvariant(name[0]) + name[1..],
                string.Concat(name.Select(static letter => (char)(letter + 0xFEE0))),
                $"\\u{(int)name[0]:x4}{name[1..]}",
                string.Concat(name.Select(static letter => $"\\u{(int)letter:X4}")),
                string.Concat(name.Select(static letter => $"\\u{letter + 0xFEE0:x4}")),
            ];
            foreach (var variant in variants.Where(variant => variant != name))
            {
                AssertRefused(operation, Compose(operation, place, $"\"{variant}\":{GoodValue(place.Member)}"), name);
            }
        }
    }

    [Theory]
    [InlineData("ma\u217F_to\u212Aens")]
    [InlineData("sa\uFB01ety")]
    [InlineData("safety_identi\uFB01er")]
    [InlineData("\U0001D426odel")]
    [InlineData("\\ud835\\udc26odel")]
    [InlineData("\u24DCodel")]
    [InlineData("\u217Fodel")]
    [InlineData("mod\u0435l")]
    public void NameOutsideAscii_IsRefused_SinceNormalisationMakesKnownOnesOfSome(string name)
    {
        var body = $$"""{"model":"m","messages":[{}],"{{name}}":"other"}""";

        Assert.False(RequestFactsReader.TryRead(Encoding.UTF8.GetBytes(body), LlmOperation.ChatCompletions, out _, out var error), body);
        Assert.Contains("ASCII", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Operations))]
    public void GoodBody_IsRead(LlmOperation operation)
    {
        // Else all the refusals above could have another reason.
        Assert.True(TryRead(operation, Compose(operation, new Place(null!, []), ""), out var error), error);
        foreach (var place in PlacesOf(operation).Where(static place => place.Member.Rule != FieldRule.Foreign))
        {
            var body = Compose(operation, place, $"\"{place.Member.Name}\":{GoodValue(place.Member)}");
            Assert.True(TryRead(operation, body, out error), $"{error}: {body}");
        }
    }

    private static IEnumerable<Place> PlacesOf(LlmOperation operation) => OperationFields.Of(operation).Members.SelectMany(static member => Below(member, []));

    private static IEnumerable<Place> Below(KnownMember member, KnownMember[] parents)
    {
        yield return new Place(member, parents);
        foreach (var place in member.Members.SelectMany(inner => Below(inner, [.. parents, member])))
        {
            yield return place;
        }
    }

    /// <summary>A good body in which the place has the given members, and no others.</summary>
    private static string Compose(LlmOperation operation, Place place, string members)
    {
        for (var i = place.Parents.Length - 1; i >= 0; i--)
        {
            var inner = $"{{{members}}}";
            members = $"\"{place.Parents[i].Name}\":{(place.Parents[i].Rule == FieldRule.MemberList ? $"[{inner}]" : inner)}";
        }

        var own = place.Parents.Length > 0 ? place.Parents[0] : place.Member;
        var others = BaseOf(operation).Where(member => own is null || member.Field != own.Field).Select(static member => $"\"{member.Name}\":{GoodValue(member)}");
        return $"{{{string.Join(',', others.Append(members).Where(static text => text.Length > 0))}}}";
    }

    /// <summary>What a body of the operation cannot be without.</summary>
    private static IEnumerable<KnownMember> BaseOf(LlmOperation operation)
    {
        var fields = OperationFields.Of(operation);
        return fields.Members.Where(member =>
            (member.Field == KnownField.Model && fields.NeedsModel)
            || (member.Field == KnownField.MaxTokens && fields.NeedsMaxTokens)
            || string.Equals(member.Path, fields.ContentName, StringComparison.Ordinal));
    }

    private static string GoodValue(KnownMember member) => member.Rule switch
    {
        FieldRule.Any or FieldRule.Foreign => "\"x\"",
        FieldRule.Model => "\"m\"",
        FieldRule.PathModel => "\"models/gemini-x\"",
        FieldRule.Stream or FieldRule.IncludeUsage or FieldRule.AllowFallbacks => "true",
        FieldRule.MaxTokens or FieldRule.MaxCompletionTokens or FieldRule.LooseMaxTokens or FieldRule.NumPredict or FieldRule.Candidates or FieldRule.LooseCandidates => "8",
        FieldRule.User or FieldRule.SafetyIdentifier or FieldRule.StringOrArray or FieldRule.OptionalStringOrArray or FieldRule.OptionalString => "\"x\"",
        FieldRule.FilledArray or FieldRule.ArrayOrObject or FieldRule.MemberList => "[{}]",
        FieldRule.Object or FieldRule.Members or FieldRule.StreamOptions or FieldRule.Provider or FieldRule.MaxPrice => "{}",
        FieldRule.Models or FieldRule.ProviderOrder or FieldRule.ProviderOnly or FieldRule.ProviderIgnore => "[\"m\"]",
        FieldRule.ProviderSort => "\"price\"",
        FieldRule.Price => "1.5",
    };

    private static string[] WrongValues(KnownMember member) => member.Rule switch
    {
        // Another operation steers with it: here only its name counts.
        FieldRule.Any => [],
        FieldRule.Foreign => ["\"x\"", "1", "null", "[]", "{}"],
        FieldRule.Model => ["7", "1.5", "null", "true", "[]", "{}", "\"\"", "\"-m\"", "\"a b\"", "\"a\\n\"", "\"\u00e4\"", "\"../m\"", $"\"{new string('m', 129)}\""],
        FieldRule.PathModel => ["7", "\"\"", "\"other\"", "\"models/other\"", "\"models/models/gemini-x\"", "[]", "{}", "true"],
        FieldRule.Stream or FieldRule.AllowFallbacks => ["\"true\"", "1", "0", "-1", "1.5", "1e400", "[]", "{}"],
        FieldRule.IncludeUsage => ["\"true\"", "1", "0", "null", "[]", "{}"],
        FieldRule.MaxTokens or FieldRule.MaxCompletionTokens or FieldRule.Candidates => [.. NoCount, "8.0", "1e1"],
        FieldRule.LooseMaxTokens or FieldRule.LooseCandidates => NoCount,
        FieldRule.NumPredict => [.. NoCount.Where(static value => value != "-1"), "-3", "-1.5"],
        FieldRule.User or FieldRule.SafetyIdentifier => ["7", "-1", "1.5", "true", "[]", "{}", LongText],
        FieldRule.FilledArray => ["7", "\"x\"", "null", "true", "[]", "{}"],
        FieldRule.ArrayOrObject => ["7", "\"x\"", "null", "true", "[]"],
        FieldRule.StringOrArray => ["7", "1.5", "null", "true", "{}"],
        FieldRule.OptionalStringOrArray => ["7", "1.5", "true", "{}"],
        FieldRule.OptionalString => ["7", "1.5", "true", "[]", "{}"],
        FieldRule.Object => ["7", "\"x\"", "null", "true", "[]"],
        FieldRule.Members or FieldRule.StreamOptions => ["7", "\"x\"", "true", "[]"],
        FieldRule.MemberList => ["7", "\"x\"", "null", "true", "[]", "{}", "[7]", "[{},7]"],
        FieldRule.Models => ["7", "\"x\"", "true", "{}", "[7]", "[null]", "[\"a b\"]", "[\"\"]", $"[{string.Join(',', Enumerable.Repeat("\"m\"", 9))}]"],
        FieldRule.Provider or FieldRule.MaxPrice => ["7", "\"x\"", "true", "[]"],
        FieldRule.ProviderOrder or FieldRule.ProviderOnly or FieldRule.ProviderIgnore => ["7", "\"x\"", "true", "{}", "[7]", "[null]", "[\"a b\"]", $"[{string.Join(',', Enumerable.Repeat("\"m\"", 33))}]"],
        FieldRule.ProviderSort => ["7", "\"cheapest\"", "\"PRICE\"", "true", "[]", "{}"],
        FieldRule.Price => ["-1", "\"-1\"", "1000001", "1e400", "\"x\"", "\"1 \"", "\"1,5\"", "true", "[]", "{}"],
    };

    private static bool TryRead(LlmOperation operation, string body, out string? error)
    {
        var isGood = RequestFactsReader.TryRead(Encoding.UTF8.GetBytes(body), operation, LlmOperations.ProtocolOf(operation) == LlmProtocol.Gemini ? Path : null, out _, out var wrong);
        error = wrong?.Message;
        return isGood;
    }

    private static void AssertRefused(LlmOperation operation, string body, string param)
    {
        var isGood = RequestFactsReader.TryRead(Encoding.UTF8.GetBytes(body), operation, LlmOperations.ProtocolOf(operation) == LlmProtocol.Gemini ? Path : null, out _, out var error);
        Assert.False(isGood, body);
        Assert.Equal(400, error!.Facts.Status);
        Assert.True(param == error.Param, $"{error.Param} in the place of {param} for {body}: {error.Message}");
        Assert.Contains(param.Split('.')[^1], error.Message, StringComparison.Ordinal);
    }

    private sealed record Place(KnownMember Member, KnownMember[] Parents);
}
