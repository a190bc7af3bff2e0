using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.Gemini;

/// <summary>How much a model thinks, in the one word that its family takes: a level or a budget, never both.</summary>
/// <param name="IsAdapted">It is not exactly what was asked for.</param>
internal readonly record struct GeminiThinking(string? Level, long? Budget, bool IsAdapted)
{
    private const long LeastUseful = 1024;

    public static GeminiThinking Of(NeutralReasoning reasoning, GeminiModel model, long? maxOutput) =>
        model.Thinking == ThinkingDialect.Level ? ByLevel(reasoning, model) : ByBudget(reasoning, model, maxOutput);

    private static GeminiThinking ByLevel(NeutralReasoning reasoning, GeminiModel model)
    {
        switch (reasoning.Mode)
        {
            case ReasoningMode.Auto:
                return default;
            case ReasoningMode.Off:
                // There is no off; the least is the nearest.
                return new GeminiThinking(Least(model), null, IsAdapted: true);
            case ReasoningMode.Budget:
                var level = reasoning.Budget switch
                {
                    <= 2048 => "low",
                    <= 12288 => "medium",
                    _ => "high",
                };
                return new GeminiThinking(Known(level, model), null, IsAdapted: true);
            case ReasoningMode.Effort:
                var wanted = reasoning.Effort switch
                {
                    "minimal" => Least(model),
                    "low" or "medium" => reasoning.Effort,
                    _ => "high",
                };
                wanted = Known(wanted, model);
                return new GeminiThinking(wanted, null, wanted != reasoning.Effort);
            default:
                return default;
        }
    }

    private static string Least(GeminiModel model) => model.IsPro ? "low" : "minimal";

    /// <summary>The first pro model knows only two levels.</summary>
    private static string Known(string level, GeminiModel model) => level == "medium" && model is { IsPro: true, Major: 3, Minor: 0 } ? "high" : level;

    private static GeminiThinking ByBudget(NeutralReasoning reasoning, GeminiModel model, long? maxOutput)
    {
        switch (reasoning.Mode)
        {
            case ReasoningMode.Auto:
                return new GeminiThinking(null, -1, IsAdapted: false);
            case ReasoningMode.Off:
                return Off(model);
            case ReasoningMode.Budget:
                var budget = Math.Clamp(reasoning.Budget ?? 0, model.LeastBudget, model.MostBudget);
                return new GeminiThinking(null, budget, budget != reasoning.Budget);
            case ReasoningMode.Effort:
                var wanted = reasoning.Effort switch
                {
                    "minimal" or "low" => 1024L,
                    "medium" => 8192,
                    "high" => 16384,
                    "xhigh" => 24576,
                    _ => 32768,
                };

                // Thoughts count as output: they must leave room for the answer.
                var room = maxOutput is { } cap ? cap - 1 : long.MaxValue;
                if (room < LeastUseful)
                {
                    return Off(model) with { IsAdapted = true };
                }

                var sent = Math.Min(Math.Min(wanted, room), model.MostBudget);
                return new GeminiThinking(null, sent, sent != wanted);
            default:
                return default;
        }
    }

    private static GeminiThinking Off(GeminiModel model) => model.IsPro ? new GeminiThinking(null, model.LeastBudget, IsAdapted: true) : new GeminiThinking(null, 0, IsAdapted: false);
}
