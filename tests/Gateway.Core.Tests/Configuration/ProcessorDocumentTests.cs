using Gateway.Core.Configuration;

namespace Gateway.Core.Tests.Configuration;

/// <summary>Processors of a document, and the routes that name them.</summary>
public sealed class ProcessorDocumentTests
{
    private const string Enhance = "processors: { enhance: { type: llm, model: gpt-4o, system: Be precise. } }";

    [Fact]
    public void A_processor_is_read_value_by_value()
    {
        var config = Documents.Good(Documents.Small + """

            aliases: { quick: gpt-4o }
            processors:
              enhance: { type: llm, model: quick, system: "Be precise.", max_tokens: 300 }
              short: { type: llm, model: openai/other, system: "Be short." }
            routes: [ { path: /support, processors: [short, enhance] }, { path: /plain } ]
            """);

        Assert.Equal(["short", "enhance"], config.Routes[0].Processors);
        Assert.Empty(config.Routes[1].Processors);
        Assert.Equal(new ProcessorConfig { Name = "enhance", Model = "quick", System = "Be precise.", MaxTokens = 300 }, config.Processors["enhance"]);
        Assert.Equal(new ProcessorConfig { Name = "short", Model = "openai/other", System = "Be short.", MaxTokens = 1000 }, config.Processors["short"]);
    }

    [Theory]
    [InlineData(512, true)]
    [InlineData(513, false)]
    public void The_names_of_a_routes_processors_fit_its_signed_context(int bytes, bool isGood)
    {
        var names = Enumerable.Range(0, 5).Select(i => new string((char)('a' + i), i < 4 ? 103 : bytes - (4 * 103))).ToList();
        var processors = string.Concat(names.Select(static name => $"  {name}: {{ type: llm, model: gpt-4o, system: x }}\n"));
        var text = $"{Documents.Small}\nprocessors:\n{processors}routes: [ {{ path: /a, processors: [{string.Join(", ", names)}] }} ]";

        Assert.Equal(
            isGood ? "" : "routes[0].processors: names must have at most 512 bytes together; choose shorter ones",
            string.Join('\n', Documents.Load(text).Errors.Select(static error => $"{error.Path}: {error.Message}")));
    }

    [Theory]
    [InlineData("processors: { a: { model: gpt-4o, system: x } }", "processors.a.type: is missing: llm")]
    [InlineData("processors: { a: { type: script, model: gpt-4o, system: x } }", "processors.a.type: must be llm, not \"script\"")]
    [InlineData("processors: { a: { type: llm, system: x } }", "processors.a.model: is missing")]
    [InlineData("processors: { a: { type: llm, model: gpt-4, system: x } }", "processors.a.model: unknown model \"gpt-4\"; did you mean \"gpt-4o\"?")]
    [InlineData("processors: { a: { type: llm, model: gpt-4o } }", "processors.a.system: is missing")]
    [InlineData("processors: { a: { type: llm, model: gpt-4o, system: \"\" } }", "processors.a.system: must")]
    [InlineData("processors: { a: { type: llm, model: gpt-4o, system: x, max_tokens: 0 } }", "processors.a.max_tokens: must be a whole number from 1 to 100000")]
    [InlineData(Enhance + "\nroutes: [ { path: /a, processors: [enhanc] } ]", "routes[0].processors[0]: unknown processor \"enhanc\"; did you mean \"enhance\"?")]
    [InlineData("routes: [ { path: /a, processors: [a, a, a, a, a, a, a, a, a] } ]", "routes[0].processors: must have at most 8 items")]
    public void What_is_wrong_with_a_processor_is_said(string lines, string expected) =>
        Assert.Contains(expected, Documents.Errors($"{Documents.Small}\n{lines}"), StringComparison.Ordinal);
}
