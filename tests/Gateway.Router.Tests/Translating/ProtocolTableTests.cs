using Gateway.Core.Tests;

namespace Gateway.Router.Tests.Translating;

/// <summary>Every feature of every client protocol towards every upstream, and the page that tells it.</summary>
public sealed class ProtocolTableTests
{
    [Fact]
    public void ProtocolPage_Always_EqualsWhatTheAdaptersDo()
    {
        var file = RepositoryFiles.PathOf("docs", "protocols.md");
        var page = ProtocolTablePage.Write();
        if (Environment.GetEnvironmentVariable("UPDATE_DOCS") == "1")
        {
            File.WriteAllText(file, page);
        }

        Assert.True(File.Exists(file) && File.ReadAllText(file) == page,
            "docs/protocols.md differs from what the adapters do. Regenerate it, and read the difference: UPDATE_DOCS=1 dotnet test tests/Gateway.Router.Tests --filter ProtocolTable");
    }

    [Fact]
    public void Feature_OfAnyClientToAnyUpstream_IsKeptOrNamedOrRefused() => Assert.Empty(Cells()
        .Where(static cell => cell.Outcome.Fate == Fate.Lost)
        .Select(static cell => $"{cell.Where}: {cell.Outcome.Written}"));

    [Fact]
    public void Refusal_OfAnyFeature_NamesAFieldAndSaysWhy() => Assert.Empty(Cells()
        .Where(static cell => cell.Outcome.Refusal is { } refusal && (string.IsNullOrEmpty(refusal.Param) || refusal.Message.Length < 20) && refusal.Message != "Has no such endpoint.")
        .Select(static cell => $"{cell.Where}: {cell.Outcome.Refusal!.Param} {cell.Outcome.Refusal.Message}"));

    [Fact]
    public void Loss_WhereTheRouteRefusesLosses_IsRefused() => Assert.Empty(
        from client in ProtocolTable.Clients
        from row in client.Rows
        from column in ProtocolTableColumn.All
        where ProtocolTable.Ask(row, column).Fate is Fate.Dropped or Fate.Adapted && ProtocolTable.Ask(row, column, rejectLosses: true).Fate != Fate.Refused
        select Where(row, column));

    /// <summary>Else "kept" would say nothing.</summary>
    [Fact]
    public void Evidence_InARequestWithoutTheFeature_IsNotFound() => Assert.Empty(
        from client in ProtocolTable.Clients
        from row in client.Rows
        where !row.Feature.IsAlwaysWritten && !row.StreamsByPath
        from column in ProtocolTableColumn.All
        where row.Feature != ProtocolFeatures.Stream || column.Protocol is not (Gateway.Router.Protocols.Gemini.GeminiFamily or Gateway.Router.Protocols.Bedrock.BedrockUpstream)
        where ProtocolTable.Ask(row with { Body = row.Base }, column).Fate == Fate.Kept
        select Where(row, column));

    /// <summary>Else "refused" would say nothing about the feature.</summary>
    [Fact]
    public void Base_OfEveryRow_IsARequestThatIsServed() => Assert.Empty(
        from client in ProtocolTable.Clients
        from row in client.Rows
        from column in ProtocolTableColumn.All
        let outcome = ProtocolTable.Ask(row with { Body = row.Base }, column)
        where outcome.Fate == Fate.Refused && outcome.Refusal!.Kind != Gateway.Core.Errors.GatewayErrorKind.ModelNotFound
        select $"{Where(row, column)}: {outcome.Refusal!.Message}");

    private static IEnumerable<(string Where, Outcome Outcome)> Cells() =>
        from client in ProtocolTable.Clients
        from row in client.Rows
        from column in ProtocolTableColumn.All
        select (Where(row, column), ProtocolTable.Ask(row, column));

    private static string Where(ProtocolTableRow row, ProtocolTableColumn column) => $"{row.Operation} {row.Feature.Name} -> {column.Name}";
}
